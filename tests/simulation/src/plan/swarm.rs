//! What may happen in one run: each seed has some of it, so that faults do not hide each other (FAULTS 3.3).
//!
//! Owns: the weights of deeds. Refuses: the deeds themselves (`draw`).

use tidemark_test_dice::Dice;

/// The kinds of deeds that `draw` knows how to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Add,
    Look,
    Edit,
    StaleEdit,
    Delete,
    UndoDelete,
    Sync,
    SyncBehind,
    Answer,
    AnswerSimilar,
    TakeAnswerBack,
    BringBack,
    Office,
    Weather,
    Partition,
    Kill,
    PowerLoss,
    Stop,
    Second,
    Close,
    Tick,
    Pause,
    Accounts,
    Policy,
    Parked,
    Files,
    Disk,
    Damage,
    Image,
    Clone,
    Clock,
    ServerClock,
    ServerKill,
    ServerStop,
    ServerDisk,
    ServerLock,
    Backup,
    Purge,
    Model,
    Revoke,
    Many,
    Wait,
    Clash,
    Race,
    Story,
    Address,
    Lasting,
}

/// Kinds that every run has, with their weights.
const ALWAYS: [(usize, Kind); 11] = [
    (6, Kind::Clash),
    (12, Kind::Add),
    (4, Kind::Look),
    (24, Kind::Edit),
    (5, Kind::Delete),
    (3, Kind::UndoDelete),
    (18, Kind::Sync),
    (7, Kind::Answer),
    (2, Kind::TakeAnswerBack),
    (2, Kind::Close),
    (2, Kind::Wait),
];

/// Kinds that some runs have: in how many of a hundred, and their weight there.
const SOMETIMES: [(usize, usize, Kind); 36] = [
    (8, 2, Kind::Address),
    (60, 8, Kind::Story),
    (30, 3, Kind::Lasting),
    (50, 8, Kind::Race),
    (70, 12, Kind::Weather),
    (50, 10, Kind::SyncBehind),
    (60, 6, Kind::Office),
    (40, 5, Kind::StaleEdit),
    (30, 3, Kind::AnswerSimilar),
    (20, 3, Kind::BringBack),
    (30, 4, Kind::Partition),
    (30, 4, Kind::Kill),
    (30, 4, Kind::PowerLoss),
    (25, 4, Kind::Stop),
    (30, 4, Kind::Second),
    (35, 4, Kind::Tick),
    (10, 2, Kind::Pause),
    (20, 2, Kind::Accounts),
    (20, 2, Kind::Policy),
    (30, 3, Kind::Parked),
    (20, 4, Kind::Files),
    (20, 4, Kind::Disk),
    (14, 2, Kind::Damage),
    (20, 3, Kind::Image),
    (8, 1, Kind::Clone),
    (35, 4, Kind::Clock),
    (15, 2, Kind::ServerClock),
    (30, 4, Kind::ServerKill),
    (20, 3, Kind::ServerStop),
    (15, 3, Kind::ServerDisk),
    (10, 2, Kind::ServerLock),
    (22, 4, Kind::Backup),
    (20, 3, Kind::Purge),
    (22, 3, Kind::Model),
    (10, 2, Kind::Revoke),
    (3, 2, Kind::Many),
];

/// What may happen in one run.
pub(super) struct Swarm {
    pub(super) weights: Vec<(usize, Kind)>,
    pub(super) chosen: Vec<String>,
}

impl Swarm {
    pub(super) fn of(dice: &mut Dice) -> Self {
        let (mut weights, mut chosen) = (ALWAYS.to_vec(), Vec::new());
        for (percent, weight, kind) in SOMETIMES {
            if dice.hits(percent) {
                // Now and then one thing happens all the time.
                let weight = if dice.hits(15) { weight * 4 } else { weight };
                weights.push((weight, kind));
                chosen.push(format!("{kind:?}"));
            }
        }
        Self { weights, chosen }
    }

    pub(super) fn has(&self, kind: Kind) -> bool {
        self.weights.iter().any(|(_, of)| *of == kind)
    }
}
