//! Who has the folder open, and whether the last one left it properly.
//!
//! Owns: the file `open.lock`. Every process that uses the folder holds an operating-system lock on it together with the
//! others; one that must be alone (`salvage`) takes it for itself. A word in it says how things stand, and outlives a
//! process that was killed. Refuses: `sync.lock`, which is about cycles.

use crate::error::{Result, StoreError};
use crate::tx::folder::Folder;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tidemark_sqlite::LockFile;

const FILE: &str = "open.lock";

/// How things stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// Everybody who wrote has left properly.
    Clean,
    /// Somebody writes.
    Open,
    /// Somebody who wrote did not leave properly, and nobody has looked at the database since.
    Unchecked,
    /// The database was found to be damaged.
    Damaged,
}

impl Word {
    const ALL: [(Self, &'static str); 4] =
        [(Self::Clean, "clean"), (Self::Open, "open"), (Self::Unchecked, "unchecked"), (Self::Damaged, "damaged")];
}

/// This process's part in the folder.
pub(crate) struct Presence {
    /// `None` where the folder cannot be written. Locked, so that what is read and what is written for it are one act.
    file: Option<Mutex<Box<dyn LockFile>>>,
}

impl std::fmt::Debug for Presence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Presence")
    }
}

impl Presence {
    /// Comes in; waits while somebody must be alone.
    pub(crate) fn enter(folder: &Folder) -> Self {
        let Ok(file) = folder.disk.lock_file(&folder.join(FILE)) else { return Self { file: None } };
        if has_lock(&*file) && read(&*file) == Word::Open {
            let _ = write(&*file, Word::Unchecked);
        }
        // On a file system without locks everybody is as alone as before.
        let _ = file.lock_shared();
        Self { file: Some(Mutex::new(file)) }
    }

    fn file(&self) -> Option<MutexGuard<'_, Box<dyn LockFile>>> {
        // What is behind it is a handle; a panic elsewhere cannot have left it half changed.
        self.file.as_ref().map(|file| file.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns how things stand.
    pub(crate) fn word(&self) -> Word {
        self.file().map_or(Word::Clean, |file| read(&**file))
    }

    /// Notes that this process is about to write.
    pub(crate) fn begin_writing(&self) -> Result<()> {
        let Some(file) = self.file() else { return Ok(()) };
        match read(&**file) {
            Word::Clean => write(&**file, Word::Open).map_err(|error| StoreError::Io(error.to_string())),
            Word::Open | Word::Unchecked | Word::Damaged => Ok(()),
        }
    }

    /// Notes that the database was looked at, and what was found.
    pub(crate) fn looked_at(&self, is_damaged: bool) {
        let Some(file) = self.file() else { return };
        let word = if is_damaged { Word::Damaged } else { Word::Open };
        if let Err(error) = write(&**file, word) {
            tracing::warn!(%error, "the state of the offline database could not be noted");
        }
    }

    /// Runs something while no other process has the folder open; `None` while one has.
    pub(crate) fn alone<T>(&self, work: impl FnOnce() -> T) -> Option<T> {
        let Some(file) = self.file() else { return Some(work()) };
        // The system may let go of the shared lock before it gives the other.
        let done = has_lock(&**file).then(work);
        let _ = file.lock_shared();
        done
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let Some(file) = self.file() else { return };
        if has_lock(&**file) && read(&**file) == Word::Open {
            let _ = write(&**file, Word::Clean);
        }
    }
}

/// Tells whether nobody else has the folder open: the lock is to be had alone.
fn has_lock(file: &dyn LockFile) -> bool {
    file.try_lock().unwrap_or(false)
}

fn read(file: &dyn LockFile) -> Word {
    let bytes = file.read().unwrap_or_default();
    let known = Word::ALL.into_iter().find(|(_, word)| word.as_bytes() == bytes.trim_ascii_end());
    match known {
        Some((word, _)) => word,
        None if bytes.is_empty() => Word::Clean,
        None => Word::Unchecked,
    }
}

fn write(file: &dyn LockFile, word: Word) -> std::io::Result<()> {
    let text = Word::ALL.into_iter().find(|(known, _)| *known == word).map_or("", |(_, text)| text);
    // One write of one length: no moment has half a word.
    file.write(format!("{text:<12}\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_out_says_whether_all_left_properly() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder { dir: dir.path().to_owned(), disk: std::sync::Arc::new(tidemark_sqlite::SystemDisk) };
        let first = Presence::enter(&folder);
        assert_eq!(first.word(), Word::Clean);
        first.begin_writing().unwrap();
        let second = Presence::enter(&folder);
        assert_eq!(second.word(), Word::Open);
        assert!(second.alone(|| ()).is_none());
        drop(first);
        assert_eq!(second.word(), Word::Open, "somebody is still in");
        assert!(second.alone(|| ()).is_some());
        drop(second);
        // As a kill leaves it: the lock is gone, the word stays.
        std::fs::write(dir.path().join(FILE), "open").unwrap();
        let third = Presence::enter(&folder);
        assert_eq!(third.word(), Word::Unchecked);
        third.begin_writing().unwrap();
        drop(third);
        assert_eq!(Presence::enter(&folder).word(), Word::Unchecked, "until somebody has looked");
        Presence::enter(&folder).looked_at(false);
        assert_eq!(Presence::enter(&folder).word(), Word::Clean);
    }
}
