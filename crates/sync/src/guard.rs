//! The single-worker guard: cycles are one at a time per data dir, across threads and processes.
//!
//! Owns: an operating-system lock on `sync.lock`, which dies with its owner. Refuses: a flag in the database, which
//! a crash could leave set (hazard H3).

use crate::error::SyncError;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::Duration;

/// How often a waiting cycle looks whether the other one has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Holds the guard until it is dropped.
#[derive(Debug)]
pub(crate) struct Guard {
    _file: File,
}

impl Guard {
    /// Waits until no other cycle runs on the data dir, then holds it.
    pub(crate) async fn take(dir: &Path) -> Result<Self, SyncError> {
        let failed = |error: std::io::Error| SyncError::Guard(error.to_string());
        let file =
            OpenOptions::new().create(true).truncate(false).write(true).open(dir.join("sync.lock")).map_err(failed)?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(LOOK_AGAIN).await,
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_second_waits_for_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let first = Guard::take(dir.path()).await.unwrap();
        let waiting = tokio::time::timeout(Duration::from_millis(120), Guard::take(dir.path())).await;
        assert!(waiting.is_err());
        drop(first);
        Guard::take(dir.path()).await.unwrap();
    }
}
