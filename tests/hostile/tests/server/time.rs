//! Time as tokio's paused clock tells it: it passes while everybody waits, and costs nothing.
//!
//! Owns: the ports of one life that go by it and by its seed. Refuses: the network (`fiend`).

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tidemark_model::RecordId;
use tidemark_model::ports::{Clock, Entropy, Ids, Timer, Wait};
use tokio::time::Instant;
use uuid::Uuid;

/// When the first life begins, and how long each may be: no clock of the one server that all of them ask goes back.
const FIRST_MS: i64 = 1_700_000_000_000;
const LIFE_MS: i64 = 60 * 24 * 3_600 * 1_000;

/// The time of one life, and ids without chance.
pub(crate) struct Time {
    began: Instant,
    began_ms: i64,
    seed: u64,
    ids: AtomicU64,
}

impl Time {
    /// Begins; the runtime's time must be paused.
    #[expect(clippy::disallowed_methods, reason = "the rim of these tests: the clock that they pause")]
    pub(crate) fn begin(seed: u64) -> Self {
        Self { began: Instant::now(), began_ms: FIRST_MS + seed as i64 * LIFE_MS, seed, ids: AtomicU64::new(1) }
    }

    /// Lets time pass.
    pub(crate) async fn pass(&self, duration: Duration) {
        self.sleep(duration).await;
    }
}

impl Clock for Time {
    fn now_ms(&self) -> i64 {
        self.began_ms + self.monotonic_ms() as i64
    }

    fn monotonic_ms(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }
}

impl Timer for Time {
    #[expect(clippy::disallowed_methods, reason = "the rim of these tests: the timer that they pause")]
    fn sleep(&self, duration: Duration) -> Wait {
        Box::pin(tokio::time::sleep(duration))
    }
}

impl Entropy for Time {
    fn fraction(&self) -> f64 {
        0.5
    }
}

impl Ids for Time {
    fn fresh(&self) -> RecordId {
        RecordId(Uuid::from_u64_pair(self.seed | 7 << 60, self.ids.fetch_add(1, Ordering::Relaxed)))
    }
}
