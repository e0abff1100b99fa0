//! Time as tokio's paused clock tells it, for tests: it passes while everybody waits, and costs nothing.
//!
//! Owns: a world of ports that goes by it. Refuses: a network; nothing is sent in these tests.

use crate::ports::Ports;
use crate::ports::lock_files::LockFiles;
use crate::ports::routes::SystemRoutes;
use crate::remote::http_transport::HttpTransport;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tidemark_model::RecordId;
use tidemark_model::ports::{Clock, Entropy, Ids, Timer, Wait};
use tokio::time::Instant;
use uuid::Uuid;

/// The time since it was made, ids without chance, jitter in the middle.
pub(crate) struct Paused {
    began: Instant,
    ids: AtomicU64,
}

impl Paused {
    /// Makes the world; for a test that begins with its time paused.
    #[expect(clippy::disallowed_methods, reason = "the rim of these tests: the clock that they pause")]
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), ids: AtomicU64::new(0) }
    }

    /// Returns it as ports.
    pub(crate) fn ports(self: &Arc<Self>) -> Ports {
        Ports {
            clock: self.clone(),
            timer: self.clone(),
            entropy: self.clone(),
            transport: Arc::new(HttpTransport::new().unwrap()),
            guard: Arc::new(LockFiles::on(Arc::new(tidemark_store::SystemDisk))),
            routes: Arc::new(SystemRoutes),
        }
    }
}

impl Clock for Paused {
    fn now_ms(&self) -> i64 {
        1_700_000_000_000 + self.monotonic_ms() as i64
    }

    fn monotonic_ms(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }
}

impl Timer for Paused {
    #[expect(clippy::disallowed_methods, reason = "the rim of these tests: the timer that they pause")]
    fn sleep(&self, duration: Duration) -> Wait {
        Box::pin(tokio::time::sleep(duration))
    }
}

impl Entropy for Paused {
    fn fraction(&self) -> f64 {
        0.5
    }
}

impl Ids for Paused {
    fn fresh(&self) -> RecordId {
        RecordId(Uuid::from_u64_pair(7, self.ids.fetch_add(1, Ordering::Relaxed)))
    }
}
