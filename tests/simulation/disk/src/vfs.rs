//! SQLite's VFS over the simulated disks: one for the process, which finds the disk by the path.
//!
//! Owns: registering it, and the functions that take a path or nothing; each looks its arguments up and calls safe code.
//! Refuses: what is done to a file that is open (`file`), and rules of files and locks (`machine`, `open`).
#![expect(unsafe_code, reason = "a VFS of SQLite is a table of functions of C")]

mod file;

use crate::fault::Failure;
use crate::hooks;
use crate::machine::Key;
use crate::registry::{Core, disk, parts};
use file::{SimFile, code, told};
use rusqlite::ffi::{self, sqlite3_file, sqlite3_vfs};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::slice;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The name under which SQLite knows the simulated disks.
pub const NAME: &str = "tidemark-sim";
const C_NAME: &CStr = c"tidemark-sim";

/// The Julian day of 1970-01-01 in milliseconds.
const JULIAN_1970_MS: i64 = 210_866_760_000_000;

struct Table(sqlite3_vfs);

// SAFETY: nothing in it is written after it was made but by SQLite, under SQLite's own mutex; the functions keep no state.
unsafe impl Sync for Table {}
// SAFETY: as above.
unsafe impl Send for Table {}

/// Registers the VFS, once a process. Gives SQLite's own random numbers a fixed seed, too: they come from one stream for
/// the whole process, which would begin with entropy otherwise.
pub(crate) fn register() {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| {
        // Nobody asks SQLite how much memory it has, and counting it takes a lock for every allocation. Where SQLite was
        // used before, it goes on counting.
        // SAFETY: this verb takes a number, and SQLite says so where it is too late for it.
        unsafe { ffi::sqlite3_config(ffi::SQLITE_CONFIG_MEMSTATUS, 0) };
        let table: &'static mut Table = Box::leak(Box::new(Table(table())));
        // SAFETY: the table lives for ever and is complete.
        let code = unsafe { ffi::sqlite3_vfs_register(&raw mut table.0, 0) };
        assert_eq!(code, ffi::SQLITE_OK, "SQLite refused the VFS");
        seed(1);
    });
}

/// Begins SQLite's own random numbers anew (the salts of a write-ahead log, `random()`). They are one stream for the whole
/// process: only where one world runs at a time are they the same in two runs, and only then this may be called, since
/// it makes the stream of every other world repeat itself.
pub fn seed_sqlite(number: i32) {
    // Registering seeds, too, and must not do it after this.
    register();
    seed(number);
}

fn seed(number: i32) {
    // SAFETY: this verb takes a number and a connection, which may be null.
    unsafe { ffi::sqlite3_test_control(ffi::SQLITE_TESTCTRL_PRNG_SEED, number, ptr::null_mut::<ffi::sqlite3>()) };
}

fn table() -> sqlite3_vfs {
    sqlite3_vfs {
        iVersion: 2,
        szOsFile: size_of::<SimFile>() as c_int,
        mxPathname: 1024,
        pNext: ptr::null_mut(),
        zName: C_NAME.as_ptr(),
        pAppData: ptr::null_mut(),
        xOpen: Some(x_open),
        xDelete: Some(x_delete),
        xAccess: Some(x_access),
        xFullPathname: Some(x_full_pathname),
        xDlOpen: Some(x_dl_open),
        xDlError: Some(x_dl_error),
        xDlSym: Some(x_dl_sym),
        xDlClose: Some(x_dl_close),
        xRandomness: Some(x_randomness),
        xSleep: Some(x_sleep),
        xCurrentTime: Some(x_current_time),
        xGetLastError: None,
        xCurrentTimeInt64: Some(x_current_time_int64),
        xSetSystemCall: None,
        xGetSystemCall: None,
        xNextSystemCall: None,
    }
}

/// # Safety
/// `name` is a string of C, or null.
unsafe fn text<'a>(name: *const c_char) -> Option<&'a str> {
    // SAFETY: as the caller promises.
    (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) })?.to_str().ok()
}

/// Finds the disk of a path, and whether its process may do anything on it.
///
/// # Safety
/// `name` is a string of C.
unsafe fn find(name: *const c_char) -> Result<(Arc<Core>, u32, String), Failure> {
    // SAFETY: as the caller promises.
    let parts = unsafe { text(name) }.and_then(parts).ok_or(Failure::Foreign)?;
    let core = disk(parts.prefix).ok_or(Failure::Foreign)?;
    core.machine().alive(parts.owner)?;
    Ok((core, parts.owner, parts.name))
}

/// Opens a file; tells whether it can only be read.
fn open_file(core: &Core, owner: u32, name: &str, flags: c_int) -> Result<(Key, bool), Failure> {
    let mut machine = core.machine();
    let is = |flag| flags & flag != 0;
    let create = is(ffi::SQLITE_OPEN_CREATE);
    // As on Unix: where it must not be written to, a file that exists is opened for reading.
    let read_only = is(ffi::SQLITE_OPEN_READONLY) || machine.faults.is_read_only(name);
    let create = create && !(read_only && machine.names().file(name).is_some());
    let key = machine.open(owner, name, create, is(ffi::SQLITE_OPEN_EXCLUSIVE))?;
    if is(ffi::SQLITE_OPEN_DELETEONCLOSE)
        && let Err(failure) = machine.remove(name)
    {
        machine.close(key);
        return Err(failure);
    }
    Ok((key, read_only))
}

