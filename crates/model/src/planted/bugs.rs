//! The list of planted bugs.
//!
//! Owns: of each its name, what it breaks (invariants of FAULTS section 1, or what is expected under a fault of its section
//! 2), the sentence that says what is broken, and, where the simulation cannot come across it, the ordinary test that
//! does. Where a mistake was not one of a line, the sentence tells the smallest that does the same harm. Refuses: where a
//! bug is planted; that is beside the rule.

macro_rules! planted {
    ($($bug:ident $name:literal $breaks:literal $says:literal $(only by $test:literal)?;)+) => {
        /// A bug that can be planted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Planted {
            $(#[doc = $says] $bug,)+
        }

        impl Planted {
            /// Every bug, in the order of this list.
            pub const ALL: &'static [Self] = &[$(Self::$bug),+];

            /// Returns the name by which it is called for: `h2`, `a7`, `x3`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$bug => $name,)+
                }
            }

            /// Returns what it breaks: invariants of FAULTS section 1, or what is expected under a fault of its section 2.
            pub const fn breaks(self) -> &'static str {
                match self {
                    $(Self::$bug => $breaks,)+
                }
            }

            /// Returns the sentence that says what is broken.
            pub const fn says(self) -> &'static str {
                match self {
                    $(Self::$bug => $says,)+
                }
            }

            /// Returns the ordinary test that finds it, where the simulation cannot come across it.
            pub const fn only_by(self) -> Option<&'static str> {
                match self {
                    $(Self::$bug => planted!(@only $($test)?),)+
                }
            }
        }
    };
    (@only) => { None };
    (@only $test:literal) => { Some($test) };
}

