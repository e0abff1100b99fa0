//! Who is inside the database in this process, so that it can be exchanged while nobody is.
//!
//! Owns: a count and a lock. Refuses: other processes (`presence`). A read inside a read goes in at once: only somebody
//! who waits for everybody to leave closes the gate, and gives up where they do not.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long everybody is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, Default)]
pub(crate) struct Gate {
    inside: Mutex<usize>,
    left: Condvar,
}

/// Somebody inside.
#[derive(Debug)]
pub(crate) struct Entered<'g>(&'g Gate);

impl Gate {
    /// Goes in; waits while the gate is closed.
    pub(crate) fn enter(&self) -> Entered<'_> {
        *self.count() += 1;
        Entered(self)
    }

    /// Closes the gate once nobody is inside; `None` where somebody stays for long.
    pub(crate) fn close(&self) -> Option<MutexGuard<'_, usize>> {
        let inside = self.count();
        if *inside == 0 {
            return Some(inside);
        }
        let waited = self.left.wait_timeout_while(inside, PATIENCE, |inside| *inside > 0);
        let (inside, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        (!waited.timed_out()).then_some(inside)
    }

    fn count(&self) -> MutexGuard<'_, usize> {
        // A number is never half changed.
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        *self.0.count() -= 1;
        self.0.left.notify_all();
    }
}
