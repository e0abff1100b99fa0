//! Crash enumeration: scripted scenarios, stopped before every operation of a disk, on both sides, with everything, some or
//! nothing of the unsynced left (FAULTS 3.3, I2).
//!
//! Owns: which points there are, and running each. Refuses: the scenarios (`scenarios`); judging, which is every run's.

mod scenarios;

use crate::oracle::Violation;
use crate::plan::deed::{Deed, Event, Left, Plan};
use crate::run::run;
use crate::run::told::Telling;
pub use scenarios::{Scenario, scenarios};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// The side that is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The laptop that acts.
    Laptop,
    /// The server.
    Server,
}

/// What came of one scenario.
#[derive(Clone, Debug, Default)]
pub struct Enumerated {
    /// The scenario's name.
    pub name: &'static str,
    /// How many points there were on the laptop and on the server, each for every way to lose power.
    pub points: [u64; 2],
    /// What was wrong: the plan, and the law.
    pub failed: Vec<(Plan, Violation)>,
}

/// Returns the scenario with a stop in it.
fn stopped(scenario: &Scenario, side: Side, operations: u64, left: Left) -> Plan {
    let mut plan = scenario.before.clone();
    let stop = match side {
        Side::Laptop => Deed::StopAfter { laptop: 0, operations, left },
        Side::Server => Deed::ServerStopAfter { operations, left },
    };
    plan.events.push(Event { after_ms: 0, deed: stop });
    plan.events.extend(scenario.act.iter().map(|deed| Event { after_ms: 10, deed: deed.clone() }));
    plan
}

/// Stops a scenario everywhere, on so many threads, every `step`-th operation; 1 is every one.
pub fn enumerate(scenario: &Scenario, threads: usize, step: u64) -> Enumerated {
    let done = Mutex::new(Enumerated { name: scenario.name, ..Enumerated::default() });
    let ways: Vec<(Side, Left)> =
        [Side::Laptop, Side::Server].into_iter().flat_map(|side| Left::EACH.map(|left| (side, left))).collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((side, left)) = ways.get(next.fetch_add(1, Ordering::Relaxed)) {
                    for operations in (0..).step_by(step as usize) {
                        let plan = stopped(scenario, *side, operations, *left);
                        let outcome = run(&plan, Telling::Counts);
                        let whereabouts = if *side == Side::Laptop { "laptop" } else { "server" };
                        let has_stopped = outcome.tally.contains_key(&("stopped".to_owned(), whereabouts.to_owned()));
                        let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                        if let Some((_, violation)) = outcome.violation {
                            done.failed.push((plan, violation));
                        }
                        if !has_stopped {
                            break;
                        }
                        done.points[*side as usize] += 1;
                    }
                }
            });
        }
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner)
}
