//! Ids, jitter and secrets without chance.
//!
//! Owns: what a machine of a world draws. Refuses: the operating system's randomness.

use crate::SALT;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tidemark_model::RecordId;
use tidemark_model::ports::{Entropy, Ids, NoRandomness, Secrets};
use tidemark_test_dice::Dice;
use uuid::Uuid;

/// One machine's.
#[derive(Debug)]
pub(crate) struct Chance(Mutex<Dice>);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(Dice::new(seed, SALT)))
    }

    fn dice(&self) -> MutexGuard<'_, Dice> {
        // A number is never half drawn.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn roll(&self) -> u64 {
        self.dice().roll()
    }
}

impl Ids for Chance {
    fn fresh(&self) -> RecordId {
        RecordId(Uuid::from_u64_pair(self.roll(), self.roll()))
    }
}

impl Entropy for Chance {
    fn fraction(&self) -> f64 {
        (self.roll() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

impl Secrets for Chance {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        self.dice().fill(bytes);
        Ok(())
    }
}
