//! The guard of a disk: locks on files of the data dir, which die with their owner.
//!
//! Owns: `sync.lock` and `sync.owner`, after the first overtaking `sync.1.lock` and so on. Refuses: a flag in the database,
//! which a crash could leave set (hazard H3).

use crate::ports::guard::{Guard, Held};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tidemark_store::{Disk, LockFile};

/// Locks between the processes that share a disk.
#[derive(Clone)]
pub struct LockFiles(Arc<dyn Disk>);

impl LockFiles {
    /// Returns the locks of a disk.
    pub fn on(disk: Arc<dyn Disk>) -> Self {
        Self(disk)
    }
}

impl std::fmt::Debug for LockFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LockFiles")
    }
}

struct Locked {
    _file: Box<dyn LockFile>,
    disk: Arc<dyn Disk>,
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
        let file = self.0.lock_file(&place(data_dir, turn, "lock"))?;
        let owner = place(data_dir, turn, "owner");
        if !file.try_lock()? {
            return Ok(None);
        }
        Ok(Some(Box::new(Locked { _file: file, disk: Arc::clone(&self.0), owner })))
    }

    fn sign_of(&self, data_dir: &Path, turn: i64) -> String {
        let sign = self.0.read(&place(data_dir, turn, "owner")).unwrap_or_default();
        String::from_utf8_lossy(&sign).into_owned()
    }

    fn clear(&self, data_dir: &Path, turn: i64) {
        // Its owner keeps the file open where it exists still; nobody else looks for it any more.
        for ending in ["lock", "owner"] {
            let _ = self.0.remove(&place(data_dir, turn, ending));
        }
    }
}

impl Held for Locked {
    fn show_life(&self, text: &str) -> io::Result<()> {
        self.disk.put(&self.owner, format!("process {} {text}\n", std::process::id()).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_store::SystemDisk;

    #[test]
    fn a_lock_is_one_s_until_it_is_let_go_and_a_sign_is_the_last_one_shown() {
        let dir = tempfile::tempdir().unwrap();
        let locks = LockFiles::on(Arc::new(SystemDisk));
        let held = locks.try_take(dir.path(), 3).unwrap().unwrap();
        assert!(locks.try_take(dir.path(), 3).unwrap().is_none());
        assert!(locks.try_take(dir.path(), 4).unwrap().is_some(), "another turn is another lock");
        assert_eq!(locks.sign_of(dir.path(), 3), "");
        held.show_life("beat 1").unwrap();
        let first = locks.sign_of(dir.path(), 3);
        held.show_life("beat 2").unwrap();
        assert_ne!(locks.sign_of(dir.path(), 3), first);
        drop(held);
        assert!(locks.try_take(dir.path(), 3).unwrap().is_some());
        locks.clear(dir.path(), 3);
        assert_eq!(locks.sign_of(dir.path(), 3), "");
    }
}