unsafe extern "C" fn x_open(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite hands in room for a `SimFile`, and looks at it when this returns; null methods and a null pointer are
    // a value of it.
    let file = unsafe {
        file.cast::<SimFile>().write_bytes(0, 1);
        &mut *file.cast::<SimFile>()
    };
    file.set_closed();
    let opened = if name.is_null() {
        // A file without a name is SQLite's own, for sorting and the like: no disk has it.
        let core = Arc::new(Core::default());
        open_file(&core, 0, "unnamed", ffi::SQLITE_OPEN_CREATE).map(|(key, _)| (core, key, false))
    } else {
        // SAFETY: SQLite hands in a string.
        unsafe { find(name) }.and_then(|(core, owner, name)| {
            let (key, read_only) = open_file(&core, owner, &name, flags)?;
            Ok((core, key, read_only))
        })
    };
    let (core, key, read_only) = match opened {
        Ok(opened) => opened,
        Err(Failure::Off | Failure::Dead) => return ffi::SQLITE_IOERR,
        Err(failure) => return code(failure, ffi::SQLITE_CANTOPEN),
    };
    file.set_open(core, key, read_only);
    // SAFETY: SQLite hands in room for the answer, or null.
    unsafe {
        if !out_flags.is_null() {
            let writing = ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_CREATE;
            *out_flags = if read_only { flags & !writing | ffi::SQLITE_OPEN_READONLY } else { flags };
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn x_delete(_: *mut sqlite3_vfs, name: *const c_char, sync_folder: c_int) -> c_int {
    // SAFETY: SQLite hands in a string.
    let removed = unsafe { find(name) }.and_then(|(core, _, name)| {
        let mut machine = core.machine();
        machine.remove(&name)?;
        if sync_folder != 0 {
            machine.sync_folder(name.rsplit_once('/').map_or("", |(folder, _)| folder))?;
        }
        Ok(())
    });
    match removed {
        Err(Failure::NotFound) => ffi::SQLITE_IOERR_DELETE_NOENT,
        removed => told(removed, ffi::SQLITE_IOERR_DELETE),
    }
}

unsafe extern "C" fn x_access(_: *mut sqlite3_vfs, name: *const c_char, flags: c_int, out: *mut c_int) -> c_int {
    // SAFETY: SQLite hands in a string.
    let (core, _, name) = match unsafe { find(name) } {
        Ok(found) => found,
        Err(failure) => return code(failure, ffi::SQLITE_IOERR_ACCESS),
    };
    let machine = core.machine();
    let length = machine.length(&name);
    let there = match flags {
        // As on Unix: an empty file is none, or an empty journal would be rolled back.
        ffi::SQLITE_ACCESS_EXISTS => machine.names().is_folder(&name) || length.is_some_and(|length| length > 0),
        _ => length.is_some() && !machine.faults.is_read_only(&name),
    };
    // SAFETY: SQLite hands in room for the answer.
    unsafe { *out = c_int::from(there) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn x_full_pathname(_: *mut sqlite3_vfs, name: *const c_char, room: c_int, out: *mut c_char) -> c_int {
    // SAFETY: SQLite hands in a string.
    let bytes = unsafe { CStr::from_ptr(name) }.to_bytes_with_nul();
    if bytes.len() > usize::try_from(room).unwrap_or_default() {
        return ffi::SQLITE_CANTOPEN;
    }
    // SAFETY: there is room for as many bytes, as was just seen, and it is SQLite's own.
    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), out.cast(), bytes.len()) };
    ffi::SQLITE_OK
}

// Extensions are on no simulated disk.
unsafe extern "C" fn x_dl_open(_: *mut sqlite3_vfs, _: *const c_char) -> *mut c_void {
    ptr::null_mut()
}

unsafe extern "C" fn x_dl_error(_: *mut sqlite3_vfs, room: c_int, out: *mut c_char) {
    if room > 0 {
        // SAFETY: SQLite hands in that much room.
        unsafe { *out = 0 };
    }
}

type Symbol = unsafe extern "C" fn(*mut sqlite3_vfs, *mut c_void, *const c_char);

unsafe extern "C" fn x_dl_sym(_: *mut sqlite3_vfs, _: *mut c_void, _: *const c_char) -> Option<Symbol> {
    None
}

unsafe extern "C" fn x_dl_close(_: *mut sqlite3_vfs, _: *mut c_void) {}

unsafe extern "C" fn x_randomness(_: *mut sqlite3_vfs, count: c_int, out: *mut c_char) -> c_int {
    // SAFETY: SQLite hands in room for `count` bytes.
    hooks::random(unsafe { slice::from_raw_parts_mut(out.cast::<u8>(), count as usize) });
    count
}

unsafe extern "C" fn x_sleep(_: *mut sqlite3_vfs, microseconds: c_int) -> c_int {
    hooks::sleep(Duration::from_micros(microseconds.unsigned_abs().into()));
    microseconds
}

unsafe extern "C" fn x_current_time(_: *mut sqlite3_vfs, out: *mut f64) -> c_int {
    // SAFETY: SQLite hands in room for the answer.
    unsafe { *out = (hooks::now_ms() + JULIAN_1970_MS) as f64 / 86_400_000.0 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn x_current_time_int64(_: *mut sqlite3_vfs, out: *mut i64) -> c_int {
    // SAFETY: SQLite hands in room for the answer.
    unsafe { *out = hooks::now_ms() + JULIAN_1970_MS };
    ffi::SQLITE_OK
}
