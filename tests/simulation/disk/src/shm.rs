//! The shared memory of a database's write-ahead log: memory and eight locks, as long as anybody has it mapped.
//!
//! Owns: the regions. Refuses: who holds which lock (`open`), and pointers (`vfs`).

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// One region. Connections of several threads write to it, which only atomics allow without a lock of ours.
pub(crate) type Region = Arc<[AtomicU64]>;

/// The memory that the connections of one database share.
#[derive(Debug, Default)]
pub(crate) struct Shm {
    regions: Vec<Region>,
}

impl Shm {
    /// Returns a region, which is made (zeroed, with those before it) where it is missing and `extend` says so.
    pub(crate) fn region(&mut self, index: usize, bytes: usize, extend: bool) -> Option<Region> {
        while extend && self.regions.len() <= index {
            self.regions.push((0..bytes.div_ceil(8)).map(|_| AtomicU64::new(0)).collect());
        }
        self.regions.get(index).map(Arc::clone)
    }
}
