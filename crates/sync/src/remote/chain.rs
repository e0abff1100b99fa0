//! The pages of one list or feed, as they are followed one after the other.
//!
//! Owns: that following them ends whatever the server says: no page is asked for twice, and there are not more of them
//! than any list has (FAULTS A10). Refuses: asking, and what becomes of what came so far.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Pages of one list that are followed at once: of the smallest usual size that is five million records, and a feed goes
/// on in the next cycle where this one left it.
pub(crate) const MOST_PAGES: usize = 10_000;

/// The pages that came so far.
pub(crate) struct Chain {
    /// Digests of their links: a link may be long.
    came: HashSet<u64>,
    most: usize,
}

impl Chain {
    /// Begins; `most` pages may come.
    pub(crate) fn new(most: usize) -> Self {
        Self { came: HashSet::new(), most }
    }

    /// Notes that the page behind a link came.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence: it came before, or it is one too many.
    pub(crate) fn came(&mut self, link: &str) -> Result<(), &'static str> {
        let mut digest = DefaultHasher::new();
        link.hash(&mut digest);
        if !self.came.insert(digest.finish()) {
            return Err("its pages lead in a circle");
        }
        if self.came.len() > self.most { Err("its pages have no end") } else { Ok(()) }
    }
}
