//! Slowing down whoever guesses passwords.
//!
//! Owns: counting wrong passwords by account and address, so that nobody locks out another from elsewhere. Refuses:
//! lasting locks; a minute is enough to make guessing useless.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

const WINDOW_MS: u64 = 60_000;
const GUESSES: u32 = 10;
/// Past this many accounts and addresses the old ones are forgotten.
const MOST_KEPT: usize = 10_000;

#[derive(Debug, Default)]
struct Guesses {
    since_ms: u64,
    wrong: u32,
}

/// The wrong passwords of the last minute.
#[derive(Debug, Default)]
pub(crate) struct GuessLimit {
    guesses: Mutex<HashMap<(String, Option<IpAddr>), Guesses>>,
}

impl GuessLimit {
    /// Returns how many seconds to wait before the next password is looked at; 0 for none.
    pub(crate) fn wait_seconds(&self, name: &str, from: Option<IpAddr>, now_ms: u64) -> u64 {
        let guesses = self.guesses.lock().unwrap_or_else(PoisonError::into_inner);
        match guesses.get(&(name.to_owned(), from)) {
            Some(guess) if guess.wrong >= GUESSES => (guess.since_ms + WINDOW_MS).saturating_sub(now_ms).div_ceil(1000),
            _ => 0,
        }
    }

    /// Counts a wrong password.
    pub(crate) fn wrong(&self, name: &str, from: Option<IpAddr>, now_ms: u64) {
        let mut guesses = self.guesses.lock().unwrap_or_else(PoisonError::into_inner);
        if guesses.len() >= MOST_KEPT {
            guesses.retain(|_, guess| guess.since_ms + WINDOW_MS > now_ms);
        }
        let guess = guesses.entry((name.to_owned(), from)).or_default();
        if guess.since_ms + WINDOW_MS <= now_ms || guess.wrong == 0 {
            *guess = Guesses { since_ms: now_ms, wrong: 0 };
        }
        guess.wrong += 1;
    }

    /// Forgets the wrong passwords of somebody who then knew the right one.
    pub(crate) fn right(&self, name: &str, from: Option<IpAddr>) {
        self.guesses.lock().unwrap_or_else(PoisonError::into_inner).remove(&(name.to_owned(), from));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_wrong_passwords_in_a_minute_make_the_next_wait() {
        let limit = GuessLimit::default();
        for _ in 0..9 {
            limit.wrong("ann", None, 1_000);
        }
        assert_eq!(limit.wait_seconds("ann", None, 1_000), 0);
        limit.wrong("ann", None, 2_000);
        assert_eq!(limit.wait_seconds("ann", None, 2_000), 59);
        assert_eq!(limit.wait_seconds("bob", None, 2_000), 0);
        assert_eq!(limit.wait_seconds("ann", Some(IpAddr::from([127, 0, 0, 1])), 2_000), 0);
        assert_eq!(limit.wait_seconds("ann", None, 61_000), 0);
        limit.wrong("ann", None, 61_500);
        assert_eq!(limit.wait_seconds("ann", None, 61_500), 0);
    }
}
