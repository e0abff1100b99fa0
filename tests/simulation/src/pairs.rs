//! Pairs of worlds that differ in the clocks of their laptops alone: what is applied, asked and kept is the same (I23).
//!
//! Owns: the two plans, and comparing what came of them. Refuses: what a world remembers of itself (`oracle::remembered`).

use crate::SALT;
use crate::oracle::Violation;
use crate::plan::deed::{Deed, Event, Office, Plan};
use crate::run::Outcome;
use crate::run::run;
use crate::run::told::Telling;
use tidemark_test_dice::Dice;

/// How far a clock may be off, milliseconds: hours, weeks, years, and a battery that is empty.
const AHEAD_MS: [i64; 8] = [
    -1_600_000_000_000,
    -400 * DAY_MS,
    -9 * DAY_MS,
    -3 * 3_600_000,
    90_000,
    2 * 3_600_000,
    40 * DAY_MS,
    3_000 * DAY_MS,
];
const DAY_MS: i64 = 86_400_000;

/// In so many of a hundred events a clock is moved before it.
const MOVED: usize = 6;

/// Carries a plan out under true clocks and under wrong ones, and compares.
///
/// Cycles do not run by themselves: which task goes first is then the runtime's own choice, so that no world is the same
/// twice. Policies are left out: that the later edit wins asks clocks who that is.
pub fn run_pair(plan: &Plan, telling: Telling) -> Outcome {
    let telling = if telling == Telling::Aloud { Telling::RemembersAloud } else { Telling::Remembers };
    let mut outcome = run(&under_true_clocks(plan), telling);
    let other = run(&under_wrong_clocks(plan), telling);
    if outcome.violation.is_none() {
        outcome.violation = other.violation.or_else(|| {
            let words = difference(&outcome.remembered, &other.remembered)?;
            Some((plan.events.len(), Violation { law: "I23".into(), words: format!("under wrong clocks {words}") }))
        });
    }
    outcome
}

/// Returns the plan in which every clock goes right.
fn under_true_clocks(plan: &Plan) -> Plan {
    let event = |event: &Event| match event.deed {
        Deed::Clock { .. } | Deed::StopClock { .. } | Deed::Policy { .. } => Event { deed: Deed::Wait, ..*event },
        // A clock that was moved is written down: so many operations lead somewhere else then.
        Deed::StopAfter { .. } | Deed::IoError { .. } | Deed::SyncError { .. } => Event { deed: Deed::Wait, ..*event },
        Deed::ServerStopAfter { .. } | Deed::ServerIoError { .. } => Event { deed: Deed::Wait, ..*event },
        // A cycle that nobody waits for goes on beside what comes next, and the self-audit makes it longer.
        Deed::Sync { at, .. } => Event { deed: Deed::Sync { at, waits: true }, ..*event },
        // What waited on a disk that comes back is known by its request, of which the stamp is a part, as it was brought back
        // by then.
        Deed::PutImage { .. } => Event { deed: Deed::Wait, ..*event },
        // Whether an edit of two weeks ago stands is between its stamp and the record's (hazard H6).
        Deed::Office { record, property, how: Office::Old | Office::Ahead } => {
            Event { deed: Deed::Office { record, property, how: Office::Patch }, ..*event }
        }
        _ => event.clone(),
    };
    Plan { events: plan.events.iter().map(event).collect(), background: false, ..plan.clone() }
}

/// Returns the same plan with clocks that are wrong, and moved now and then.
fn under_wrong_clocks(plan: &Plan) -> Plan {
    let mut dice = Dice::new(plan.seed ^ 0xc10c, SALT);
    let mut plan = under_true_clocks(plan);
    let wrong =
        |dice: &mut Dice, laptop| Event { after_ms: 0, deed: Deed::Clock { laptop, ahead_ms: dice.of(&AHEAD_MS) } };
    let mut events: Vec<Event> = (0..plan.laptops.len()).map(|laptop| wrong(&mut dice, laptop)).collect();
    for event in plan.events.drain(..) {
        if dice.hits(MOVED) {
            let laptop = dice.below(plan.laptops.len());
            events.push(wrong(&mut dice, laptop));
        }
        events.push(event);
    }
    Plan { events, ..plan }
}

fn difference(right: &[String], wrong: &[String]) -> Option<String> {
    let at = (0..right.len().max(wrong.len())).find(|at| right.get(*at) != wrong.get(*at))?;
    let of = |lines: &[String]| lines.get(at).cloned().unwrap_or_else(|| "nothing more".to_owned());
    Some(format!("there is {}, under true ones {}", of(wrong), of(right)))
}
