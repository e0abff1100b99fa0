//! The worlds that are explored to the end.
//!
//! Owns: which edits and faults meet in which of them. They differ, since all of it at once is no world that ends. Refuses:
//! the exploring.

use crate::scope::{Deeds, Network, SERVER_NOW, Scope};
use crate::variants::Variant;
use tidemark_model::Policy;

const CALM: Network = Network { loses: false, repeats: false, delays: false, kills: false };
const ROUGH: Network = Network { loses: true, repeats: true, delays: true, kills: false };
const ALL: Deeds = Deeds { set: 0b11, delete: true, undo: true, add: false };
const TYPED: Deeds = Deeds { set: 0b11, delete: false, undo: false, add: false };

/// The world that the others are made of: two devices, one record, one edit each, nothing goes wrong.
pub const PLAIN: Scope = Scope {
    name: "plain",
    rows: 1,
    edits: [1, 1],
    deeds: ALL,
    network: CALM,
    faults: 0,
    purges: 0,
    restores: 0,
    unticks: 0,
    clocks: [SERVER_NOW, SERVER_NOW],
    policy: Policy::Ask,
    screens: false,
    processes: false,
    paged: false,
    variant: None,
};

/// Everything that people do, two edits each.
pub const EDITS: Scope = Scope { name: "edits", edits: [2, 1], ..PLAIN };
/// What is lost, comes twice, comes late; a process that is killed.
pub const ROUGH_NETWORK: Scope = Scope { name: "rough network", network: ROUGH, faults: 2, ..PLAIN };
/// A batch of two records, in pages of one.
pub const TWO_ROWS: Scope =
    Scope { name: "two rows", rows: 2, deeds: TYPED, network: ROUGH, faults: 1, paged: true, ..PLAIN };
/// A record that is made here.
pub const ADDED: Scope =
    Scope { name: "added", edits: [2, 1], deeds: Deeds { add: true, ..ALL }, network: ROUGH, faults: 1, ..PLAIN };
/// A purge at any time.
pub const PURGED: Scope = Scope { name: "purged", edits: [2, 1], purges: 1, ..PLAIN };
/// A backup that is put back at any time.
pub const RESTORED: Scope = Scope { name: "restored", restores: 1, ..PLAIN };
/// Two processes of the server, each of which may be killed.
pub const PROCESSES: Scope = Scope {
    name: "two processes",
    rows: 2,
    deeds: TYPED,
    network: Network { kills: true, ..CALM },
    faults: 1,
    processes: true,
    ..PLAIN
};
/// A question that stands on a screen.
pub const SCREENS: Scope = Scope { name: "screens", edits: [2, 1], deeds: TYPED, screens: true, ..PLAIN };
/// A set that is kept offline no longer, and again.
pub const UNTICKED: Scope = Scope { name: "un-ticked", edits: [2, 1], deeds: TYPED, unticks: 1, ..PLAIN };
/// A clock that is behind and one that is ahead, where the newer stamp decides.
pub const CLOCKS: Scope = Scope { name: "clocks", edits: [2, 1], clocks: [5, 60], policy: Policy::Newest, ..PLAIN };

/// All of them.
pub const WORLDS: [Scope; 11] =
    [PLAIN, EDITS, ROUGH_NETWORK, TWO_ROWS, ADDED, PURGED, RESTORED, PROCESSES, SCREENS, UNTICKED, CLOCKS];

/// The same with more edits and more faults.
pub const LARGE: [Scope; 8] = [
    Scope { edits: [2, 2], ..EDITS },
    Scope { edits: [2, 2], faults: 2, ..ROUGH_NETWORK },
    Scope { edits: [2, 1], faults: 2, deeds: ALL, ..TWO_ROWS },
    Scope { edits: [2, 2], faults: 2, ..ADDED },
    Scope { edits: [2, 2], network: ROUGH, faults: 1, ..PURGED },
    Scope { edits: [2, 1], network: ROUGH, faults: 1, ..RESTORED },
    Scope { edits: [2, 2], network: ROUGH, faults: 1, ..UNTICKED },
    Scope { edits: [2, 2], network: ROUGH, faults: 1, ..CLOCKS },
];

