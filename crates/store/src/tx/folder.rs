//! A data folder on its disk, and the log in it.
//!
//! Owns: which disk the store's files are on, and their names. Refuses: what is in them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tidemark_sqlite::Disk;

/// The database's name, in the data folder.
pub(crate) const FILE: &str = "tidemark.db";
/// The log's name, in the data folder.
pub(crate) const LOG: &str = "outbox.log";

/// A data folder.
#[derive(Clone)]
pub(crate) struct Folder {
    pub(crate) dir: PathBuf,
    pub(crate) disk: Arc<dyn Disk>,
}

impl Folder {
    /// Returns the folder in this one.
    pub(crate) fn below(&self, name: &str) -> Self {
        Self { dir: self.dir.join(name), disk: Arc::clone(&self.disk) }
    }

    /// Returns the database's path.
    pub(crate) fn database(&self) -> PathBuf {
        self.dir.join(FILE)
    }

    /// Returns the log of what waits.
    pub(crate) fn outbox(&self) -> LogFile {
        LogFile { path: self.dir.join(LOG), disk: Arc::clone(&self.disk) }
    }

    /// Returns the path of a file.
    pub(crate) fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.join(name)
    }
}

impl fmt::Debug for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Folder").field(&self.dir).finish()
    }
}

/// The log of what waits, as a file.
#[derive(Clone)]
pub(crate) struct LogFile {
    pub(crate) path: PathBuf,
    pub(crate) disk: Arc<dyn Disk>,
}

impl fmt::Debug for LogFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LogFile").field(&self.path).finish()
    }
}
