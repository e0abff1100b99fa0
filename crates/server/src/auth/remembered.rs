//! Passwords that were right a moment ago.
//!
//! Owns: a short memory of verified Basic credentials, so that a client that sends them with every request (Excel)
//! does not pay for argon2 each time. What is kept is a keyed hash, never the password. Refuses: outliving a minute,
//! or a changed password: the stored hash is part of what is remembered.

use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tidemark_model::ports::Secrets;

const REMEMBER_MS: u64 = 60_000;
const MOST_KEPT: usize = 1_000;

/// The verified credentials of the last minute.
pub(crate) struct Remembered {
    key: Option<[u8; 32]>,
    until: Mutex<HashMap<[u8; 32], u64>>,
}

impl Remembered {
    /// Makes an empty memory.
    pub(crate) fn new(secrets: &dyn Secrets) -> Self {
        // Without randomness nothing is remembered, and every request pays.
        Self { key: secrets.bytes().ok(), until: Mutex::default() }
    }

    /// Tells whether these credentials were right a moment ago.
    pub(crate) fn knows(&self, password: &str, stored_hash: &str, now_ms: u64) -> bool {
        let Some(entry) = self.entry(password, stored_hash) else { return false };
        self.until.lock().unwrap_or_else(PoisonError::into_inner).get(&entry).is_some_and(|until| *until > now_ms)
    }

    /// Remembers that these credentials are right.
    pub(crate) fn remember(&self, password: &str, stored_hash: &str, now_ms: u64) {
        let Some(entry) = self.entry(password, stored_hash) else { return };
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        if until.len() >= MOST_KEPT {
            until.retain(|_, until| *until > now_ms);
        }
        until.insert(entry, now_ms + REMEMBER_MS);
    }

    fn entry(&self, password: &str, stored_hash: &str) -> Option<[u8; 32]> {
        let key = self.key.as_ref()?;
        let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
        mac.update(stored_hash.as_bytes());
        mac.update(&[0]);
        mac.update(password.as_bytes());
        Some(mac.finalize().into_bytes().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_remembered_for_a_minute_and_for_one_stored_hash() {
        let remembered = Remembered::new(&crate::machine::MachineSecrets);
        remembered.remember("pw", "hash", 1_000);
        assert!(remembered.knows("pw", "hash", 60_999));
        assert!(!remembered.knows("pw", "hash", 61_000));
        assert!(!remembered.knows("pw", "changed", 2_000));
        assert!(!remembered.knows("other", "hash", 2_000));
    }
}
