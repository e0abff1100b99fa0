//! The time, the waiting and the randomness that SQLite asks its VFS for, as the simulation of this thread hands them in.
//!
//! Owns: one set of them a thread, and what stands in where there is none. Refuses: the real clock and entropy.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use tidemark_test_dice::Dice;

/// Fills bytes.
pub type Fill = dyn Fn(&mut [u8]);

/// What SQLite asks for while it runs on this thread.
#[derive(Clone)]
pub struct Hooks {
    /// Lets virtual time pass, for whoever waits for a lock.
    pub sleep: Rc<dyn Fn(Duration)>,
    /// Returns milliseconds since 1970.
    pub now_ms: Rc<dyn Fn() -> i64>,
    /// Fills bytes.
    pub random: Rc<Fill>,
}

/// 2026-01-01, from where the time goes on by what was slept.
const START_MS: i64 = 1_767_225_600_000;

thread_local! {
    static HOOKS: RefCell<Option<Hooks>> = const { RefCell::new(None) };
    static SLEPT: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    static DICE: RefCell<Dice> = RefCell::new(Dice::at(1));
}

/// Hands this thread's hooks in, or takes them away; either way the thread's own time and randomness begin anew.
pub fn set_hooks(hooks: Option<Hooks>) {
    HOOKS.set(hooks);
    SLEPT.set(Duration::ZERO);
    DICE.set(Dice::at(1));
}

// A hook may run SQLite again, so none is called while it is borrowed.
fn hooks() -> Option<Hooks> {
    HOOKS.with_borrow(Clone::clone)
}

pub(crate) fn sleep(duration: Duration) {
    match hooks() {
        Some(hooks) => (hooks.sleep)(duration),
        None => SLEPT.set(SLEPT.get() + duration),
    }
}

pub(crate) fn now_ms() -> i64 {
    match hooks() {
        Some(hooks) => (hooks.now_ms)(),
        None => START_MS.saturating_add(i64::try_from(SLEPT.get().as_millis()).unwrap_or(i64::MAX)),
    }
}

pub(crate) fn random(bytes: &mut [u8]) {
    match hooks() {
        Some(hooks) => (hooks.random)(bytes),
        None => DICE.with_borrow_mut(|dice| dice.fill(bytes)),
    }
}
