//! Who has the folder open, and whether the last one left it properly.
//!
//! Owns: the file `open.lock`. Every process that uses the folder holds an operating-system lock on it together with the
//! others; one that must be alone (`salvage`) takes it for itself. A word in it says how things stand, and outlives a
//! process that was killed. Refuses: `sync.lock`, which is about cycles.

use crate::error::{Result, StoreError};
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

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
#[derive(Debug)]
pub(crate) struct Presence {
    /// `None` where the folder cannot be written.
    file: Option<Mutex<File>>,
}

impl Presence {
    /// Comes in; waits while somebody must be alone.
    pub(crate) fn enter(dir: &Path) -> Self {
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).read(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let Ok(mut file) = options.open(dir.join(FILE)) else { return Self { file: None } };
        if file.try_lock().is_ok() && read(&mut file) == Word::Open {
            let _ = write(&mut file, Word::Unchecked);
        }
        // On a file system without locks everybody is as alone as before.
        let _ = file.lock_shared();
        Self { file: Some(Mutex::new(file)) }
    }

    fn file(&self) -> Option<MutexGuard<'_, File>> {
        // What is behind it is a handle; a panic elsewhere cannot have left it half changed.
        self.file.as_ref().map(|file| file.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns how things stand.
    pub(crate) fn word(&self) -> Word {
        self.file().map_or(Word::Clean, |mut file| read(&mut file))
    }

    /// Notes that this process is about to write.
    pub(crate) fn begin_writing(&self) -> Result<()> {
        let Some(mut file) = self.file() else { return Ok(()) };
        match read(&mut file) {
            Word::Clean => write(&mut file, Word::Open).map_err(|error| StoreError::Io(error.to_string())),
            Word::Open | Word::Unchecked | Word::Damaged => Ok(()),
        }
    }

    /// Notes that the database was looked at, and what was found.
    pub(crate) fn looked_at(&self, is_damaged: bool) {
        let Some(mut file) = self.file() else { return };
        let word = if is_damaged { Word::Damaged } else { Word::Open };
        if let Err(error) = write(&mut file, word) {
            tracing::warn!(%error, "the state of the offline database could not be noted");
        }
    }

    /// Runs something while no other process has the folder open; `None` while one has.
    pub(crate) fn alone<T>(&self, work: impl FnOnce() -> T) -> Option<T> {
        let Some(file) = self.file() else { return Some(work()) };
        // The system may let go of the shared lock before it gives the other.
        let done = file.try_lock().is_ok().then(work);
        let _ = file.lock_shared();
        done
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let Some(mut file) = self.file() else { return };
        if file.try_lock().is_ok() && read(&mut file) == Word::Open {
            let _ = write(&mut file, Word::Clean);
        }
    }
}

fn read(file: &mut File) -> Word {
    let mut text = String::new();
    let found = file.seek(SeekFrom::Start(0)).and_then(|_| file.read_to_string(&mut text));
    let known = Word::ALL.into_iter().find(|(_, word)| found.is_ok() && *word == text.trim_end());
    match known {
        Some((word, _)) => word,
        None if text.is_empty() => Word::Clean,
        None => Word::Unchecked,
    }
}

fn write(file: &mut File, word: Word) -> std::io::Result<()> {
    let text = Word::ALL.into_iter().find(|(known, _)| *known == word).map_or("", |(_, text)| text);
    file.seek(SeekFrom::Start(0))?;
    // One write of one length: no moment has half a word.
    file.write_all(format!("{text:<12}\n").as_bytes())?;
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_out_says_whether_all_left_properly() {
        let dir = tempfile::tempdir().unwrap();
        let first = Presence::enter(dir.path());
        assert_eq!(first.word(), Word::Clean);
        first.begin_writing().unwrap();
        let second = Presence::enter(dir.path());
        assert_eq!(second.word(), Word::Open);
        assert!(second.alone(|| ()).is_none());
        drop(first);
        assert_eq!(second.word(), Word::Open, "somebody is still in");
        assert!(second.alone(|| ()).is_some());
        drop(second);
        // As a kill leaves it: the lock is gone, the word stays.
        std::fs::write(dir.path().join(FILE), "open").unwrap();
        let third = Presence::enter(dir.path());
        assert_eq!(third.word(), Word::Unchecked);
        third.begin_writing().unwrap();
        drop(third);
        assert_eq!(Presence::enter(dir.path()).word(), Word::Unchecked, "until somebody has looked");
        Presence::enter(dir.path()).looked_at(false);
        assert_eq!(Presence::enter(dir.path()).word(), Word::Clean);
    }
}
