//! What the worker is handed of the world around it.
//!
//! Owns: the bundle; the shape of the network (`transport`), of the locks between processes (`guard`) and of the machine's
//! routes (`routes`), with this machine's own locks and routes beside theirs; waits with an end (`timer`). Refuses: making
//! any of it; hosts and tests do (FAULTS 3.2); naming any other room.

pub(crate) mod guard;
pub(crate) mod lock_files;
pub(crate) mod routes;
pub(crate) mod timer;
pub(crate) mod transport;

use guard::Guard;
use routes::Routes;
use std::sync::Arc;
use tidemark_model::ports::{Clock, Entropy, Timer};
use transport::Transport;

/// Everything that the worker needs and the offline database does not hold.
#[derive(Clone)]
pub struct Ports {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Waiting, by the clock's monotonic time.
    pub timer: Arc<dyn Timer>,
    /// Jitter.
    pub entropy: Arc<dyn Entropy>,
    /// The way to the server.
    pub transport: Arc<dyn Transport>,
    /// Locks between everybody who works on a data dir.
    pub guard: Arc<dyn Guard>,
    /// Whether the network is another one by now.
    pub routes: Arc<dyn Routes>,
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ports")
    }
}
