//! The single-worker guard: cycles are one at a time per data dir, across threads and processes.
//!
//! Owns: an operating-system lock, which dies with its owner; the pulse by which the others see that its owner goes on;
//! taking the turn from one that stands still (`docs/sync.md`, "A cycle"). Refuses: a flag in the database, which a crash
//! could leave set (hazard H3); stopping an owner that was overtaken, which its lease does (`tidemark_store::Lease`).

use crate::error::SyncError;
use crate::ports::Ports;
use crate::transport::{Request, Response, Transport, TransportError};
use async_trait::async_trait;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tidemark_model::ports::{Clock, Timer};
use tidemark_store::Store;

/// How long a cycle may show no sign of life before another process takes its turn.
pub(crate) const STANDS_STILL_AFTER: Duration = Duration::from_secs(120);
/// How often a waiting cycle looks whether the other one has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// The longest pause between two beats of a pulse while a request is out.
const BEAT_AT_LEAST: Duration = Duration::from_secs(5);

/// Holds the guard until it is dropped.
#[derive(Debug)]
pub(crate) struct Guard {
    _file: File,
    pulse: Arc<Pulse>,
}

impl Guard {
    /// Waits until no other cycle runs on the data dir, then holds it. An owner that shows no sign of life for
    /// `stands_still_after`, by this process's own monotonic clock, is overtaken: suspending the machine or setting its
    /// clock overtakes nobody.
    ///
    /// # Errors
    /// [`SyncError::OtherCycle`] after `at_most`; the lock file or the database cannot be used.
    pub(crate) async fn take(
        store: &Store,
        ports: &Ports,
        stands_still_after: Duration,
        at_most: Option<Duration>,
    ) -> Result<Self, SyncError> {
        let clock = &ports.clock;
        let began = clock.monotonic_ms();
        let mut watched: Option<(i64, String, u64)> = None;
        loop {
            let turn = store.turn()?;
            let file = lock(&place(store.dir(), turn, "lock"))?;
            if let Some(file) = file {
                // Whoever overtook in between locks another file.
                if store.turn()? != turn {
                    continue;
                }
                let pulse = Pulse::new(place(store.dir(), turn, "owner"), turn, clock.clone(), stands_still_after);
                return Ok(Self { _file: file, pulse: Arc::new(pulse) });
            }
            let now = clock.monotonic_ms();
            if at_most.is_some_and(|most| now - began >= most.as_millis() as u64) {
                return Err(SyncError::OtherCycle);
            }
            let beat = std::fs::read_to_string(place(store.dir(), turn, "owner")).unwrap_or_default();
            match &watched {
                Some((of, seen, since)) if *of == turn && *seen == beat => {
                    if now - since >= stands_still_after.as_millis() as u64 {
                        overtake(store, turn)?;
                        continue;
                    }
                }
                _ => watched = Some((turn, beat, now)),
            }
            ports.timer.sleep(LOOK_AGAIN).await;
        }
    }

    /// Returns the turn that this guard is for.
    pub(crate) fn turn(&self) -> i64 {
        self.pulse.turn
    }

    /// Returns a transport that beats the guard's pulse with every request, and while one is out: how long a request
    /// may take is the transport's own affair.
    pub(crate) fn watch(&self, ports: &Ports) -> Arc<dyn Transport> {
        let (transport, timer) = (ports.transport.clone(), ports.timer.clone());
        Arc::new(Watched { transport, timer, pulse: self.pulse.clone() })
    }
}

fn overtake(store: &Store, turn: i64) -> Result<(), SyncError> {
    tracing::warn!(turn, "a cycle of another process stands still; its turn is taken");
    store.overtake(turn)?;
    // Its owner keeps the file open where it exists still; nobody else looks for it any more.
    for ending in ["lock", "owner"] {
        let _ = std::fs::remove_file(place(store.dir(), turn, ending));
    }
    Ok(())
}

/// Names a turn's file: `sync.lock`, after the first overtaking `sync.1.lock`.
fn place(dir: &Path, turn: i64, ending: &str) -> PathBuf {
    match turn {
        0 => dir.join(format!("sync.{ending}")),
        turn => dir.join(format!("sync.{turn}.{ending}")),
    }
}

