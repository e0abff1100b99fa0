//! One program's place on its laptop's network.
//!
//! Owns: what an onlooker at the cable sees of programs: no two of a laptop are at a cycle at once (I15), nobody comes by
//! itself before the moment that the server asked to wait for (N8), nothing is sent to a server that was put back to a
//! backup before it was asked what it has (I28), and no record before the one that it refers to (I21). Refuses: what becomes of requests
//! (`network`).

use super::bodies::parts;
use super::network::{Network, phase};
use super::time::Standstill;
use async_trait::async_trait;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tidemark_model::ports::Clock;
use tidemark_sync::{Request, Response, Transport, TransportError};

#[derive(Default)]
struct Seen {
    /// How many requests of cycles each program has out.
    out: BTreeMap<u32, usize>,
    /// When each program last heard what the server has, and how often that had been put back to a backup by then.
    looked: BTreeMap<u32, (u64, usize)>,
    /// Sets that are kept since then, and of which nothing was read.
    awaited: BTreeSet<String>,
    /// Until when the server asked to wait.
    until_ms: Option<u64>,
    /// When a person last did what asks for a cycle at once.
    by_person_ms: Option<u64>,
    /// Whether the last cycle of the window did not get through, and none was begun since.
    has_failed: bool,
    /// The law that was broken, and how.
    broken: Option<(&'static str, String)>,
}

/// The longest that a cycle may take from its first question to what it sends: the server may be put back in between.
const CYCLE_MS: u64 = 15 * 60 * 1000;

/// What is seen of the programs of a laptop.
pub(crate) struct Onlooker {
    clock: Arc<dyn Clock>,
    seen: Mutex<Seen>,
    /// How many cycles a person has asked for that go on.
    by_hand: AtomicUsize,
}

impl Onlooker {
    /// Looks on, by a clock that goes as the world's time does.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, seen: Mutex::default(), by_hand: AtomicUsize::new(0) }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets that anybody was asked to wait: whoever was asked may not know it any more.
    pub(crate) fn excuse(&self) {
        self.seen().until_ms = None;
    }

    /// A person does what asks for a cycle at once, without saying "Sync now": signs in, ticks a set.
    pub(crate) fn is_called_for(&self) {
        let mut seen = self.seen();
        (seen.until_ms, seen.by_person_ms) = (None, Some(self.clock.monotonic_ms()));
        seen.has_failed = false;
    }

    /// Returns the law that was broken, and how.
    pub(crate) fn broken(&self) -> Option<(&'static str, String)> {
        self.seen().broken.clone()
    }

    /// A cycle of the window did not get through.
    pub(crate) fn has_failed(&self) {
        self.seen().has_failed = true;
    }

    /// Tells whether that was the last that was heard of it.
    pub(crate) fn last_failed(&self) -> bool {
        self.seen().has_failed
    }

    /// What was seen has its excuse.
    pub(crate) fn forgive(&self) {
        self.seen().broken = None;
    }

    /// A cycle goes on.
    fn goes_on(&self) {
        self.seen().has_failed = false;
    }

    fn goes_out(&self, program: u32) {
        self.goes_on();
        let mut seen = self.seen();
        let others = seen.out.iter().any(|(of, out)| *of != program && *out > 0);
        if others {
            seen.broken = Some(("I15", format!("program {program} is at a cycle while another one is")));
        }
        let now_ms = self.clock.monotonic_ms();
        if seen.until_ms.is_some_and(|until| now_ms < until) && self.by_hand.load(Ordering::Relaxed) == 0 {
            seen.broken = Some(("N8", format!("program {program} does not wait as long as the server asked it to")));
        }
        *seen.out.entry(program).or_default() += 1;
    }

    fn looks(&self, program: u32, restores: usize) {
        self.seen().looked.insert(program, (self.clock.monotonic_ms(), restores));
    }

    fn sends(&self, program: u32, restores: usize, parts: &[Value]) {
        let mut seen = self.seen();
        // What a restored server lost is offered again as it was sent then, whatever else has become of what it refers to.
        if let Some(words) = before_its_parent(parts).filter(|_| restores == 0) {
            seen.broken = Some(("I21", format!("program {program} {words}")));
        }
        let now_ms = self.clock.monotonic_ms();
        let looked = seen.looked.get(&program);
        let is_known = looked.is_some_and(|(at, then)| *then == restores || now_ms - at < CYCLE_MS);
        if restores > 0 && !is_known {
            seen.broken =
                Some(("I28", format!("program {program} sends to a restored server that it has asked nothing")));
        }
    }

