//! The turn on a data dir: cycles are one at a time, across threads and processes.
//!
//! Owns: waiting for the turn; the pulse by which the others see that its owner goes on; taking the turn from one that
//! stands still (`docs/sync.md`, "A cycle"). Refuses: locks (the [`Guard`](crate::ports::guard::Guard) that was handed in); stopping an
//! owner that was overtaken, which its lease does (`tidemark_store::Lease`).

use crate::error::SyncError;
use crate::ports::Ports;
use crate::ports::guard::Held;
use crate::ports::transport::{Request, Response, Transport, TransportError};
use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tidemark_model::ports::{Clock, Timer};
use tidemark_model::{Planted, is_planted};
use tidemark_store::Store;

/// How long a cycle may show no sign of life before another process takes its turn.
pub(crate) const STANDS_STILL_AFTER: Duration = Duration::from_secs(120);
/// How often a waiting cycle looks whether the other one has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// The longest pause between two beats of a pulse while a request is out.
const BEAT_AT_LEAST: Duration = Duration::from_secs(5);

/// The turn, held until it is dropped.
pub(crate) struct Turn {
    pulse: Arc<Pulse>,
}

impl std::fmt::Debug for Turn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Turn").field(&self.pulse.turn).finish()
    }
}

impl Turn {
    /// Waits until no other cycle runs on the data dir, then holds the turn. An owner that shows no sign of life for
    /// `stands_still_after`, by this process's own monotonic clock, is overtaken: suspending the machine or setting its
    /// clock overtakes nobody.
    ///
    /// # Errors
    /// [`SyncError::OtherCycle`] after `at_most`; the lock or the database cannot be used.
    pub(crate) async fn take(
        store: &Store,
        ports: &Ports,
        stands_still_after: Duration,
        at_most: Option<Duration>,
    ) -> Result<Self, SyncError> {
        let (clock, guard) = (&ports.clock, &ports.guard);
        let began = clock.monotonic_ms();
        let mut watched: Option<(i64, String, u64)> = None;
        loop {
            let turn = store.turn()?;
            let held = guard.try_take(store.dir(), turn).map_err(|error| SyncError::Guard(error.to_string()))?;
            if let Some(held) = held {
                // Whoever overtook in between locks for another turn.
                if store.turn()? != turn {
                    continue;
                }
                return Ok(Self { pulse: Arc::new(Pulse::new(held, turn, clock.clone(), stands_still_after)) });
            }
            let now = clock.monotonic_ms();
            let waits_for_ever = is_planted(Planted::A16TurnHeldForEver);
            if at_most.is_some_and(|most| now - began >= most.as_millis() as u64) && !waits_for_ever {
                return Err(SyncError::OtherCycle);
            }
            let sign = guard.sign_of(store.dir(), turn);
            match &watched {
                Some((of, seen, since)) if *of == turn && *seen == sign => {
                    let is_over = now - since >= stands_still_after.as_millis() as u64 && !waits_for_ever;
                    if is_over || is_planted(Planted::H3NoTurn) {
                        tracing::warn!(turn, "a cycle of another process stands still; its turn is taken");
                        store.overtake(turn)?;
                        guard.clear(store.dir(), turn);
                        continue;
                    }
                }
                _ => watched = Some((turn, sign, now)),
            }
            ports.timer.sleep(LOOK_AGAIN).await;
        }
    }

    /// Returns its number.
    pub(crate) fn number(&self) -> i64 {
        self.pulse.turn
    }

    /// Returns a transport that beats the turn's pulse with every request, and while one is out: how long a request
    /// may take is the transport's own affair.
    pub(crate) fn watch(&self, ports: &Ports) -> Arc<dyn Transport> {
        let (transport, timer) = (ports.transport.clone(), ports.timer.clone());
        Arc::new(Watched { transport, timer, pulse: self.pulse.clone() })
    }
}

/// The sign of life of a running cycle: another text after each beat.
struct Pulse {
    held: Box<dyn Held>,
    turn: i64,
    clock: Arc<dyn Clock>,
    pause: Duration,
    beats: AtomicU64,
    last_ms: AtomicU64,
}

impl Pulse {
    fn new(held: Box<dyn Held>, turn: i64, clock: Arc<dyn Clock>, stands_still_after: Duration) -> Self {
        let pause = (stands_still_after / 8).min(BEAT_AT_LEAST);
        let pulse = Self { held, turn, clock, pause, beats: AtomicU64::new(0), last_ms: AtomicU64::new(0) };
        pulse.show();
        pulse
    }

