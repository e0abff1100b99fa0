//! The tripwire around what a run does: asking the machine for the time or for randomness ends the run (FAULTS 3.2).
//!
//! Owns: arming it while a task of ours is polled. Refuses: the runtime's own questions between two tasks: it asks what time
//! it is for numbers about itself. Tasks that the product starts by itself are held to its ports by lints (`clippy.toml`).

use std::pin::pin;
use std::task::Poll;
use tidemark_sim_disk::tripwire;

/// Runs a future with the wire armed around each of its polls.
pub(crate) async fn watched<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    std::future::poll_fn(move |context| {
        let _armed = tripwire::arm();
        match work.as_mut().poll(context) {
            Poll::Ready(value) => Poll::Ready(value),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "this is what trips the wire")]
    fn whoever_asks_the_real_clock_trips_and_whoever_waits_in_virtual_time_does_not() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let _ = tripwire::tripped();
        runtime.block_on(watched(async { tokio::time::sleep(std::time::Duration::from_secs(3_600)).await }));
        assert!(tripwire::tripped().is_none());
        runtime.block_on(watched(async { std::time::SystemTime::now() }));
        assert_eq!(tripwire::tripped().map(|trip| trip.function), Some("clock_gettime"));
    }
}