    fn came_back(&self, program: u32) {
        if let Some(out) = self.seen().out.get_mut(&program) {
            *out = out.saturating_sub(1);
        }
    }

    /// A set is kept from now on.
    pub(crate) fn awaits(&self, set: &str) {
        self.seen().awaited.insert(set.to_owned());
    }

    /// Whoever asked for a set may have it, or have taken that back.
    pub(crate) fn awaits_nothing(&self) {
        self.seen().awaited.clear();
    }

    /// Returns a set that is kept and of which nothing was read.
    pub(crate) fn awaited(&self) -> Option<String> {
        self.seen().awaited.first().cloned()
    }

    /// A program is no more, whatever it had out.
    pub(crate) fn is_gone(&self, program: u32) {
        let mut seen = self.seen();
        seen.out.remove(&program);
        seen.has_failed = false;
    }

    fn heard(&self, answer: &Response) {
        let after = answer.header("retry-after");
        match after.and_then(|after| after.parse::<u64>().ok()) {
            // A moment that is named to the second is left to the product's own tests.
            None if after.is_some() => self.excuse(),
            Some(seconds) if matches!(answer.status, 429 | 503) => {
                let now_ms = self.clock.monotonic_ms();
                let mut seen = self.seen();
                if seen.by_person_ms.is_none_or(|at| now_ms - at > CYCLE_MS) {
                    seen.until_ms = Some(now_ms + seconds * 1000);
                }
            }
            _ if answer.status == 200 => self.excuse(),
            _ => {}
        }
    }
}

/// Says which record a batch adds before the one that it refers to.
fn before_its_parent(parts: &[Value]) -> Option<String> {
    let adds = |part: &&Value| part["method"] == "POST";
    let mut wanted = BTreeSet::new();
    for part in parts.iter().filter(adds) {
        if let Some(id) = part["body"]["Id"].as_str().filter(|id| wanted.contains(*id)) {
            return Some(format!("sends {id} behind what refers to it"));
        }
        wanted.extend(part["body"]["TodoListId"].as_str());
    }
    None
}

/// A cycle that a person asked for: such a one may go at once.
pub(crate) struct ByHand(Arc<Network>);

impl ByHand {
    pub(crate) fn new(network: &Arc<Network>) -> Self {
        network.onlooker.by_hand.fetch_add(1, Ordering::Relaxed);
        Self(network.clone())
    }
}

impl Drop for ByHand {
    fn drop(&mut self) {
        self.0.onlooker.by_hand.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The network, as one program has it.
pub(crate) struct Seat {
    network: Arc<Network>,
    program: u32,
    standstill: Arc<Standstill>,
}

impl Seat {
    pub(crate) fn new(network: &Arc<Network>, program: u32, standstill: &Arc<Standstill>) -> Arc<Self> {
        Arc::new(Self { network: network.clone(), program, standstill: standstill.clone() })
    }
}

/// A request that is out, until it is answered or given up.
struct Out<'s>(&'s Seat);

impl Drop for Out<'_> {
    fn drop(&mut self) {
        self.0.network.onlooker.came_back(self.0.program);
    }
}

#[async_trait]
impl Transport for Seat {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.standstill.pass().await;
        let (onlooker, restores) = (&self.network.onlooker, self.network.restores());
        let phase = phase(&request);
        if self.network.is_asked_by_oracle() || !matches!(phase, "look" | "push") {
            if phase == "pull" {
                onlooker.goes_on();
            }
            let answer = self.network.send(request).await;
            // A set that is new here is read page by page, which tells as much.
            if phase == "pull" && answer.as_ref().is_ok_and(|answer| answer.status == 200) {
                onlooker.looks(self.program, restores);
                onlooker.awaits_nothing();
            }
            return answer;
        }
        let looks = phase == "look";
        if !looks {
            onlooker.sends(self.program, restores, &parts(&request));
        }
        onlooker.goes_out(self.program);
        let out = Out(self);
        let answer = self.network.send(request).await;
        self.standstill.pass().await;
        drop(out);
        if let Ok(answer) = &answer {
            onlooker.heard(answer);
            if looks && answer.status == 200 {
                onlooker.looks(self.program, restores);
            }
        }
        answer
    }

    async fn listen(
        &self,
        request: Request,
        on_event: &(dyn for<'s> Fn(&'s str) + Send + Sync),
    ) -> Result<(), TransportError> {
        self.network.listen(request, on_event).await
    }
}
