//! SQLite's way to one open file.
//!
//! Owns: the functions that SQLite calls on it, each of which looks its arguments up and calls safe code; and what SQLite
//! is told of a failure. Refuses: opening (`vfs`), and rules of files and locks (`machine`, `open`). What the VFS of Unix
//! promises to SQLite (sectors of 4,096 bytes, bytes beside a write survive a power loss) this one promises, so that
//! SQLite writes what it writes on a real machine.
#![expect(unsafe_code, reason = "an open file of SQLite is a table of functions of C")]

use crate::fault::Failure;
use crate::machine::{Key, Machine};
use crate::open::{self, Level};
use crate::registry::Core;
use crate::shm::Region;
use rusqlite::ffi::{self, sqlite3_file, sqlite3_io_methods};
use std::ffi::{c_int, c_void};
use std::ptr;
use std::slice;
use std::sync::{Arc, MutexGuard};

/// An open file. SQLite allocates it and knows its first field only.
#[repr(C)]
pub(super) struct SimFile {
    base: sqlite3_file,
    handle: *mut Handle,
}

struct Handle {
    core: Arc<Core>,
    key: Key,
    /// It was opened for reading, or was in a folder where nothing can be changed.
    read_only: bool,
    /// Keeps the memory that SQLite was given, which it reads for as long as the file is open, whoever died meanwhile.
    regions: Vec<Region>,
}

impl Handle {
    fn machine(&self) -> MutexGuard<'_, Machine> {
        self.core.machine()
    }
}

impl SimFile {
    /// Says that nothing is open here, so that SQLite does not close it.
    pub(super) fn set_closed(&mut self) {
        self.base.pMethods = ptr::null();
    }

