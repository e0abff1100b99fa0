//! Turns at the readers: however many lists one user asks for at once, the others' requests go on.
//!
//! Owns: how many reads a user may have under way, and how long one waits for its turn (DESIGN section 3, promise 10).
//! Refuses: how long a read may take, which the driver's deadline says.

use crate::storage::{Result, StorageError};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a read waits for its turn before it is told that the server is busy.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// Users whose turns are remembered before those who have none under way are forgotten.
const REMEMBERED: usize = 1_000;

/// The turns of all users.
#[derive(Debug)]
pub(super) struct Turns {
    each: usize,
    all: Arc<Semaphore>,
    users: Mutex<HashMap<i64, Arc<Semaphore>>>,
}

/// A turn; dropped when the read is done.
#[derive(Debug)]
pub(super) struct Turn {
    _own: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

impl Turns {
    /// Makes turns for so many readers; one user has at most half of them.
    pub(super) fn of(readers: usize) -> Self {
        Self { each: (readers / 2).max(1), all: Arc::new(Semaphore::new(readers)), users: Mutex::default() }
    }

    /// Waits for a turn of a user's.
    ///
    /// # Errors
    /// [`StorageError::Busy`] after a while.
    pub(super) async fn take(&self, user_no: i64) -> Result<Turn> {
        let own = {
            let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
            if users.len() > REMEMBERED {
                users.retain(|_, turns| turns.available_permits() < self.each);
            }
            Arc::clone(users.entry(user_no).or_insert_with(|| Arc::new(Semaphore::new(self.each))))
        };
        let wait = async {
            // The own turn first: who waits for it stands in nobody else's way.
            let own = own.acquire_owned().await.map_err(|_| StorageError::Stopping)?;
            let all = Arc::clone(&self.all).acquire_owned().await.map_err(|_| StorageError::Stopping)?;
            Ok(Turn { _own: own, _all: all })
        };
        tokio::time::timeout(LONGEST_WAIT, wait).await.map_err(|_| StorageError::Busy)?
    }
}