planted! {
    // The hazards of FAULTS section 1.
    H1ClientClockTrusted "h1" "I23"
        "The server takes a stamp as the device gives it, however far it is ahead of its own time.";
    H2PullOverwritesPending "h2" "I1, I5"
        "A pull puts the server's version over a record that has a change which was not sent.";
    H3NoTurn "h3" "I4, I15"
        "Each process has a flag of its own for \"a cycle runs\": it waits for no other one, and writes on after it was overtaken.";
    H4CheckedBeforeDeleted "h4" "I9, I17"
        "A write passes over a tombstone that its condition does not name, as where the check and the write are two steps and a deletion came between them.";
    H5RetryHasNoName "h5" "I12, I15"
        "A change that is sent again for a lost answer has no name by which the server could know it: the device has a conflict with itself.";
    H6FeedByStamp "h6" "I19"
        "The feed leaves out what is stamped before the newest change that its reader has: an edit made offline two weeks ago never comes.";
    H7PurgeForgetsTombstones "h7" "I6, I10"
        "A purge drops tombstones whole, and leaves the floor of the feed where it was: who was away keeps the records.";
    H8StoredWinsUnsaid "h8" "I1, I12"
        "Where the stored version wins the server answers success, and the device takes its own text for sent.";
    H9EqualStampsAreOneVersion "h9" "I6, I19"
        "A version is as old as the one before it may be, and a pull passes over a version whose stamp is the one that is here.";
    H10PartOfABatchFailsUnseen "h10" "I1, I18"
        "A batch that was answered counts as one success, whatever its parts say.";
    H11UntickDropsTheOutbox "h11" "I1, I11"
        "A set that is kept no longer takes its unsent changes with it.";
    H12LosingUpdateIsCleanedUp "h12" "I1, I12"
        "An edit of a record that others deleted is dropped, as if the next pull would clean up after it.";
    H13WholeRowOverTheirs "h13" "I12"
        "Where two versions come together every property counts as edited here, and goes over what others wrote: the whole row does no harm as it is sent, on a condition, but here.";

    // The kinds that were found here and mended, docs/reliability.md.
    A1ListReadInPart "a1" "I6, I19"
        "A list of single records that comes in several pages counts as whole after the first: the others count as gone.";
    A2PageOntoAnotherPosition "a2" "I19, I20"
        "A page is taken onto whatever position stands there by now.";
    A3CycleCrossesAccounts "a3" "I24, I25"
        "A run goes on with what it has of one account after another one signed in.";
    A4UnreadableIsAbsent "a4" "I1, I12"
        "A version of the server's that this device cannot read counts as no version.";
    A5SetMissingIsRecordMissing "a5" "I1, I12"
        "A 404 of the set, or of whatever stands before the server, counts as the record's.";
    A6PushBeforeLooking "a6" "I28"
        "A cycle pushes before it has asked which history the server has.";
    A6bOnlyTheNewestGivenBack "a6b" "I28"
        "Of what a restored server lost of a record only the newest change is offered again.";
    A7LiveWriteWithoutCondition "a7" "I14, I17"
        "A change of a set that is not kept offline goes to the server without a condition.";
    A7bSaveOverUnseen "a7b" "I14"
        "Save and Delete take the version that is here for the one that was shown.";
    A8BatchNeverCut "a8" "I22"
        "A batch that fails for one record in it is sent again as it was.";
    A8bSetHoldsUpAll "a8b" "I22"
        "What is wrong with one set ends the pull of all.";
    A8cNeverSetAside "a8c" "I22, I26"
        "A change whose answer is never a decision is sent for ever.";
    A9RequestToWaitForgotten "a9" "N8"
        "A request to wait holds nobody back: not an edit, not a notice, not another process.";
    A9bLimitOfAProxy "a9b" "I22"
        "A batch that is too large for a proxy is not cut: the first change of it is blamed.";
    A9cRefusedLinkKept "a9c" "I22"
        "A link that the server refuses is asked for in every later cycle.";
    A10PageNeverSmaller "a10" "I22"
        "Where a link breaks within a large answer the same page is asked for again, as large as it was.";
    A11StampPoisoned "a11" "I7, I23"
        "One edit under a clock that was far ahead stays ahead, and so does every later stamp of the device.";
    A12AddressIsIdentity "a12" "I1, I22"
        "A server is known by the spelling of its address: under a new one it is another, and what waits is locked in.";
    A13ParkedForGood "a13" "I22"
        "A parked change has no way out: neither an edit nor a retry has it sent again.";
    A14DeletedBesideAQuestion "a14" "I10, I11"
        "An addition that is deleted while a question about it is open is forgotten here and stays on the server.";
    A14bRequestNamedByChance "a14b" "I12, I15"
        "A change gets a random name: a data folder that was put back from a copy has conflicts with itself.";
    A15NotFetchedIsUpToDate "a15" "I26"
        "The status line says that all is up to date over a set that was never fetched.";
    A16TurnHeldForEver "a16" "I22"
        "A process that stands still keeps the turn: nobody overtakes it, and signing in waits for it without an end.";
    A17NoOutboxLog "a17" "I2"
        "What waits is in the database alone: where that is lost or damaged, so is the work.";
    A17bNoAudit "a17b" "I27"
        "Nobody compares the records here with the server's.";
    B18CarriageReturnEndsNoRow "b18" "I1"
        "A CSV file whose lines end with CR has no rows.";
    B19TwiceInAFile "b19" "I1"
        "The second row of the same record in a file goes over the first, and both count.";
    B20FilePutBackOverwrites "b20" "I12, I14"
        "Every cell of a file that is put back counts as an edit of what is here now.";
    B21DigitsRounded "b21" "L12"
        "A number with more digits than a double keeps is rounded unsaid."
        only by "tidemark-model literal, members";
    B22SetsDifferInCase "b22" "I6"
        "A model may have two sets whose names differ in case alone, and their tables are one."
        only by "tidemark-model csdl, tidemark-server wire::names, tidemark-store names";
    B23LineEndsAreEdits "b23" "I12"
        "Two texts that differ only in how lines end or letters are composed are a conflict."
        only by "tidemark-store text, tidemark-model text";
    B24TokenLikeAnOption "b24" "I22"
        "One in 64 tokens begins with a dash, and a command line reads it as an option."
        only by "tidemark-server auth::tests::no_token_looks_like_an_option";

    // The list of FAULTS 3.4.
    F1NoLedger "f1" "I12, I15"
        "The server does not look whether it has carried a request out before.";
    F2LedgerBesideTheTransaction "f2" "I12, I15"
        "A record is written in one transaction, its line of the journal, by which a repeat is known, in the next one.";
    F3TokenBeforeRecords "f3" "I19, I20"
        "The place behind a delta is kept in one transaction, what the delta holds is written in the next one.";
    F4NothingIsFlushed "f4" "I2"
        "Neither end waits for the disk: databases are written with synchronous off, and the log not at all.";
    F5NumberWithoutTheLock "f5" "I19"
        "A writer takes its numbers without holding the counter: numbers are seen in another order than they are committed. SQLite has one writer and x10 in its place."
        only by "tidemark-server conformance on PostgreSQL, wire::processes";
    F6AnswerWithoutVersion "f6" "I4, I14"
        "A question keeps its name when the server's side of it moves on: the answer overwrites what nobody saw.";
    F7ResyncDropsPending "f7" "I1, I5"
        "A set that is read anew to its end drops the changes that wait in it.";
    F8RepeatExecutedAgain "f8" "I15"
        "A request that is repeated more than an hour later is carried out again, over whatever was made of the record since.";
    F9OutboxOfAnother "f9" "I25"
        "Another user of the same server may sign in over unsent changes, which then go out as theirs.";
    F10RefusedForEver "f10" "I22, I26"
        "A change that the server refuses is sent again for ever, and nobody is told.";
    F11DeletionAnsweredAfterUndo "f11" "I1"
        "The answer to a deletion removes the record although the deletion was taken back while it was out.";
    F12CopyTakenForItself "f12" "I1, I15"
        "The name of a change does not tell its content, and the server does not look: a copy of a data folder has its edit answered with what the other one did.";

    // What is often done wrong.
    X1PageSkipsOne "x1" "I19"
        "A page of the feed is read one record too far, and the next one begins behind that.";
    X2LastOfAFullBatch "x2" "I1, I18"
        "The last change of a batch of 200 counts as done without a look at its answer.";
    X3SettledByPosition "x3" "I18"
        "An answer belongs to the change at its place in the list, not to the one that it names.";
    X4QuestionLeftOpen "x4" "I4"
        "An answer to a question that leaves something to be sent leaves the question open.";
    X5JournalLineWithoutRow "x5" "I1, I9"
        "A restore is in the journal, and confirmed, and the record is not written.";
    X6AnswerSettlesLaterEdits "x6" "I1"
        "The answer to a change settles what was typed while it was out.";
    X7RetrySendsWhatStandsNow "x7" "I12, I15"
        "What is sent again for a lost answer is what stands there now, and not what was sent.";
    X8QuestionWithoutBase "x8" "I13"
        "An open question does not keep the version that both sides began with.";
    X9ChildrenFirst "x9" "I21"
        "Sets are sent and fetched before those that they refer to.";
    X10LinkOfALaterState "x10" "I19"
        "A page and the link behind it are read in two transactions: what was committed between them is skipped.";
    X11SignOutKeepsTheLog "x11" "I25"
        "Signing out leaves the log as it was: where the database is lost afterwards, the account and what waited come back.";
    X12UndoForgetsTheBase "x12" "I4, I13"
        "A question that is opened again lacks the version that both sides began with.";
    X13EnumerationEndsAtItsEnd "x13" "I19"
        "The link behind an enumeration tells where the feed stood at its last page: what changed since the first is skipped.";
    X14PulledWhileOutForgotten "x14" "I6, I19"
        "What a pull brings of a record whose change is out is thrown away for good.";
    X15NewestBackwards "x15" "I7"
        "The policy of the newest lets the older one win.";
    X16EverybodysChoices "x16" "I24"
        "Records that each user has for themselves are shown to all of a workspace.";
    X17RestoredUnnoticed "x17" "I19, I28"
        "A server takes a link of another history for one of its own.";
    X18RestoredBelieved "x18" "I28"
        "What a restored server does not have counts as deleted.";
    X19MisfitDropped "x19" "I1"
        "Text that a changed model has no place for is kept nowhere."
        only by "tidemark-store migrate: this server refuses a model that gives a property another type";
    X20LeftSetDropsPending "x20" "I1"
        "A set that leaves the model takes its unsent changes with it.";
    X21LiveAdditionTwice "x21" "I15"
        "A live addition that is made again after no answer is another record.";
    X22UpToDateAfterFailure "x22" "I26"
        "The status line says that all is up to date although the last cycle failed.";
    X23DeletedWhileOut "x23" "I10"
        "An addition that is deleted while it is out is forgotten here, and stays on the server.";
    X24Unconditional "x24" "I12, I14, I17"
        "A change is sent on whatever version the server has.";
    X25UndoOfASentAnswer "x25" "I4, I12"
        "An answer that was sent and is not answered can be taken back as if nobody had seen it.";
    X26LosingSideNotKept "x26" "I13"
        "The side that does not stand is kept nowhere.";
    X27GivesUp "x27" "I22"
        "After five failures in a row the worker waits for a day.";
    X28EditOnAnOldBase "x28" "I12"
        "An edit made while the change before it was out still counts as made on the version before both.";
}
