//! Notices when a thread asks the real clock or entropy, which would make two runs of one seed differ.
//!
//! Owns: the functions of libc that lead there, put in the place of libc's own in every program that uses this module; a
//! thread that armed the wire gets the same answer every time and is remembered, every other one gets the real thing.
//! Refuses: ending the run, since a function of C cannot panic: whoever armed it asks `tripped` after every step.
#![expect(unsafe_code, reason = "functions of libc are replaced by their names")]

use crate::callers;
use libc::{c_int, c_long, c_uint, c_void, clockid_t, size_t, ssize_t, time_t, timespec, timeval};
use std::backtrace::Backtrace;
use std::cell::{Cell, RefCell};
use std::collections::hash_map::RandomState;
use std::hint::black_box;
use std::marker::PhantomData;

thread_local! {
    static ARMED: Cell<bool> = const { Cell::new(false) };
    static TRIPPED: RefCell<Option<Trip>> = const { RefCell::new(None) };
}

/// One call that must not have been.
#[derive(Clone, Debug)]
pub struct Trip {
    /// The function of libc.
    pub function: &'static str,
    /// Who called it.
    pub backtrace: String,
}

/// The wire stands as it did before, when this goes.
#[derive(Debug)]
pub struct Restored {
    before: bool,
    /// It belongs to its thread.
    here: PhantomData<*const ()>,
}

impl Drop for Restored {
    fn drop(&mut self) {
        ARMED.set(self.before);
    }
}

fn set(armed: bool) -> Restored {
    Restored { before: ARMED.replace(armed), here: PhantomData }
}

/// Arms the wire of this thread: around `block_on` of a paused runtime, for example, which is built before.
#[must_use = "the wire is armed as long as this lives"]
pub fn arm() -> Restored {
    // The standard library draws the keys of its hash tables once a thread. They decide nothing (clippy refuses to let
    // their order matter), so they are drawn now.
    let _ = black_box(RandomState::new());
    // A function that nothing refers to would be taken from libc.
    black_box([clock_gettime as *const (), gettimeofday as *const (), time as *const (), getrandom as *const ()]);
    black_box([getentropy as *const (), nanosleep as *const (), clock_nanosleep as *const ()]);
    set(true)
}

/// Does something that may ask, like a runtime when it is built.
pub fn unarmed<T>(work: impl FnOnce() -> T) -> T {
    let _restored = set(false);
    work()
}

/// Returns the first trip on this thread since this was last asked.
pub fn tripped() -> Option<Trip> {
    TRIPPED.take()
}

/// Tells whether the wire is armed, and remembers that it was tripped. Not inlined, so that its part of the stack is the
/// same for everybody.
#[inline(never)]
fn is_armed(function: &'static str) -> bool {
    if !ARMED.get() {
        return false;
    }
    let stack = callers::stack();
    unarmed(|| {
        if TRIPPED.with_borrow(Option::is_none) && !callers::are_excused(stack) {
            let backtrace = Backtrace::force_capture().to_string();
            eprintln!("tripwire: {function} was called inside of a simulation; tripwire::tripped() has the backtrace");
            TRIPPED.set(Some(Trip { function, backtrace }));
        }
    });
    true
}

/// What an armed thread is told, always.
const FIXED_S: time_t = 1_700_000_000;

/// # Safety
/// `out` has room for the time, or is null.
unsafe fn fixed(out: *mut timespec) {
    if !out.is_null() {
        // SAFETY: as the caller promises.
        unsafe { *out = timespec { tv_sec: FIXED_S, tv_nsec: 0 } };
    }
}

/// # Safety
/// As the function of libc.
#[unsafe(no_mangle)]
unsafe extern "C" fn clock_gettime(clock: clockid_t, out: *mut timespec) -> c_int {
    if is_armed("clock_gettime") {
        // SAFETY: the caller hands in room.
        unsafe { fixed(out) };
        return 0;
    }
    // SAFETY: the arguments are those of the system's call.
    unsafe { libc::syscall(libc::SYS_clock_gettime, c_long::from(clock), out) as c_int }
}

/// # Safety
/// As the function of libc.
#[unsafe(no_mangle)]
unsafe extern "C" fn gettimeofday(out: *mut timeval, zone: *mut c_void) -> c_int {
    if is_armed("gettimeofday") {
        if !out.is_null() {
            // SAFETY: the caller hands in room.
            unsafe { *out = timeval { tv_sec: FIXED_S, tv_usec: 0 } };
        }
        return 0;
    }
    // SAFETY: the arguments are those of the system's call.
    unsafe { libc::syscall(libc::SYS_gettimeofday, out, zone) as c_int }
}

/// # Safety
/// As the function of libc.
#[unsafe(no_mangle)]
unsafe extern "C" fn time(out: *mut time_t) -> time_t {
    let mut now = timespec { tv_sec: FIXED_S, tv_nsec: 0 };
    if !is_armed("time") {
        // SAFETY: there is room for the answer. Not every system has a call of the name `time`.
        unsafe { libc::syscall(libc::SYS_clock_gettime, c_long::from(libc::CLOCK_REALTIME), &raw mut now) };
    }
    if !out.is_null() {
        // SAFETY: the caller hands in room.
        unsafe { *out = now.tv_sec };
    }
    now.tv_sec
}

/// # Safety
/// As the function of libc.
#[unsafe(no_mangle)]
unsafe extern "C" fn getrandom(out: *mut c_void, count: size_t, flags: c_uint) -> ssize_t {
    if is_armed("getrandom") {
        if count > 0 {
            // SAFETY: the caller hands in room for `count` bytes.
            unsafe { out.cast::<u8>().write_bytes(0x5a, count) };
        }
        return count as ssize_t;
    }
    // SAFETY: the arguments are those of the system's call.
    unsafe { libc::syscall(libc::SYS_getrandom, out, count, flags) as ssize_t }
}

/// # Safety
/// As the function of libc.
#[unsafe(no_mangle)]
unsafe extern "C" fn getentropy(out: *mut c_void, count: size_t) -> c_int {
    if is_armed("getentropy") {
        // SAFETY: the caller hands in room for `count` bytes.
        unsafe { out.cast::<u8>().write_bytes(0x5a, count) };
        return 0;
    }
    // SAFETY: the arguments are those of the system's call, which gives up to 256 bytes whole, as this function may.
    let drawn = unsafe { libc::syscall(libc::SYS_getrandom, out, count, 0) };
    if count <= 256 && drawn == count as c_long { 0 } else { -1 }
}

/// # Safety
/// As the function of libc.
#[unsafe(no_mangle)]
unsafe extern "C" fn nanosleep(wanted: *const timespec, left: *mut timespec) -> c_int {
    if is_armed("nanosleep") {
        return 0;
    }
    // SAFETY: the arguments are those of the system's call.
    unsafe { libc::syscall(libc::SYS_nanosleep, wanted, left) as c_int }
}

/// # Safety
/// As the function of libc.
#[unsafe(no_mangle)]
unsafe extern "C" fn clock_nanosleep(
    clock: clockid_t,
    flags: c_int,
    wanted: *const timespec,
    left: *mut timespec,
) -> c_int {
    if is_armed("clock_nanosleep") {
        return 0;
    }
    // SAFETY: the arguments are those of the system's call; unlike it, this function returns the error itself.
    unsafe {
        match libc::syscall(libc::SYS_clock_nanosleep, c_long::from(clock), c_long::from(flags), wanted, left) {
            0 => 0,
            _ => *libc::__errno_location(),
        }
    }
}
