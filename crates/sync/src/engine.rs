//! The engine: one offline database and the way to its server.
//!
//! Owns: what cycles, one-off calls and the worker have in common. Refuses: a cycle (`cycle`) and when one runs (`life`).

use crate::cycle::turn::STANDS_STILL_AFTER;
use crate::ports::Ports;
use crate::pull::PullLimits;
use crate::remote::hold_off::Held;
use crate::remote::session::Remote;
use crate::report::Progress;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tidemark_store::Store;

/// Called with how far a cycle is.
pub(crate) type OnProgress = Arc<dyn Fn(Option<Progress>) + Send + Sync>;

/// Runs cycles over one offline database.
#[derive(Clone)]
pub struct Engine {
    pub(crate) store: Store,
    pub(crate) remote: Remote,
    pub(crate) on_progress: OnProgress,
    pub(crate) paused: Arc<Mutex<HashSet<String>>>,
    pub(crate) limits: PullLimits,
    pub(crate) stands_still_after: Duration,
    /// What the server asked this process to wait.
    pub(crate) held: Arc<Held>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("dir", &self.store.dir()).finish_non_exhaustive()
    }
}

impl Engine {
    /// Makes an engine that runs cycles when it is told to.
    pub fn new(store: Store, ports: Ports) -> Self {
        Self {
            store,
            remote: Remote::new(ports),
            on_progress: Arc::new(|_| {}),
            paused: Arc::default(),
            limits: PullLimits::default(),
            stands_still_after: STANDS_STILL_AFTER,
            held: Arc::default(),
        }
    }

    /// Sets after how long without a sign of life another process's cycle is overtaken; two minutes unless set.
    pub fn overtaking_after(self, stands_still_after: Duration) -> Self {
        Self { stands_still_after, ..self }
    }

    /// Returns what the engine was handed of the world.
    pub(crate) fn ports(&self) -> &Ports {
        &self.remote.ports
    }

    /// Returns the one-off calls over the same transport.
    pub fn remote(&self) -> &Remote {
        &self.remote
    }
}
