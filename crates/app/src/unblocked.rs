//! Work that may block, from asynchronous code.
//!
//! Owns: the thread on which it waits. Refuses: what the work is.

use crate::error::AppError;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio::runtime::{Handle, RuntimeFlavor};

/// Runs work that may block on a thread that may wait; where the runtime has one thread alone, on that, so that a
/// simulation is one sequence of steps (FAULTS 3.2).
pub(crate) async fn unblocked<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, AppError> + Send + 'static,
) -> Result<T, AppError> {
    if Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread {
        // As on a thread of its own a panic ends the work and nothing else.
        return catch_unwind(AssertUnwindSafe(work)).map_err(|_| AppError::Broken("it panicked".to_owned()))?;
    }
    tokio::task::spawn_blocking(work).await.map_err(|error| AppError::Broken(error.to_string()))?
}
