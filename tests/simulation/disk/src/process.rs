//! The disk as one process of the machine sees it: the files beside its databases.
//!
//! Owns: the trait that both ends ask, over the simulated machine; each step of it is an operation of its own, so that a
//! power loss may come between a write and its sync. Refuses: databases (`vfs`).

use crate::fault::Failure;
use crate::machine::{Key, Machine};
use crate::open::Hold;
use crate::registry::{Core, Registered, parts};
use crate::vfs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, MutexGuard};
use tidemark_sqlite::{Disk, LockFile};

/// The view of one process.
#[derive(Clone, Debug)]
pub struct Process {
    disk: Arc<Registered>,
    number: u32,
}

impl Process {
    pub(crate) fn new(disk: Arc<Registered>, number: u32) -> Self {
        Self { disk, number }
    }

    /// Returns the path of the disk's root as this process must name it, so that SQLite's files are known as its own.
    pub fn root(&self) -> PathBuf {
        match self.number {
            0 => PathBuf::from(&self.disk.prefix),
            number => PathBuf::from(format!("{}@{number}", self.disk.prefix)),
        }
    }

    /// Returns its number.
    pub fn number(&self) -> u32 {
        self.number
    }

    fn name(&self, path: &Path) -> Result<String, Failure> {
        let parts = path.to_str().and_then(parts).filter(|parts| parts.prefix == self.disk.prefix);
        // A path of another process would let this one go on after its own death.
        let parts = parts.filter(|parts| parts.owner == self.number).ok_or(Failure::Foreign)?;
        Ok(parts.name)
    }

    /// Every operation begins here: whose file it is, and whether the process and its machine live.
    fn begin(&self, path: &Path) -> Result<(MutexGuard<'_, Machine>, String), Failure> {
        let name = self.name(path)?;
        let mut machine = self.disk.core.machine();
        machine.alive(self.number)?;
        Ok((machine, name))
    }
}

impl Disk for Process {
    fn vfs(&self) -> Option<&str> {
        Some(vfs::NAME)
    }

    fn length(&self, path: &Path) -> Option<u64> {
        let (machine, name) = self.begin(path).ok()?;
        machine.length(&name).map(|length| length as u64)
    }

    fn is_folder(&self, path: &Path) -> bool {
        self.begin(path).is_ok_and(|(machine, name)| machine.names().is_folder(&name))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let (mut machine, name) = self.begin(path)?;
        let file = machine.find(&name)?;
        Ok(machine.read(file, usize::MAX)?)
    }

    fn read_head(&self, path: &Path, length: usize) -> io::Result<Vec<u8>> {
        let (mut machine, name) = self.begin(path)?;
        let file = machine.find(&name)?;
        Ok(machine.read(file, length)?)
    }

    fn make(&self, path: &Path) -> io::Result<()> {
        let (mut machine, name) = self.begin(path)?;
        machine.make(&name)?;
        Ok(())
    }

    fn put(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let (mut machine, name) = self.begin(path)?;
        let file = match machine.names().file(&name) {
            Some(file) => {
                machine.set_length(file, &name, 0)?;
                file
            }
            None => machine.make(&name)?,
        };
        machine.write(file, &name, 0, bytes)?;
        Ok(machine.sync(file, &name)?)
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let (mut machine, name) = self.begin(path)?;
        let file = machine.find(&name)?;
        let length = machine.length(&name).unwrap_or_default();
        let written = machine.write(file, &name, length, bytes).and_then(|()| machine.sync(file, &name));
        if written.is_err() {
            let _ = machine.set_length(file, &name, length);
        }
        Ok(written?)
    }

    fn cut(&self, path: &Path, length: u64) -> io::Result<()> {
        let (mut machine, name) = self.begin(path)?;
        let file = machine.find(&name)?;
        machine.set_length(file, &name, usize::try_from(length).map_err(|_| Failure::Full)?)?;
        Ok(machine.sync(file, &name)?)
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        let (mut machine, name) = self.begin(path)?;
        let file = machine.find(&name)?;
        Ok(machine.sync(file, &name)?)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let to = self.name(to)?;
        let (mut machine, from) = self.begin(from)?;
        Ok(machine.rename(&from, &to)?)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let (mut machine, name) = self.begin(path)?;
        Ok(machine.remove(&name)?)
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        let (mut machine, name) = self.begin(path)?;
        Ok(machine.make_folder(&name)?)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        let (mut machine, name) = self.begin(path)?;
        Ok(machine.remove_folder(&name)?)
    }

    fn names_in(&self, path: &Path) -> io::Result<Vec<String>> {
        let (machine, name) = self.begin(path)?;
        if !machine.names().is_folder(&name) {
            return Err(Failure::NotFound.into());
        }
        Ok(machine.names().names_in(&name))
    }

    fn sync_folder(&self, path: &Path) {
        if let Ok((mut machine, name)) = self.begin(path) {
            let _ = machine.sync_folder(&name);
        }
    }

    fn lock_file(&self, path: &Path) -> io::Result<Box<dyn LockFile>> {
        let (mut machine, name) = self.begin(path)?;
        if machine.faults.is_read_only(&name) {
            return Err(Failure::ReadOnly.into());
        }
        let key = machine.open(self.number, &name, true, false)?;
        Ok(Box::new(SimLockFile { core: Arc::clone(&self.disk.core), key }))
    }
}

struct SimLockFile {
    core: Arc<Core>,
    key: Key,
}

impl LockFile for SimLockFile {
    fn try_lock(&self) -> io::Result<bool> {
        Ok(self.core.machine().hold(self.key, Hold::Alone)?)
    }

    fn lock_shared(&self) -> io::Result<()> {
        // Nobody else runs while this waits, so that it would wait for ever.
        let had = self.core.machine().hold(self.key, Hold::Shared)?;
        if had { Ok(()) } else { Err(io::ErrorKind::WouldBlock.into()) }
    }

    fn read(&self) -> io::Result<Vec<u8>> {
        let mut machine = self.core.machine();
        let length = machine.at(self.key)?.0.current.length();
        let mut bytes = vec![0; length];
        let there = machine.read_at(self.key, 0, &mut bytes)?;
        bytes.truncate(there);
        Ok(bytes)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut machine = self.core.machine();
        machine.write_at(self.key, 0, bytes)?;
        Ok(machine.sync_at(self.key)?)
    }
}

impl Drop for SimLockFile {
    fn drop(&mut self) {
        self.core.machine().close(self.key);
    }
}
