//! Who called, and whether they may ask the machine.
//!
//! Owns: the one excuse, the runtime of tokio: between two tasks it asks what time it is, for numbers about itself that
//! decide nothing. Refuses: excusing a task that it runs.
#![expect(
    unsafe_code,
    reason = "whoever asked often is known again by reading the stack, which is a hundred times as fast"
)]

use std::cell::RefCell;
use std::collections::BTreeMap;

/// What a function on the stack is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    /// One of those that the tripwire put in libc's place; whoever called is behind it.
    Wire,
    /// The standard library asks for somebody else.
    Standard,
    Excused,
    Other,
}

thread_local! {
    /// By the address in the code, since to find its name takes a thousand times as long as to find the address.
    static KNOWN: RefCell<BTreeMap<usize, Frame>> = const { RefCell::new(BTreeMap::new()) };
    static EXCUSED: RefCell<Vec<Path>> = const { RefCell::new(Vec::new()) };
}

/// A way through the stack to an excused caller: where each address to return to lies, in bytes above the pointer that
/// `are_excused` is handed, and which it is.
///
/// A function's part of the stack has one size at one place in its code. So where the first addresses of a path are found
/// where they belong, what called there last is the same function at the same place, and the next address is where it was.
#[derive(Debug, PartialEq, Eq)]
struct Path(Vec<(usize, usize)>);

/// Returns the pointer to the end of the stack, of the function that this is inlined into.
#[inline(always)]
pub(crate) fn stack() -> usize {
    #[cfg(target_arch = "x86_64")]
    {
        let end: usize;
        // SAFETY: it copies one register.
        unsafe { std::arch::asm!("mov {}, rsp", out(reg) end, options(nomem, nostack, preserves_flags)) };
        end
    }
    #[cfg(not(target_arch = "x86_64"))]
    0
}

/// Tells whether the innermost function behind the wire and the standard library is excused. `stack` is the caller's.
pub(crate) fn are_excused(stack: usize) -> bool {
    EXCUSED.with_borrow(|paths| paths.iter().any(|path| path.is_this(stack))) || find(stack)
}

impl Path {
    fn is_this(&self, stack: usize) -> bool {
        self.0.iter().all(|(above, address)| {
            // SAFETY: the first address of every path is the one to which the caller of `are_excused` returns, which is
            // there. The others are read only after those before them were found, so that their functions are running.
            unsafe { ((stack + above) as *const usize).read_volatile() == *address }
        })
    }
}

/// Goes through the stack as the unwinder does, and remembers the path where it leads to an excused caller.
fn find(stack: usize) -> bool {
    let (mut passed, mut caller) = (false, Frame::Other);
    let mut path = Some(Vec::new());
    backtrace::trace(|frame| {
        let (address, end) = (frame.ip() as usize, frame.sp() as usize);
        let known = KNOWN.with_borrow(|known| known.get(&address).copied());
        caller = known.unwrap_or_else(|| {
            let found = resolve(frame);
            KNOWN.with_borrow_mut(|known| known.insert(address, found));
            found
        });
        // What is before the wire is the wire's own; what called `find` is below the pointer.
        let looking = !passed || matches!(caller, Frame::Wire | Frame::Standard);
        passed |= caller == Frame::Wire;
        // On this architecture a call leaves the address to return to right below the caller's end of the stack.
        if end > stack + size_of::<usize>()
            && let Some(steps) = &mut path
        {
            let at = end - size_of::<usize>();
            // SAFETY: the frame is one of this thread's, above the pointer, so this is a part of its stack.
            let there = unsafe { (at as *const usize).read_volatile() };
            if cfg!(target_arch = "x86_64") && stack != 0 && there == address {
                steps.push((at - stack, address));
            } else {
                path = None;
            }
        }
        looking
    });
    if caller == Frame::Excused
        && let Some(steps) = path
        && !steps.is_empty()
    {
        EXCUSED.with_borrow_mut(|paths| paths.push(Path(steps)));
    }
    caller == Frame::Excused
}

fn resolve(frame: &backtrace::Frame) -> Frame {
    let mut found = Frame::Standard;
    // One address stands for several functions where some were inlined, the innermost first.
    backtrace::resolve_frame(frame, |symbol| {
        if found == Frame::Standard {
            let name = symbol.name().map(|name| name.to_string()).unwrap_or_default();
            let file = symbol.filename().map(|file| file.to_string_lossy().into_owned()).unwrap_or_default();
            found = class(&name, &file);
        }
    });
    found
}

/// Where something was inlined its name is short and the file tells; where there are no lines the name is long.
fn class(name: &str, file: &str) -> Frame {
    const WIRES: [&str; 7] =
        ["clock_gettime", "gettimeofday", "time", "getrandom", "getentropy", "nanosleep", "clock_nanosleep"];
    let starts = |with: &str| name.trim_start_matches('<').starts_with(with);
    let of_tokio = |part: &str| file.contains("/tokio-1.") && file.contains(part);
    if WIRES.contains(&name) {
        Frame::Wire
    } else if ["std::", "core::", "alloc::"].into_iter().any(starts) || file.starts_with("/rustc/") {
        Frame::Standard
    } else if ["tokio::runtime::metrics::", "tokio::runtime::scheduler::"].into_iter().any(starts)
        || ["/src/runtime/metrics/", "/src/runtime/scheduler/"].into_iter().any(of_tokio)
    {
        Frame::Excused
    } else {
        Frame::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runtime_is_excused_and_what_it_runs_is_not() {
        let named = |name| class(name, "");
        assert_eq!(named("tokio::runtime::metrics::batch::now::h0123"), Frame::Excused);
        assert_eq!(named("<tokio::runtime::scheduler::current_thread::Core>::poll"), Frame::Excused);
        assert_eq!(class("now", "/home/me/registry/src/tokio-1.54.1/src/runtime/metrics/batch.rs"), Frame::Excused);
        assert_eq!(class("poll<a::b>", "/home/me/registry/src/tokio-1.54.1/src/runtime/task/core.rs"), Frame::Other);
        assert_eq!(named("tokio::runtime::task::raw::poll::h0123"), Frame::Other);
        assert_eq!(named("tokio::time::clock::now"), Frame::Other);
        assert_eq!(named("<std::time::Instant>::now"), Frame::Standard);
        assert_eq!(class("with<a::b>", "/rustc/0123/library/std/src/thread/local.rs"), Frame::Standard);
        assert_eq!(named("tidemark_sync::cycle"), Frame::Other);
    }
}
