//! The machine's guard: operating-system locks on files of the data dir, which die with their owner.
//!
//! Owns: `sync.lock` and `sync.owner`, after the first overtaking `sync.1.lock` and so on. Refuses: a flag in the database,
//! which a crash could leave set (hazard H3). Made at the rim.

use crate::ports::guard::{Guard, Held};
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// Locks between the processes of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct LockFiles;

struct Locked {
    _file: File,
    owner: PathBuf,
}

fn place(data_dir: &Path, turn: i64, ending: &str) -> PathBuf {
    match turn {
        0 => data_dir.join(format!("sync.{ending}")),
        turn => data_dir.join(format!("sync.{turn}.{ending}")),
    }
}

impl Guard for LockFiles {
    fn try_take(&self, data_dir: &Path, turn: i64) -> io::Result<Option<Box<dyn Held>>> {
        let path = place(data_dir, turn, "lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Box::new(Locked { _file: file, owner: place(data_dir, turn, "owner") }))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn sign_of(&self, data_dir: &Path, turn: i64) -> String {
        std::fs::read_to_string(place(data_dir, turn, "owner")).unwrap_or_default()
    }

    fn clear(&self, data_dir: &Path, turn: i64) {
        // Its owner keeps the file open where it exists still; nobody else looks for it any more.
        for ending in ["lock", "owner"] {
            let _ = std::fs::remove_file(place(data_dir, turn, ending));
        }
    }
}

impl Held for Locked {
    fn show_life(&self, text: &str) -> io::Result<()> {
        std::fs::write(&self.owner, format!("process {} {text}\n", std::process::id()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_one_s_until_it_is_let_go_and_a_sign_is_the_last_one_shown() {
        let dir = tempfile::tempdir().unwrap();
        let held = LockFiles.try_take(dir.path(), 3).unwrap().unwrap();
        assert!(LockFiles.try_take(dir.path(), 3).unwrap().is_none());
        assert!(LockFiles.try_take(dir.path(), 4).unwrap().is_some(), "another turn is another lock");
        assert_eq!(LockFiles.sign_of(dir.path(), 3), "");
        held.show_life("beat 1").unwrap();
        let first = LockFiles.sign_of(dir.path(), 3);
        held.show_life("beat 2").unwrap();
        assert_ne!(LockFiles.sign_of(dir.path(), 3), first);
        drop(held);
        assert!(LockFiles.try_take(dir.path(), 3).unwrap().is_some());
        LockFiles.clear(dir.path(), 3);
        assert_eq!(LockFiles.sign_of(dir.path(), 3), "");
    }
}