    /// Puts an opening here, which SQLite will close.
    pub(super) fn set_open(&mut self, core: Arc<Core>, key: Key, read_only: bool) {
        self.handle = Box::into_raw(Box::new(Handle { core, key, read_only, regions: Vec::new() }));
        self.base.pMethods = &raw const METHODS;
    }
}

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(x_close),
    xRead: Some(x_read),
    xWrite: Some(x_write),
    xTruncate: Some(x_truncate),
    xSync: Some(x_sync),
    xFileSize: Some(x_file_size),
    xLock: Some(x_lock),
    xUnlock: Some(x_unlock),
    xCheckReservedLock: Some(x_check_reserved_lock),
    xFileControl: Some(x_file_control),
    xSectorSize: Some(x_sector_size),
    xDeviceCharacteristics: Some(x_device_characteristics),
    xShmMap: Some(x_shm_map),
    xShmLock: Some(x_shm_lock),
    xShmBarrier: Some(x_shm_barrier),
    xShmUnmap: Some(x_shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// What SQLite is told of a failure, of which `plain` says where it was.
pub(super) fn code(failure: Failure, plain: c_int) -> c_int {
    match failure {
        Failure::Full => ffi::SQLITE_FULL,
        _ => plain,
    }
}

pub(super) fn told<T>(done: Result<T, Failure>, plain: c_int) -> c_int {
    done.map_or_else(|failure| code(failure, plain), |_| ffi::SQLITE_OK)
}

fn had(done: Result<bool, Failure>, plain: c_int) -> c_int {
    match done {
        Ok(true) => ffi::SQLITE_OK,
        Ok(false) => ffi::SQLITE_BUSY,
        Err(failure) => code(failure, plain),
    }
}

/// # Safety
/// `file` was opened by `x_open` and is not closed; SQLite calls nothing else on it meanwhile.
unsafe fn handle<'a>(file: *mut sqlite3_file) -> &'a mut Handle {
    // SAFETY: as the caller promises, `x_open` has put a handle there.
    unsafe { &mut *(*file.cast::<SimFile>()).handle }
}

unsafe extern "C" fn x_close(file: *mut sqlite3_file) -> c_int {
    let file = file.cast::<SimFile>();
    // SAFETY: SQLite closes a file once, which `x_open` has opened; it uses nothing of it afterwards.
    let handle = unsafe {
        (*file).base.pMethods = ptr::null();
        Box::from_raw((*file).handle)
    };
    handle.machine().close(handle.key);
    ffi::SQLITE_OK
}

unsafe extern "C" fn x_read(file: *mut sqlite3_file, into: *mut c_void, count: c_int, offset: i64) -> c_int {
    // SAFETY: SQLite hands in an open file and room for `count` bytes.
    let (handle, into) = unsafe { (handle(file), slice::from_raw_parts_mut(into.cast::<u8>(), count as usize)) };
    let read = handle.machine().read_at(handle.key, offset as usize, into);
    match read {
        Ok(there) if there == into.len() => ffi::SQLITE_OK,
        Ok(there) => {
            into[there..].fill(0);
            ffi::SQLITE_IOERR_SHORT_READ
        }
        Err(failure) => code(failure, ffi::SQLITE_IOERR_READ),
    }
}

unsafe extern "C" fn x_write(file: *mut sqlite3_file, bytes: *const c_void, count: c_int, offset: i64) -> c_int {
    // SAFETY: SQLite hands in an open file and `count` bytes.
    let (handle, bytes) = unsafe { (handle(file), slice::from_raw_parts(bytes.cast::<u8>(), count as usize)) };
    if handle.read_only {
        return ffi::SQLITE_READONLY;
    }
    told(handle.machine().write_at(handle.key, offset as usize, bytes), ffi::SQLITE_IOERR_WRITE)
}

unsafe extern "C" fn x_truncate(file: *mut sqlite3_file, length: i64) -> c_int {
    // SAFETY: SQLite hands in an open file.
    let handle = unsafe { handle(file) };
    told(handle.machine().set_length_at(handle.key, length as usize), ffi::SQLITE_IOERR_TRUNCATE)
}

unsafe extern "C" fn x_sync(file: *mut sqlite3_file, _: c_int) -> c_int {
    // SAFETY: SQLite hands in an open file.
    let handle = unsafe { handle(file) };
    told(handle.machine().sync_at(handle.key), ffi::SQLITE_IOERR_FSYNC)
}

unsafe extern "C" fn x_file_size(file: *mut sqlite3_file, out: *mut i64) -> c_int {
    // SAFETY: SQLite hands in an open file.
    let handle = unsafe { handle(file) };
    let length = handle.machine().at(handle.key).map(|(inode, _)| inode.current.length());
    if let Ok(length) = length {
        // SAFETY: SQLite hands in room for the answer.
        unsafe { *out = length as i64 };
    }
    told(length, ffi::SQLITE_IOERR_FSTAT)
}

fn level(wanted: c_int) -> Level {
    match wanted {
        ffi::SQLITE_LOCK_NONE => Level::None,
        ffi::SQLITE_LOCK_SHARED => Level::Shared,
        ffi::SQLITE_LOCK_RESERVED => Level::Reserved,
        ffi::SQLITE_LOCK_PENDING => Level::Pending,
        _ => Level::Exclusive,
    }
}

unsafe extern "C" fn x_lock(file: *mut sqlite3_file, wanted: c_int) -> c_int {
    // SAFETY: SQLite hands in an open file.
    let handle = unsafe { handle(file) };
    had(handle.machine().lock(handle.key, level(wanted)), ffi::SQLITE_IOERR_LOCK)
}

unsafe extern "C" fn x_unlock(file: *mut sqlite3_file, to: c_int) -> c_int {
    // SAFETY: SQLite hands in an open file.
    let handle = unsafe { handle(file) };
    told(handle.machine().unlock(handle.key, level(to)), ffi::SQLITE_IOERR_UNLOCK)
}

unsafe extern "C" fn x_check_reserved_lock(file: *mut sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: SQLite hands in an open file.
    let handle = unsafe { handle(file) };
    let reserved = handle.machine().at(handle.key).map(|(inode, _)| open::is_reserved(&inode.opens));
    // SAFETY: SQLite hands in room for the answer.
    unsafe { *out = c_int::from(reserved.unwrap_or_default()) };
    told(reserved, ffi::SQLITE_IOERR_CHECKRESERVEDLOCK)
}

unsafe extern "C" fn x_file_control(file: *mut sqlite3_file, verb: c_int, argument: *mut c_void) -> c_int {
    if verb != ffi::SQLITE_FCNTL_HAS_MOVED {
        return ffi::SQLITE_NOTFOUND;
    }
    // SAFETY: SQLite hands in an open file.
    let handle = unsafe { handle(file) };
    let moved = handle.machine().has_moved(handle.key).unwrap_or_default();
    // SAFETY: the argument of this verb is room for a number.
    unsafe { *argument.cast::<c_int>() = c_int::from(moved) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn x_sector_size(_: *mut sqlite3_file) -> c_int {
    4096
}

unsafe extern "C" fn x_device_characteristics(_: *mut sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn x_shm_map(
    file: *mut sqlite3_file,
    index: c_int,
    bytes: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    // SAFETY: SQLite hands in an open file.
    let handle = unsafe { handle(file) };
    let region = handle.machine().map_shm(handle.key, index as usize, bytes as usize, extend != 0);
    let (pointer, code) = match region {
        Ok(Some(region)) => {
            let pointer = region.as_ptr().cast_mut().cast::<c_void>();
            handle.regions.push(region);
            (pointer, ffi::SQLITE_OK)
        }
        Ok(None) => (ptr::null_mut(), ffi::SQLITE_OK),
        Err(Failure::ReadOnly) => (ptr::null_mut(), ffi::SQLITE_CANTOPEN),
        Err(failure) => (ptr::null_mut(), code(failure, ffi::SQLITE_IOERR_SHMMAP)),
    };
    // SAFETY: SQLite hands in room for the pointer. It leads to atomics, which may be written through it.
    unsafe { *out = pointer };
    code
}

unsafe extern "C" fn x_shm_lock(file: *mut sqlite3_file, first: c_int, count: c_int, flags: c_int) -> c_int {
    // SAFETY: SQLite hands in an open file.
    let handle = unsafe { handle(file) };
    let bits = (((1_u32 << count) - 1) << first) as u8;
    if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
        return told(handle.machine().unlock_shm(handle.key, bits), ffi::SQLITE_IOERR_SHMLOCK);
    }
    let alone = flags & ffi::SQLITE_SHM_EXCLUSIVE != 0;
    had(handle.machine().lock_shm(handle.key, bits, alone), ffi::SQLITE_IOERR_SHMLOCK)
}

unsafe extern "C" fn x_shm_barrier(_: *mut sqlite3_file) {
    std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
}

unsafe extern "C" fn x_shm_unmap(file: *mut sqlite3_file, _: c_int) -> c_int {
    // SAFETY: SQLite hands in an open file, and uses no region of it any more.
    let handle = unsafe { handle(file) };
    // A dead process has unmapped it by dying.
    let _ = handle.machine().unmap_shm(handle.key);
    handle.regions.clear();
    ffi::SQLITE_OK
}