/// Takes the lock, unless somebody has it.
fn lock(path: &Path) -> Result<Option<File>, SyncError> {
    let failed = |error: std::io::Error| SyncError::Guard(error.to_string());
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// The sign of life of a running cycle: a small file beside the lock, whose text is another after each beat.
#[derive(Debug)]
struct Pulse {
    file: PathBuf,
    turn: i64,
    clock: PulseClock,
    pause: Duration,
    beats: AtomicU64,
    last_ms: AtomicU64,
}

struct PulseClock(Arc<dyn Clock>);

impl std::fmt::Debug for PulseClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

impl Pulse {
    fn new(file: PathBuf, turn: i64, clock: Arc<dyn Clock>, stands_still_after: Duration) -> Self {
        let pause = (stands_still_after / 8).min(BEAT_AT_LEAST);
        let pulse =
            Self { file, turn, clock: PulseClock(clock), pause, beats: AtomicU64::new(0), last_ms: AtomicU64::new(0) };
        pulse.write();
        pulse
    }

    /// Beats, unless it did so just now.
    fn beat(&self) {
        let now = self.clock.0.monotonic_ms();
        if now.saturating_sub(self.last_ms.load(Ordering::Relaxed)) >= self.pause.as_millis() as u64 {
            self.write();
        }
    }

    fn write(&self) {
        self.last_ms.store(self.clock.0.monotonic_ms(), Ordering::Relaxed);
        let beat = self.beats.fetch_add(1, Ordering::Relaxed);
        let text = format!("process {} at {} beat {beat}\n", std::process::id(), self.clock.0.now_ms());
        // Whoever is overtaken because this could not be written loses nothing but the turn.
        if let Err(error) = std::fs::write(&self.file, text) {
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
        let store = Store::open(dir.path(), paused.clone(), paused.clone()).unwrap();
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
        let first = Guard::take(&store, &ports, LONG, None).await.unwrap();
        let waited = Guard::take(&store, &ports, LONG, Some(SHORT)).await;
        assert!(matches!(waited, Err(SyncError::OtherCycle)));
        drop(first);
        assert_eq!(Guard::take(&store, &ports, LONG, None).await.unwrap().turn(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_stands_still_is_overtaken_and_writes_nothing_any_more() {
        let (_dir, store, ports) = opened();
        let still = Guard::take(&store, &ports, LONG, None).await.unwrap();
        let lease = store.lease_in_turn(still.turn()).unwrap();
        lease.set_setting("learned", "before").unwrap();
        let began = ports.clock.monotonic_ms();
        let next = Guard::take(&store, &ports, STANDS_STILL_AFTER, None).await.unwrap();
        let waited = Duration::from_millis(ports.clock.monotonic_ms() - began);
        assert!((STANDS_STILL_AFTER..STANDS_STILL_AFTER + LOOK_AGAIN * 2).contains(&waited), "{waited:?}");
        assert_eq!(next.turn(), 1);
        assert!(matches!(lease.set_setting("learned", "after"), Err(StoreError::Overtaken)));
        assert_eq!(store.setting("learned").unwrap().as_deref(), Some("before"));
        store.lease_in_turn(next.turn()).unwrap().set_setting("learned", "by the next").unwrap();
        drop(next);
        assert_eq!(Guard::take(&store, &ports, LONG, None).await.unwrap().turn(), 1, "the old lock is nobody's way");
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_goes_on_is_not_overtaken() {
        let (_dir, store, ports) = opened();
        let busy = Guard::take(&store, &ports, SHORT, None).await.unwrap();
        let (pulse, timer) = (busy.pulse.clone(), ports.timer.clone());
        let going_on = tokio::spawn(async move {
            loop {
                pulse.beat();
                timer.sleep(SHORT / 10).await;
            }
        });
        let waited = Guard::take(&store, &ports, SHORT * 3, Some(SHORT * 12)).await;
        assert!(matches!(waited, Err(SyncError::OtherCycle)), "{waited:?}");
        going_on.abort();
        assert_eq!(Guard::take(&store, &ports, SHORT * 3, None).await.unwrap().turn(), 1);
    }
}
