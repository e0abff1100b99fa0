//! Who may run a cycle on a data dir: locks and signs of life, as a trait, so that a simulation can put its own in their place.
//!
//! Owns: what a turn's lock can be asked. Refuses: when a turn is taken from its owner (`turn`), and the machine's own
//! locks (`lock_files`).

use std::io;
use std::path::Path;

/// Locks of the turns of data dirs, known to every process that works on one.
pub trait Guard: Send + Sync {
    /// Takes the lock of a turn; `None` while somebody has it.
    ///
    /// # Errors
    /// The lock cannot be used.
    fn try_take(&self, data_dir: &Path, turn: i64) -> io::Result<Option<Box<dyn Held>>>;

    /// Returns the newest sign of life of whoever holds a turn: another text after each of them, empty where there was none.
    fn sign_of(&self, data_dir: &Path, turn: i64) -> String;

    /// Clears away what belongs to a turn that is nobody's any more.
    fn clear(&self, data_dir: &Path, turn: i64);
}

/// A lock that is held until this is dropped, and at the latest until its process dies.
pub trait Held: Send + Sync {
    /// Gives a sign of life.
    ///
    /// # Errors
    /// The sign cannot be given.
    fn show_life(&self, text: &str) -> io::Result<()>;
}
