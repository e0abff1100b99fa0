//! What settling or pulling came to, in numbers.
//!
//! Owns: counting together. Refuses: what counts.

/// What settling or pulling came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Changes that the server has accepted.
    pub pushed: u64,
    /// Records that changed here by a pull; never the echo of this device's own push.
    pub pulled: u64,
    /// Records where edits of both sides came together by themselves.
    pub merged: u64,
    /// Conflicts opened.
    pub conflicts: u64,
    /// Records parked.
    pub parked: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.pushed += other.pushed;
        self.pulled += other.pulled;
        self.merged += other.merged;
        self.conflicts += other.conflicts;
        self.parked += other.parked;
    }
}
