//! Work that may block, from asynchronous code.
//!
//! Owns: the thread on which it waits. Refuses: what the work is.

use crate::error::AppError;

/// Runs work that may block on a thread that may wait.
pub(crate) async fn unblocked<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, AppError> + Send + 'static,
) -> Result<T, AppError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| AppError::Broken(error.to_string()))?
}
