//! What can go wrong with a disk, and when it shall.
//!
//! Owns: the running numbers of operations and reads, and the faults that are planned for them or stand. Refuses: files.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// A fault that a test or the simulation plants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This operation fails with an I/O error.
    ErrorOnce,
    /// This and every later operation fails with an I/O error, until `mend`.
    ErrorAlways,
    /// From here on the disk has room for no more bytes than are on it, until `free`.
    Full,
    /// The next sync fails, and what it should have written is seen but never becomes durable, as on Linux.
    SyncFails,
    /// The next read gets half of what is there.
    ShortRead,
    /// The next read fails with an I/O error.
    ReadError,
    /// Nothing in this folder (named from the disk's root on, `""` being the root) can be changed, until `mend`.
    ReadOnly(String),
    /// The machine stops before this operation: it and everything else fails, until `power_on`.
    Stop,
}

/// What is done to a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// A file is made.
    Create,
    /// Bytes are written.
    Write,
    /// A file gets another length.
    SetLength,
    /// What was written becomes durable.
    Sync,
    /// A file or folder gets another name.
    Rename,
    /// A file or folder goes.
    Remove,
    /// A folder is made.
    MakeFolder,
    /// The names in a folder become durable.
    SyncFolder,
}

/// One operation that was asked of a disk, whether it failed or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its running number; the first is 1.
    pub number: u64,
    /// What it did.
    pub act: Act,
    /// The file or folder, from the disk's root on.
    pub path: String,
}

/// Why an operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Off,
    Dead,
    Io,
    Full,
    ReadOnly,
    NotFound,
    Exists,
    Folder,
    NotEmpty,
    Foreign,
}

impl From<Failure> for io::Error {
    fn from(failure: Failure) -> Self {
        use io::ErrorKind as Kind;
        match failure {
            Failure::Off => Self::other("the simulated machine has stopped"),
            Failure::Dead => Self::other("the simulated process is dead"),
            Failure::Io => Self::other("the simulated disk failed"),
            Failure::Full => Self::new(Kind::StorageFull, "the simulated disk is full"),
            Failure::ReadOnly => Self::new(Kind::PermissionDenied, "the simulated folder is read-only"),
            Failure::NotFound => Self::new(Kind::NotFound, "there is no such file on the simulated disk"),
            Failure::Exists => Self::new(Kind::AlreadyExists, "there is such a file on the simulated disk"),
            Failure::Folder => Self::new(Kind::IsADirectory, "it is a folder of the simulated disk"),
            Failure::NotEmpty => Self::new(Kind::DirectoryNotEmpty, "the folder of the simulated disk is not empty"),
            Failure::Foreign => Self::new(Kind::InvalidInput, "the path is not one of this simulated disk"),
        }
    }
}

/// The faults of one disk.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) operations: u64,
    pub(crate) reads: u64,
    pub(crate) off: bool,
    pub(crate) trace: Option<Vec<Operation>>,
    /// The most bytes that fit on the disk.
    pub(crate) room: Option<usize>,
    planned: BTreeMap<u64, Vec<Fault>>,
    planned_reads: BTreeMap<u64, Vec<Fault>>,
    broken: bool,
    sync_fails: bool,
    short_read: bool,
    read_error: bool,
    read_only: BTreeSet<String>,
}

impl Faults {
    pub(crate) fn plan(&mut self, number: u64, fault: Fault) {
        self.planned.entry(number).or_default().push(fault);
    }

    pub(crate) fn plan_read(&mut self, number: u64, fault: Fault) {
        self.planned_reads.entry(number).or_default().push(fault);
    }

    /// Takes away every fault that is planned or stands, but what the power is.
    pub(crate) fn mend(&mut self) {
        let (operations, reads, off, trace) = (self.operations, self.reads, self.off, self.trace.take());
        *self = Self { operations, reads, off, trace, ..Self::default() };
    }

    /// Lets a fault stand from now on; tells whether the operation that is under way fails by it.
    pub(crate) fn stand(&mut self, fault: Fault, used: usize) -> bool {
        match fault {
            Fault::ErrorOnce => return true,
            Fault::ErrorAlways => self.broken = true,
            Fault::Full => self.room = Some(used),
            Fault::SyncFails => self.sync_fails = true,
            Fault::ShortRead => self.short_read = true,
            Fault::ReadError => self.read_error = true,
            Fault::ReadOnly(folder) => {
                self.read_only.insert(folder.trim_matches('/').to_owned());
            }
            Fault::Stop => self.off = true,
        }
        false
    }

    /// Counts an operation and tells whether it may be done. `used` counts the bytes on the disk.
    pub(crate) fn admit(&mut self, act: Act, path: &str, used: impl Fn() -> usize) -> Result<(), Failure> {
        if self.off {
            return Err(Failure::Off);
        }
        self.operations += 1;
        if let Some(trace) = &mut self.trace {
            trace.push(Operation { number: self.operations, act, path: path.to_owned() });
        }
        let mut fails = false;
        while let Some(entry) = self.planned.first_entry().filter(|entry| *entry.key() <= self.operations) {
            for fault in entry.remove() {
                fails |= self.stand(fault, used());
            }
        }
        if self.off {
            return Err(Failure::Off);
        }
        let synced = matches!(act, Act::Sync | Act::SyncFolder);
        if fails || self.broken || (act == Act::Sync && std::mem::take(&mut self.sync_fails)) {
            return Err(Failure::Io);
        }
        if !synced && self.is_read_only(path) { Err(Failure::ReadOnly) } else { Ok(()) }
    }

    /// Counts a read and tells how many of the bytes that are there it gets.
    pub(crate) fn admit_read(&mut self, there: usize) -> Result<usize, Failure> {
        if self.off {
            return Err(Failure::Off);
        }
        self.reads += 1;
        let mut fails = false;
        while let Some(entry) = self.planned_reads.first_entry().filter(|entry| *entry.key() <= self.reads) {
            for fault in entry.remove() {
                fails |= self.stand(fault, usize::MAX);
            }
        }
        if fails || self.broken || std::mem::take(&mut self.read_error) {
            return Err(Failure::Io);
        }
        Ok(if std::mem::take(&mut self.short_read) { there / 2 } else { there })
    }

    pub(crate) fn is_read_only(&self, path: &str) -> bool {
        self.read_only.iter().any(|folder| {
            folder.is_empty()
                || path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}
