//! The rim: this machine's clock, waiting, ids and randomness, behind the traits of `tidemark_model::ports`.
//!
//! Owns: the only reads of the system clock, the only waits by it and the only use of the system's randomness on the
//! client, but for the network's own patience (`HttpTransport`). Refuses: everything else; all other code is handed
//! these, so that a simulation can put its own in their place (FAULTS 3.2).

use crate::error::AppError;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tidemark_model::RecordId;
use tidemark_model::ports::{Clock, Entropy, Ids, Timer, Wait};
use tidemark_store::{Disk, SystemDisk};
use tidemark_sync::{HttpTransport, LockFiles, SyncError, SystemRoutes};

/// What an [`App`](crate::App) is handed of the world around it (FAULTS 3.2).
#[derive(Clone)]
pub struct Ports {
    /// Fresh ids.
    pub ids: Arc<dyn Ids>,
    /// The disk that the data folder is on.
    pub disk: Arc<dyn Disk>,
    /// Everything that the worker needs too: the time, waiting, jitter, the network, the locks.
    pub worker: tidemark_sync::Ports,
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ports")
    }
}

impl Ports {
    /// Returns this machine's.
    ///
    /// # Errors
    /// The TLS library could not start.
    pub fn of_this_machine() -> Result<Self, AppError> {
        let transport = HttpTransport::new().map_err(SyncError::from)?;
        let disk: Arc<dyn Disk> = Arc::new(SystemDisk);
        let worker = tidemark_sync::Ports {
            clock: Arc::new(SystemClock),
            timer: Arc::new(SystemTimer),
            entropy: Arc::new(SystemEntropy),
            transport: Arc::new(transport),
            guard: Arc::new(LockFiles::on(disk.clone())),
            routes: Arc::new(SystemRoutes),
        };
        Ok(Self { ids: Arc::new(SystemIds), disk, worker })
    }
}

/// This machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the rim: the one place on the client that reads the clock")]
    fn now_ms(&self) -> i64 {
        // A clock before 1970 counts backwards; one beyond 64 bits of milliseconds does not exist.
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the rim: the one place on the client that reads the monotonic clock"
    )]
    fn monotonic_ms(&self) -> u64 {
        static START: OnceLock<Instant> = OnceLock::new();
        u64::try_from(START.get_or_init(Instant::now).elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Waiting by the timer of the tokio runtime, which goes by the same monotonic clock as [`SystemClock`].
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemTimer;

impl Timer for SystemTimer {
    #[expect(clippy::disallowed_methods, reason = "the rim: this is the Timer that everything else is handed")]
    fn sleep(&self, duration: Duration) -> Wait {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// Fresh GUIDs of version 7: they rise with time, so new records land side by side in the table's index.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemIds;

impl Ids for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "the rim: this is the Ids that everything else is handed")]
    fn fresh(&self) -> RecordId {
        RecordId(uuid::Uuid::now_v7())
    }
}

/// The operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "the rim: this is the Entropy that everything else is handed")]
    fn fraction(&self) -> f64 {
        // 53 bits are what a double holds. Without randomness jitter falls back to the middle: late, never wrong.
        getrandom::u64().map_or(0.5, |bits| (bits >> 11) as f64 / (1_u64 << 53) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_answers_within_reason() {
        assert!(SystemClock.now_ms() > 1_700_000_000_000);
        let earlier = SystemClock.monotonic_ms();
        assert!(SystemClock.monotonic_ms() >= earlier);
        assert_ne!(SystemIds.fresh(), SystemIds.fresh());
        assert!((0.0..1.0).contains(&SystemEntropy.fraction()));
    }
}
