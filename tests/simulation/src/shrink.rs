//! Making a plan that fails as short as it can be (FAULTS 3.4).
//!
//! Owns: delta debugging over the list of events (Zeller and Hildebrandt, 2002), then fewer laptops and servers, then no
//! time between events. Refuses: what fails: a shorter plan counts where the same law breaks.

use crate::plan::deed::{Event, Plan};
use crate::plan::fate::Fate;
use crate::{Play, Telling, plan::deed::Deed};

/// The most runs that are spent.
const RUNS: usize = 1_500;

struct Shrinking {
    law: String,
    runs: usize,
    play: Play,
}

impl Shrinking {
    fn fails(&mut self, plan: &Plan) -> bool {
        if self.runs == 0 {
            return false;
        }
        self.runs -= 1;
        (self.play)(plan, Telling::Counts).violation.is_some_and(|(_, violation)| violation.law == self.law)
    }

    /// Drops events, in ever smaller pieces.
    fn fewer_events(&mut self, plan: &mut Plan) {
        let mut piece = (plan.events.len() / 2).max(1);
        loop {
            let mut from = 0;
            let mut has_dropped = false;
            while from < plan.events.len() {
                let mut shorter = plan.clone();
                let to = (from + piece).min(shorter.events.len());
                // What is dropped took its time.
                shorter.events.drain(from..to);
                if self.fails(&shorter) {
                    *plan = shorter;
                    has_dropped = true;
                } else {
                    from += piece;
                }
            }
            if piece == 1 && !has_dropped {
                return;
            }
            piece = if has_dropped { piece } else { piece.div_ceil(2) }.max(1);
            if piece == 1 && self.runs == 0 {
                return;
            }
        }
    }

    /// Drops two events that are not next to each other, as what one of them opens the other ends.
    fn two_at_once(&mut self, plan: &mut Plan) {
        let mut first = 0;
        while first < plan.events.len() {
            let pair = (first + 1..plan.events.len()).find_map(|second| {
                let mut shorter = plan.clone();
                shorter.events.remove(second);
                shorter.events.remove(first);
                self.fails(&shorter).then_some(shorter)
            });
            match pair {
                Some(shorter) => *plan = shorter,
                None => first += 1,
            }
        }
    }

    /// Drops an event that only used up operations until a stop: that comes after fewer of them then.
    fn stops_sooner(&mut self, plan: &mut Plan) {
        for stop in (0..plan.events.len()).rev() {
            let Some(most) = plan.events.get_mut(stop).and_then(operations).map(|most| *most) else { continue };
            let behind = (stop + 1..plan.events.len()).rev();
            for (dropped, fewer) in behind.flat_map(|at| (1..most).rev().map(move |fewer| (at, fewer))) {
                let mut shorter = plan.clone();
                shorter.events.get_mut(stop).and_then(operations).into_iter().for_each(|most| *most = fewer);
                shorter.events.remove(dropped);
                if self.fails(&shorter) {
                    *plan = shorter;
                    return self.stops_sooner(plan);
                }
            }
        }
    }

    fn simpler(&mut self, plan: &mut Plan, change: impl FnOnce(&mut Plan)) {
        let mut simpler = plan.clone();
        change(&mut simpler);
        if simpler != *plan && self.fails(&simpler) {
            *plan = simpler;
        }
    }
}

/// Shortens a plan that breaks a law; the shortest that still breaks it is returned.
pub fn shrink(plan: &Plan, law: &str, play: Play) -> Plan {
    let mut shrinking = Shrinking { law: law.to_owned(), runs: RUNS, play };
    let mut best = plan.clone();
    // What came after the law broke matters to nobody.
    if let Some((done, _)) = play(&best, Telling::Counts).violation {
        shrinking.simpler(&mut best, |plan| plan.events.truncate(done + 1));
    }
    shrinking.fewer_events(&mut best);
    let last = |plan: &Plan| plan.events.iter().map(|event| laptop_of(&event.deed)).max().unwrap_or_default();
    let needed = last(&best) + 1;
    shrinking.simpler(&mut best, |plan| plan.laptops.truncate(needed.max(1)));
    shrinking.simpler(&mut best, |plan| plan.servers = 1);
    shrinking.simpler(&mut best, |plan| plan.background = false);
    for at in 0..best.events.len() {
        shrinking.simpler(&mut best, |plan| plan.events[at].after_ms = 0);
        if let Deed::Fates { fates, .. } = &best.events[at].deed {
            for nth in (0..fates.len()).rev() {
                shrinking.simpler(&mut best, |plan| simpler_fate(&mut plan.events[at], nth));
            }
        }
    }
    shrinking.fewer_events(&mut best);
    shrinking.runs += RUNS;
    shrinking.two_at_once(&mut best);
    shrinking.stops_sooner(&mut best);
    best
}

/// Returns after how many operations a deed stops a machine, where it does.
fn operations(event: &mut Event) -> Option<&mut u64> {
    match &mut event.deed {
        Deed::StopAfter { operations, .. } | Deed::ServerStopAfter { operations, .. } => Some(operations),
        _ => None,
    }
}

fn simpler_fate(event: &mut Event, nth: usize) {
    if let Deed::Fates { fates, .. } = &mut event.deed
        && let Some(fate) = fates.get_mut(nth)
    {
        *fate = Fate::Fair;
        while fates.last() == Some(&Fate::Fair) {
            fates.pop();
        }
    }
}

/// Returns the last laptop that a deed names.
fn laptop_of(deed: &Deed) -> usize {
    let value = serde_json::to_value(deed).unwrap_or_default();
    let inner = value.as_object().and_then(|object| object.values().next()).cloned().unwrap_or_default();
    let number = |value: &serde_json::Value| value.as_u64().map(|number| number as usize);
    [&inner["laptop"], &inner["at"]["laptop"], &inner["from"], &inner["to"]]
        .into_iter()
        .filter_map(number)
        .max()
        .unwrap_or(0)
}
