//! Many seeds, on every core, and what came of them together.
//!
//! Owns: handing seeds out, running every fiftieth twice, and the tally. Refuses: printing (`main`), and what a tally must
//! hold (`coverage`).

use crate::oracle::Violation;
use crate::plan::deed::Plan;
use crate::plan::draw;
use crate::run::Outcome;
use crate::run::told::{Tally, Telling};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Every so many seeds one is run twice, and the traces must be the same.
const TWICE: u64 = 50;

/// What came of many seeds.
#[derive(Clone, Debug, Default)]
pub struct Together {
    /// How many were run.
    pub seeds: u64,
    /// Which failed, after how many events, and why.
    pub failed: Vec<(u64, usize, Violation)>,
    /// What happened how often, and where.
    pub tally: Tally,
    /// Virtual milliseconds times laptops.
    pub device_ms: u64,
    /// Events of all plans.
    pub events: u64,
}

/// Which seeds are run.
#[derive(Clone, Copy, Debug)]
pub struct Seeds {
    /// The first.
    pub first: u64,
    /// How many, at most.
    pub count: u64,
    /// After how many failures no more are begun.
    pub failures: usize,
    /// How each is carried out.
    pub play: Play,
    /// Is told of each failure as it comes: a long run is not waited for.
    pub tell: fn(u64, &Violation),
}

/// How a plan is carried out: [`crate::run`], or [`crate::run_over_tcp`].
pub type Play = fn(&Plan, Telling) -> Outcome;

/// Runs one seed; every fiftieth twice.
pub fn run_seed(seed: u64, telling: Telling, play: Play) -> Outcome {
    let plan = draw(seed);
    // Where cycles run by themselves several tasks are ready at once, and which goes first is tokio's choice, which follows
    // from the seed in a build by `cargo xtask simulate`; in any other such a world is judged, and not compared.
    let is_compared = cfg!(tokio_unstable) || !plan.background;
    if !seed.is_multiple_of(TWICE) || telling == Telling::Aloud || !is_compared {
        return play(&plan, telling);
    }
    let mut first = play(&plan, Telling::Hash);
    let again = play(&plan, Telling::Hash);
    if first.hash != again.hash && first.violation.is_none() {
        let words = format!("two runs of seed {seed} are not the same");
        first.violation = Some((plan.events.len(), Violation { law: "same".into(), words }));
    }
    first
}

/// After so many seeds a long run says how far it is.
const TOLD_EVERY: u64 = 5_000;

/// Runs seeds on so many threads until they are done or nobody wants more.
pub fn run_many(seeds: Seeds, threads: usize, goes_on: &(dyn Fn() -> bool + Sync)) -> Together {
    let (next, stopped) = (AtomicU64::new(seeds.first), AtomicBool::new(false));
    let together = Mutex::new(Together::default());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !stopped.load(Ordering::Relaxed) && goes_on() {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.first + seeds.count {
                        return;
                    }
                    let outcome = run_seed(seed, Telling::Counts, seeds.play);
                    if let Some((_, violation)) = &outcome.violation {
                        (seeds.tell)(seed, violation);
                    }
                    let mut together = together.lock().unwrap_or_else(PoisonError::into_inner);
                    together.take(seed, outcome);
                    if together.seeds.is_multiple_of(TOLD_EVERY) {
                        eprintln!("{} seeds so far, {} failed", together.seeds, together.failed.len());
                    }
                    if together.failed.len() >= seeds.failures {
                        stopped.store(true, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let mut together = together.into_inner().unwrap_or_else(PoisonError::into_inner);
    together.failed.sort_by_key(|(seed, ..)| *seed);
    together
}

impl Together {
    fn take(&mut self, seed: u64, outcome: Outcome) {
        self.seeds += 1;
        self.device_ms += outcome.device_ms;
        for (key, count) in outcome.tally {
            *self.tally.entry(key).or_default() += count;
        }
        if let Some((at, violation)) = outcome.violation {
            self.failed.push((seed, at, violation));
        }
    }

    /// Returns how often a thing happened anywhere.
    pub fn count(&self, what: &str) -> u64 {
        self.tally.iter().filter(|((of, _), _)| of == what).map(|(_, count)| count).sum()
    }
}
