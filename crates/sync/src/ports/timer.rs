//! Waits with an end, over the [`Timer`] that was handed in.
//!
//! Owns: giving up after a time. Refuses: a clock of its own.

use crate::ports::Ports;
use std::time::Duration;
use tidemark_model::ports::Timer;

/// Returns what comes of `work`, or `None` once it took longer than `at_most`; it is given up then.
pub async fn within<T>(timer: &dyn Timer, at_most: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        done = work => Some(done),
        () = timer.sleep(at_most) => None,
    }
}

/// Ends at a moment of the clock's monotonic time; at once where that has passed.
pub(crate) async fn until(ports: &Ports, at_ms: u64) {
    let left = at_ms.saturating_sub(ports.clock.monotonic_ms());
    ports.timer.sleep(Duration::from_millis(left)).await;
}
