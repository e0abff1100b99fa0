//! The same worlds over simulated TCP: hyper's client and server talk over turmoil's connections (FAULTS 3.1, T2).
//!
//! Owns: the hosts (a world, its server, one line for each laptop), stepping them, and what only a wire does: links that
//! are cut, cut one way or held while something is on them. Refuses: plans, laws and everything that a world without a wire
//! has too; packing bodies, which is the product's transport's, and notices, which no plan over a wire asks for.

mod line;
mod service;

pub(crate) use line::Line;

use crate::SALT;
use crate::plan::deed::{Deed, Plan};
use crate::plan::fate::Fate;
use crate::run::told::{Telling, Told};
use crate::run::{Carried, Outcome, Over, carry_out, outcome_of, watched};
use crate::world::shore::Shore;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tidemark_test_dice::Dice;
use tokio::sync::mpsc;

/// How much virtual time a step lets pass: fine enough for a request, which takes several.
const TICK: Duration = Duration::from_millis(10);
/// Virtual time after which a run counts as stuck.
const LONGEST: Duration = Duration::from_secs(12 * 60 * 60);

/// Where the server's host finds the server, once the world has made it.
#[derive(Clone, Default)]
pub(crate) struct Berth(Arc<Mutex<Option<Arc<Shore>>>>);

impl Berth {
    pub(crate) fn take(&self, shore: &Arc<Shore>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(shore.clone());
    }

    fn shore(&self) -> Option<Arc<Shore>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Names the host of a laptop's line.
fn name(laptop: usize) -> String {
    format!("laptop-{laptop}")
}

/// Carries a plan out over simulated TCP.
pub fn run_over_tcp(plan: &Plan, telling: Telling) -> Outcome {
    // Notices are endless answers: that world is run without a wire.
    let mut plan = Plan { background: false, ..plan.clone() };
    // turmoil ends a host one of whose tasks panics: that is met without a wire as well.
    for event in &mut plan.events {
        if let Deed::Fates { fates, .. } = &mut event.deed {
            fates.iter_mut().filter(|fate| **fate == Fate::Panic).for_each(|fate| *fate = Fate::Fair);
        }
    }
    let mut dice = Dice::new(plan.seed ^ 0x7c9, SALT);
    let latest = dice.of(&[20, 60, 60, 400, 900]);
    let mut sim = turmoil::Builder::new()
        .rng_seed(plan.seed)
        .tick_duration(TICK)
        .simulation_duration(LONGEST)
        .min_message_latency(Duration::from_millis(5))
        .max_message_latency(Duration::from_millis(latest))
        .tcp_capacity(1 << 16)
        .build();
    let (world, told) = crate::run::begin(telling);
    let berth = Berth::default();
    sim.host(service::HOST, {
        let berth = berth.clone();
        move || service::serve(berth.clone())
    });
    let mut lines = Vec::new();
    for laptop in 0..plan.laptops.len() {
        let (ask, asked) = mpsc::unbounded_channel();
        let unrest = line::Unrest::drawn(&mut dice);
        lines.push(Line::new(ask, name(laptop), unrest.clone()));
        let told = told.clone();
        sim.client(name(laptop), line::carry(asked, unrest, name(laptop), told));
    }
    let carried: Rc<RefCell<Option<Carried>>> = Rc::default();
    sim.client("world", {
        let (plan, told, carried) = (plan.clone(), told.clone(), carried.clone());
        async move {
            let over = Over::Tcp { berth, lines };
            let done = watched(carry_out(&plan, &world, told, over)).await;
            *carried.borrow_mut() = Some(done);
            Ok(())
        }
    });
    let stuck = loop {
        match sim.step() {
            Ok(_) if carried.borrow().is_some() => break None,
            Ok(_) => {}
            Err(error) => break Some(error.to_string()),
        }
    };
    drop(sim);
    let carried = carried.borrow_mut().take();
    outcome_of(&plan, carried.ok_or_else(|| stuck.unwrap_or_default()), &told)
}

/// Tells what a run over a wire met.
pub(crate) fn hit(told: &Told, what: &str, line: &str) {
    told.hit("wire", what);
    told.tell(|| format!("  {line}: {what}"));
}
