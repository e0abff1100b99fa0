//! A task that ends with its holder.
//!
//! Owns: giving up what nobody waits for any more. Refuses: what the task does.

use crate::ports::timer::within;
use std::time::Duration;
use tidemark_model::ports::Timer;
use tokio::task::{JoinError, JoinHandle};

/// A task of its own on the runtime that we are on; a panic in it ends it alone (FAULTS P5).
pub(crate) struct Task<T>(JoinHandle<T>);

impl<T: Send + 'static> Task<T> {
    /// Starts it.
    pub(crate) fn start(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(tokio::spawn(work))
    }

    /// Waits until it is done. Who stops waiting may wait again.
    pub(crate) async fn done(&mut self) -> Result<T, JoinError> {
        (&mut self.0).await
    }

    /// Tells whether it is done.
    pub(crate) fn is_done(&self) -> bool {
        self.0.is_finished()
    }

    /// Gives it up at the next point at which it waits, and waits for that, though not for ever.
    pub(crate) async fn end(mut self, timer: &dyn Timer, at_most: Duration) {
        self.0.abort();
        let _ = within(timer, at_most, &mut self.0).await;
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
