//! Live notices: who hears that a workspace moved, or that other processes serve another model.
//!
//! Owns: the newest sequence number of each workspace that somebody listens to. Notices are coalesced: a slow
//! listener hears the newest number, not each. Refuses: being relied on; a lost notice costs a client one interval.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tokio::sync::watch;

/// The listeners of every workspace.
#[derive(Debug, Default)]
pub(crate) struct Notices {
    model: watch::Sender<i64>,
    workspaces: Mutex<HashMap<i64, watch::Sender<u64>>>,
}

impl Notices {
    /// Starts to listen; the value is 0 until the workspace moves.
    pub(crate) fn listen(&self, workspace_no: i64) -> watch::Receiver<u64> {
        let mut workspaces = self.workspaces.lock().unwrap_or_else(PoisonError::into_inner);
        workspaces.entry(workspace_no).or_insert_with(|| watch::channel(0).0).subscribe()
    }

    /// Returns the workspaces that somebody listens to.
    pub(crate) fn listened(&self) -> Vec<i64> {
        self.workspaces.lock().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }

    /// Starts to listen to which model is served, by its number; 0 until one is heard of. It may be told twice.
    pub(crate) fn listen_to_model(&self) -> watch::Receiver<i64> {
        self.model.subscribe()
    }

    /// Tells which model is served.
    pub(crate) fn remodelled(&self, no: i64) {
        self.model.send_replace(no);
    }

    /// Tells the listeners of a workspace that it moved.
    pub(crate) fn moved(&self, workspace_no: i64, sequence: u64) {
        let mut workspaces = self.workspaces.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(sender) = workspaces.get(&workspace_no) else { return };
        if sender.receiver_count() == 0 {
            workspaces.remove(&workspace_no);
            return;
        }
        // It may be said twice: by the process that wrote, and by the database to all.
        sender.send_if_modified(|newest| {
            let is_newer = *newest < sequence;
            *newest = sequence.max(*newest);
            is_newer
        });
    }
}
