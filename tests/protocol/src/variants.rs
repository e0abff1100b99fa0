//! What can be done wrong: one switch each, in the steps of the devices and of the server, never in the rules.
//!
//! Owns: the list, with the hazard of FAULTS section 1 that each of them is. Refuses: shipping; no crate depends on this.

/// One thing done wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Variant {
    /// H1: the device that is told of another version goes by the newer stamp, its own clock's.
    ClientClockDecides,
    /// H2: a pull overwrites whatever is here.
    PullOverwritesPending,
    /// H3: that a cycle runs is a mark in the database, which a crash leaves behind.
    GuardIsAFlag,
    /// H3: two cycles run at once, and the second sends what is in flight as a new change.
    TwoCyclesAtOnce,
    /// H4: the check comes before the transaction that writes.
    PreflightApart,
    /// H5: the server remembers no request.
    NoLedger,
    /// H5: a pulled version is judged though an answer is still out.
    InFlightIsJudged,
    /// H6: the feed goes by `_UpdatedAt`.
    FeedByStamp,
    /// H7: a purge moves no floor.
    PurgeWithoutFloor,
    /// H7: a purge forgets the ids, and an edit of what is not there makes it.
    PurgeForgetsIds,
    /// H8: a loser is answered with success.
    ServerWinsSilently,
    /// H9: equal stamps mean that nothing changed.
    EqualStampsAreEqual,
    /// H10: a batch in which one change went through went through.
    PartialBatchIsSuccess,
    /// H11: un-ticking a set drops what waits in it.
    UntickDropsPending,
    /// H12: a change of what is gone is cleaned up.
    GoneIsCleanedUp,
    /// H13: the whole record is sent over whatever the server has.
    WholeRecordIsSent,
    /// The position is written before the records of its page.
    TokenBeforeRecords,
    /// An answer carries no version: it goes for whatever the question is by then.
    AnswerWithoutVersion,
    /// 410 drops what waits, with everything else.
    ResyncDropsPending,
    /// What a restored server does not have counts as deleted.
    RestoredAbsenceIsDeletion,
    /// A delta link names a number and no history.
    RestoreIsNotNoticed,
    /// Taking back a deletion that is in flight leaves nothing pending.
    UndoForgetsWhatIsInFlight,
    /// A deletion and what takes it back are folded in the wrong order: what is sent is the deletion.
    DeletionStaysFolded,
    /// An addition that is in flight is forgotten when it is deleted.
    DeletedAdditionIsForgotten,
    /// A sequence number is taken when a transaction begins.
    NumberAtBegin,
    /// An answer settles whatever is in flight by then.
    AnyAnswerSettles,
    /// A page is taken wherever the pull stands by then.
    AnyPageIsTaken,
    /// A page of an enumeration counts as the whole list.
    PageCountsAsWhole,
    /// A record is restored before it is known what others had made of it, or over that.
    RestoreUnseen,
    /// The server is put back to a backup that has a device's position and lacks what was confirmed to it since.
    RestoredBehindAnAnswer,
    /// An edit made while its predecessor is out is gone when that is answered.
    AnswerSettlesLaterEdits,
}
