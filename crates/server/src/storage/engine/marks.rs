//! The random marks of sequence numbers (ADR 0003).

use std::sync::{Arc, Mutex, PoisonError};
use tidemark_model::ports::{NoRandomness, Secrets};

/// Draws marks, many at a time: a system call for each would cost more than the rest.
pub(super) struct Marks {
    secrets: Arc<dyn Secrets>,
    drawn: Mutex<Vec<u32>>,
}

impl Marks {
    /// Makes a source of marks.
    pub(super) fn from(secrets: Arc<dyn Secrets>) -> Self {
        Self { secrets, drawn: Mutex::default() }
    }

    /// Returns the next mark.
    pub(super) fn next(&self) -> Result<u32, NoRandomness> {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mark) = drawn.pop() {
            return Ok(mark);
        }
        let bytes: [u8; 1024] = self.secrets.bytes()?;
        drawn.extend(bytes.chunks_exact(4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]])));
        Ok(drawn.pop().unwrap_or_default())
    }
}
