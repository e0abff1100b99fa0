//! The files of a machine, as a trait, so that a simulation can put a disk of its own in their place (FAULTS 3.1).
//!
//! Owns: the shape of what is asked of a disk beside the databases on it, and which file system SQLite uses for those.
//! Refuses: this machine's disk (`system_disk`), and knowing what a file means.

use std::io;
use std::path::Path;

/// A disk. What is written through it is on it when the call returns, as far as files are concerned; a name lasts
/// once its folder was synced.
pub trait Disk: Send + Sync {
    /// Returns the name under which SQLite knows this disk; the system's own has none.
    fn vfs(&self) -> Option<&str>;

    /// Returns a file's length; `None` where there is no file.
    fn length(&self, path: &Path) -> Option<u64>;

    /// Tells whether there is a folder.
    fn is_folder(&self, path: &Path) -> bool;

    /// Reads a whole file.
    ///
    /// # Errors
    /// There is none, or the disk fails.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// Reads the beginning of a file, which may be shorter.
    ///
    /// # Errors
    /// As [`Disk::read`].
    fn read_head(&self, path: &Path, length: usize) -> io::Result<Vec<u8>>;

    /// Makes an empty file that its owner alone may read.
    ///
    /// # Errors
    /// `AlreadyExists`, or the disk fails.
    fn make(&self, path: &Path) -> io::Result<()>;

    /// Writes a whole file that its owner alone may read, over the one that may be there.
    ///
    /// # Errors
    /// The disk fails or is full; then a part of it may be there.
    fn put(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Writes behind the end of a file that exists. Where that fails nothing of it stays, as far as the disk allows.
    ///
    /// # Errors
    /// There is no file, or the disk fails or is full.
    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Cuts a file to a length.
    ///
    /// # Errors
    /// There is no file, or the disk fails.
    fn cut(&self, path: &Path, length: u64) -> io::Result<()>;

    /// Waits until what others wrote to a file is on the disk.
    ///
    /// # Errors
    /// There is no file, or the disk fails.
    fn sync(&self, path: &Path) -> io::Result<()>;

    /// Gives a file another name, over whatever has that.
    ///
    /// # Errors
    /// There is no file, or the disk fails.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// There is no file, or the disk fails.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes a folder that its owner alone may read, with those above it.
    ///
    /// # Errors
    /// The disk fails.
    fn make_folder(&self, path: &Path) -> io::Result<()>;

    /// Removes a folder with what is in it.
    ///
    /// # Errors
    /// There is no folder, or the disk fails.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;

    /// Returns the names in a folder, in order.
    ///
    /// # Errors
    /// There is no folder, or the disk fails.
    fn names_in(&self, path: &Path) -> io::Result<Vec<String>>;

    /// Makes the names in a folder last. Where a folder cannot be synced, the file system does it by itself.
    fn sync_folder(&self, path: &Path);

    /// Opens a file that processes lock, making it where it is missing.
    ///
    /// # Errors
    /// It cannot be written to.
    fn lock_file(&self, path: &Path) -> io::Result<Box<dyn LockFile>>;
}

impl dyn Disk + '_ {
    /// Tells whether there is a file or folder.
    pub fn is_there(&self, path: &Path) -> bool {
        self.length(path).is_some() || self.is_folder(path)
    }
}

/// A file that is open and that processes lock; what is held ends with this, and at the latest with its process.
pub trait LockFile: Send + Sync {
    /// Takes the lock alone, in place of a shared one held here; tells whether it was to be had.
    ///
    /// # Errors
    /// There are no locks here.
    fn try_lock(&self) -> io::Result<bool>;

    /// Takes the lock together with others, in place of one held here alone; waits for it.
    ///
    /// # Errors
    /// There are no locks here.
    fn lock_shared(&self) -> io::Result<()>;

    /// Reads the whole file.
    ///
    /// # Errors
    /// The disk fails.
    fn read(&self) -> io::Result<Vec<u8>>;

    /// Writes over the beginning of the file, in one piece.
    ///
    /// # Errors
    /// The disk fails.
    fn write(&self, bytes: &[u8]) -> io::Result<()>;
}
