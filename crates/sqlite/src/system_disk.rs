//! This machine's disk.
//!
//! Owns: files through the operating system, private to their owner. Refuses: everything that its trait does not ask. Made
//! at the rim.

use crate::disk::{Disk, LockFile};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

/// The disk of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemDisk;

/// Options under which a file that is made is its owner's alone.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

impl Disk for SystemDisk {
    fn vfs(&self) -> Option<&str> {
        None
    }

    fn length(&self, path: &Path) -> Option<u64> {
        fs::metadata(path).ok().filter(|found| !found.is_dir()).map(|found| found.len())
    }

    fn is_folder(&self, path: &Path) -> bool {
        path.is_dir()
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn read_head(&self, path: &Path, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(path)?.take(length as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn make(&self, path: &Path) -> io::Result<()> {
        private().create_new(true).open(path).map(drop)
    }

    fn put(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = private().create(true).truncate(true).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().append(true).open(path)?;
        let length = file.metadata()?.len();
        let written = file.write_all(bytes).and_then(|()| file.sync_data());
        if written.is_err() {
            let _ = file.set_len(length);
        }
        written
    }

    fn cut(&self, path: &Path, length: u64) -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(path)?;
        file.set_len(length)?;
        file.sync_data()
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir_all(path)
    }

    fn names_in(&self, path: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(path)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }

    fn sync_folder(&self, path: &Path) {
        #[cfg(unix)]
        let _ = File::open(path).and_then(|folder| folder.sync_all());
    }

    fn lock_file(&self, path: &Path) -> io::Result<Box<dyn LockFile>> {
        let file = private().read(true).create(true).truncate(false).open(path)?;
        Ok(Box::new(SystemLockFile(file)))
    }
}

struct SystemLockFile(File);

impl LockFile for SystemLockFile {
    fn try_lock(&self) -> io::Result<bool> {
        match self.0.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn lock_shared(&self) -> io::Result<()> {
        self.0.lock_shared()
    }

    fn read(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut file = &self.0;
        file.seek(SeekFrom::Start(0))?;
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut file = &self.0;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(bytes)?;
        file.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_with_others_or_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.lock");
        let (one, two) = (SystemDisk.lock_file(&path).unwrap(), SystemDisk.lock_file(&path).unwrap());
        one.lock_shared().unwrap();
        two.lock_shared().unwrap();
        assert!(!one.try_lock().unwrap());
        drop(two);
        assert!(one.try_lock().unwrap());
        one.write(b"open  ").unwrap();
        one.write(b"clean").unwrap();
        assert_eq!(one.read().unwrap(), b"clean ", "what is behind stays");
    }

    #[test]
    fn what_is_written_is_its_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (path, disk): (_, &dyn Disk) = (dir.path().join("a"), &SystemDisk);
        disk.make(&path).unwrap();
        assert_eq!(disk.make(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        disk.append(&path, b"12345").unwrap();
        disk.cut(&path, 3).unwrap();
        assert_eq!((disk.read(&path).unwrap(), disk.length(&path)), (b"123".to_vec(), Some(3)));
        assert_eq!(disk.length(dir.path()), None, "a folder is no file");
        assert!(disk.is_there(dir.path()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
