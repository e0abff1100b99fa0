//! What the worker is handed of the world around it.
//!
//! Owns: the bundle. Refuses: making any of it; hosts and tests do (FAULTS 3.2).

use crate::guard::Guard;
use crate::routes::Routes;
use crate::transport::Transport;
use std::sync::Arc;
use tidemark_model::ports::{Clock, Entropy, Timer};

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
