//! What a service may ask of the world around it, handed in when it is opened.
//!
//! Owns: the bundle. Refuses: making any of it, but for the machine's own (`machine`).

use crate::machine::{MachineClock, MachineIds, MachineSecrets};
use std::sync::Arc;
use tidemark_model::ports::{Clock, Ids, Secrets};
use tidemark_sqlite::{Disk, SystemDisk};

/// The time, ids, secrets and disk of a service.
#[derive(Clone)]
pub struct Ports {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids for records whose client made none.
    pub ids: Arc<dyn Ids>,
    /// Secrets, tokens, salts, and the random marks of versions.
    pub secrets: Arc<dyn Secrets>,
    /// The disk that a database file is on.
    pub disk: Arc<dyn Disk>,
}

impl Default for Ports {
    /// Returns the machine's.
    fn default() -> Self {
        Self {
            clock: Arc::new(MachineClock),
            ids: Arc::new(MachineIds),
            secrets: Arc::new(MachineSecrets),
            disk: Arc::new(SystemDisk),
        }
    }
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ports")
    }
}