/// What is done wrong, the smallest world in which it shows, and the property that it breaks there.
pub const WRONGS: [(Variant, Scope, &str); 31] = [
    (Variant::ClientClockDecides, Scope { clocks: [5, 60], ..PLAIN }, "I14 "),
    (Variant::PullOverwritesPending, PLAIN, "I1 "),
    (Variant::GuardIsAFlag, Scope { network: ROUGH, faults: 1, ..PLAIN }, "I6 three"),
    (Variant::TwoCyclesAtOnce, Scope { edits: [2, 1], network: ROUGH, faults: 1, ..PLAIN }, "I12 "),
    (Variant::PreflightApart, Scope { rows: 1, ..PROCESSES }, "I14 "),
    (Variant::NoLedger, Scope { edits: [2, 1], network: ROUGH, faults: 1, ..PLAIN }, "I12 "),
    (Variant::InFlightIsJudged, Scope { edits: [2, 1], network: ROUGH, faults: 1, ..PLAIN }, "I12 "),
    (Variant::FeedByStamp, Scope { clocks: [5, 60], edits: [1, 1], rows: 2, deeds: TYPED, ..PLAIN }, "I6 three"),
    (Variant::PurgeWithoutFloor, Scope { purges: 1, ..PLAIN }, "I6 three"),
    (Variant::PurgeForgetsIds, Scope { purges: 1, ..PLAIN }, "I9 "),
    (Variant::ServerWinsSilently, PLAIN, "I1 "),
    (Variant::EqualStampsAreEqual, PLAIN, "I1 "),
    (Variant::PartialBatchIsSuccess, Scope { edits: [2, 1], rows: 2, deeds: TYPED, ..PLAIN }, "I1 "),
    (Variant::UntickDropsPending, Scope { unticks: 1, ..PLAIN }, "I1 "),
    (Variant::GoneIsCleanedUp, PLAIN, "I1 "),
    (Variant::WholeRecordIsSent, PLAIN, "I14 "),
    (Variant::TokenBeforeRecords, Scope { network: ROUGH, faults: 1, ..PLAIN }, "I19 "),
    (Variant::AnswerWithoutVersion, SCREENS, "I14 "),
    (Variant::ResyncDropsPending, Scope { edits: [2, 1], purges: 1, ..PLAIN }, "I1 "),
    (Variant::RestoredAbsenceIsDeletion, Scope { deeds: Deeds { add: true, ..ALL }, restores: 1, ..PLAIN }, "I6 three"),
    (Variant::RestoreIsNotNoticed, Scope { restores: 1, ..PLAIN }, "I6 three"),
    (Variant::UndoForgetsWhatIsInFlight, Scope { edits: [2, 1], ..PLAIN }, "I1 "),
    (Variant::DeletionStaysFolded, Scope { edits: [2, 1], ..PLAIN }, "I1 "),
    (Variant::DeletedAdditionIsForgotten, Scope { edits: [2, 1], deeds: Deeds { add: true, ..ALL }, ..PLAIN }, "I1 "),
    (Variant::NumberAtBegin, PROCESSES, "I19 "),
    (Variant::AnyAnswerSettles, Scope { edits: [2, 1], network: ROUGH, faults: 2, ..PLAIN }, "I1 "),
    (Variant::AnyPageIsTaken, Scope { edits: [2, 1], network: ROUGH, faults: 1, ..PLAIN }, "I20 "),
    (Variant::PageCountsAsWhole, Scope { rows: 3, edits: [1, 0], purges: 1, paged: true, ..PLAIN }, "(a)"),
    (Variant::RestoreUnseen, EDITS, "I14 "),
    (Variant::RestoredBehindAnAnswer, Scope { restores: 1, ..PLAIN }, "I1 "),
    (Variant::AnswerSettlesLaterEdits, Scope { edits: [2, 1], ..PLAIN }, "I1 "),
];