    /// Beats, unless it did so just now.
    fn beat(&self) {
        let now = self.clock.monotonic_ms();
        if now.saturating_sub(self.last_ms.load(Ordering::Relaxed)) >= self.pause.as_millis() as u64 {
            self.show();
        }
    }

    fn show(&self) {
        self.last_ms.store(self.clock.monotonic_ms(), Ordering::Relaxed);
        let beat = self.beats.fetch_add(1, Ordering::Relaxed);
        // Whoever is overtaken because this could not be written loses nothing but the turn.
        if let Err(error) = self.held.show_life(&format!("at {} beat {beat}", self.clock.now_ms())) {
            tracing::warn!(%error, "the sign of life of the sync could not be written");
        }
    }
}

struct Watched {
    transport: Arc<dyn Transport>,
    timer: Arc<dyn Timer>,
    pulse: Arc<Pulse>,
}

#[async_trait]
impl Transport for Watched {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.pulse.beat();
        let mut answer = self.transport.send(request);
        loop {
            tokio::select! {
                biased;
                answer = &mut answer => {
                    self.pulse.beat();
                    return answer;
                }
                () = self.timer.sleep(self.pulse.pause) => self.pulse.beat(),
            }
        }
    }

    async fn listen(
        &self,
        request: Request,
        on_event: &(dyn for<'s> Fn(&'s str) + Send + Sync),
    ) -> Result<(), TransportError> {
        self.transport.listen(request, on_event).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paused::Paused;
    use tidemark_store::{Account, StoreError};

    fn opened() -> (tempfile::TempDir, Store, Ports) {
        let dir = tempfile::tempdir().unwrap();
        let paused = Arc::new(Paused::new());
        let store =
            Store::open(dir.path(), Arc::new(tidemark_store::SystemDisk), paused.clone(), paused.clone()).unwrap();
        let account = serde_json::json!({
            "server": "s", "user": "u", "workspace": "w", "token": "t", "server_id": "i", "signed_out": false
        });
        store.sign_in(&serde_json::from_value::<Account>(account).unwrap()).unwrap();
        (dir, store, paused.ports())
    }

    const LONG: Duration = Duration::from_secs(600);
    const SHORT: Duration = Duration::from_secs(40);

    #[tokio::test(start_paused = true)]
    async fn the_second_waits_for_the_first_and_not_for_ever_where_it_says_so() {
        let (_dir, store, ports) = opened();
        let first = Turn::take(&store, &ports, LONG, None).await.unwrap();
        let waited = Turn::take(&store, &ports, LONG, Some(SHORT)).await;
        assert!(matches!(waited, Err(SyncError::OtherCycle)));
        drop(first);
        assert_eq!(Turn::take(&store, &ports, LONG, None).await.unwrap().number(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_stands_still_is_overtaken_and_writes_nothing_any_more() {
        let (_dir, store, ports) = opened();
        let still = Turn::take(&store, &ports, LONG, None).await.unwrap();
        let lease = store.lease_in_turn(still.number()).unwrap();
        lease.set_setting("learned", "before").unwrap();
        let began = ports.clock.monotonic_ms();
        let next = Turn::take(&store, &ports, STANDS_STILL_AFTER, None).await.unwrap();
        let waited = Duration::from_millis(ports.clock.monotonic_ms() - began);
        assert!((STANDS_STILL_AFTER..STANDS_STILL_AFTER + LOOK_AGAIN * 2).contains(&waited), "{waited:?}");
        assert_eq!(next.number(), 1);
        assert!(matches!(lease.set_setting("learned", "after"), Err(StoreError::Overtaken)));
        assert_eq!(store.setting("learned").unwrap().as_deref(), Some("before"));
        store.lease_in_turn(next.number()).unwrap().set_setting("learned", "by the next").unwrap();
        drop(next);
        assert_eq!(Turn::take(&store, &ports, LONG, None).await.unwrap().number(), 1, "the old lock is nobody's way");
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_goes_on_is_not_overtaken() {
        let (_dir, store, ports) = opened();
        let busy = Turn::take(&store, &ports, SHORT, None).await.unwrap();
        let (pulse, timer) = (busy.pulse.clone(), ports.timer.clone());
        let going_on = tokio::spawn(async move {
            loop {
                pulse.beat();
                timer.sleep(SHORT / 10).await;
            }
        });
        let waited = Turn::take(&store, &ports, SHORT * 3, Some(SHORT * 12)).await;
        assert!(matches!(waited, Err(SyncError::OtherCycle)), "{waited:?}");
        going_on.abort();
        assert_eq!(Turn::take(&store, &ports, SHORT * 3, None).await.unwrap().number(), 1);
    }
}
