//! What a desktop may have or not.
//!
//! Owns: asking for it without a crash. Refuses: what is done where it is missing.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Returns whether a window system can be reached at all; GTK would end the process without a word.
pub(crate) fn has_display() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || is_set("WAYLAND_DISPLAY") || is_set("DISPLAY")
}

/// Runs what panics where a part of the desktop is missing, with words for programmers; `None` where it did.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(|panic| tracing::debug!("{panic}")));
    let done = catch_unwind(AssertUnwindSafe(work)).ok();
    std::panic::set_hook(usual);
    done
}
