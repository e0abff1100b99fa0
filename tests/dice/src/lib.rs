//! The randomness of every test that is drawn from a seed: all of it comes from that seed, so that a run can be run again.
//!
//! Owns: one generator, which never changes: the seeds that tests keep mean what they meant when they were found. Refuses:
//! entropy.

/// A sequence of numbers that looks random (SplitMix64; Steele, Lea and Flood, 2014).
#[derive(Clone, Debug, Default)]
pub struct Dice(u64);

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Dice {
    /// Begins the sequence of a seed; each kind of run has a salt of its own, so that the same seed is another run there.
    pub fn new(seed: u64, salt: u64) -> Self {
        Self(seed.wrapping_mul(STEP) ^ salt)
    }

    /// Begins where the generator stands at a number.
    pub fn at(state: u64) -> Self {
        Self(state)
    }

    /// Returns the next number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below `n`; 0 where that is 0.
    pub fn below(&mut self, n: usize) -> usize {
        (self.roll() % n.max(1) as u64) as usize
    }

    /// Tells whether a throw of `percent` in a hundred hits.
    pub fn hits(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// Picks one of a list.
    pub fn pick<'l, T>(&mut self, list: &'l [T]) -> Option<&'l T> {
        list.get(self.below(list.len()))
    }

    /// Picks one of a list that is not empty.
    ///
    /// # Panics
    /// It is empty.
    pub fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    /// Picks one of a list of choices by their weights; nothing where all are zero.
    pub fn weighted<T: Copy>(&mut self, choices: &[(usize, T)]) -> Option<T> {
        let all: usize = choices.iter().map(|(weight, _)| weight).sum();
        let mut at = if all == 0 { return None } else { self.below(all) };
        for (weight, choice) in choices {
            if at < *weight {
                return Some(*choice);
            }
            at -= weight;
        }
        None
    }

    /// Puts a list in another order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for end in (1..list.len()).rev() {
            list.swap(end, self.below(end + 1));
        }
    }

    /// Fills bytes.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let drawn = self.roll().to_le_bytes();
            chunk.copy_from_slice(&drawn[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_means_what_it_always_meant() {
        // The generator's published vector for the state 0.
        let mut dice = Dice::at(0);
        assert_eq!([dice.roll(), dice.roll()], [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4]);
        assert_eq!(Dice::new(3, 7).roll(), Dice::at(3_u64.wrapping_mul(STEP) ^ 7).roll());
    }

    #[test]
    fn what_has_no_weight_is_not_picked() {
        let mut dice = Dice::at(1);
        assert!((0..100).all(|_| dice.weighted(&[(0, 'a'), (3, 'b')]) == Some('b')));
        assert_eq!(dice.weighted(&[(0, 'a')]), None);
        assert_eq!(dice.pick::<char>(&[]), None);
    }
}
