//! Planted bugs: mistakes that this product could have, or had, each behind a switch, so that the simulation can show that
//! it finds them (FAULTS section 1, FAULTS 3.4).
//!
//! Owns: the list ([`Planted`]), and the one switch: a bug is planted in a whole process, one at a time. Refuses: being in
//! anything that ships: without the feature `planted` [`is_planted`] is `false` while compiling, and with it nothing
//! compiles without debug assertions. The place of each bug is one short line where the rule that it breaks stands.

mod bugs;

pub use bugs::Planted;

#[cfg(all(feature = "planted", not(debug_assertions)))]
compile_error!("the feature `planted` is for tests: no release is built with bugs that can be switched on");

/// Where the idea of a planted bug comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A hazard of the algorithm as it was first written down (FAULTS section 1).
    Hazard,
    /// A kind of fault that was found here and mended (docs/reliability.md).
    Mended,
    /// One of the list of the fault catalogue (FAULTS 3.4).
    Catalogue,
    /// A mistake that is often made in programs such as this one.
    Usual,
}

impl Planted {
    /// Finds a bug by its name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|bug| bug.name() == name)
    }

    /// Tells where the idea comes from, which the letter of the name says.
    pub fn origin(self) -> Origin {
        match self.name().as_bytes()[0] {
            b'h' => Origin::Hazard,
            b'a' | b'b' => Origin::Mended,
            b'f' => Origin::Catalogue,
            _ => Origin::Usual,
        }
    }
}

/// Tells whether a bug is planted in this process.
#[cfg(not(feature = "planted"))]
#[inline(always)]
pub const fn is_planted(_: Planted) -> bool {
    false
}

#[cfg(feature = "planted")]
pub use switch::{is_planted, plant};

#[cfg(feature = "planted")]
mod switch {
    use super::Planted;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// The place of the planted bug in the list, counted from 1; 0 where none is.
    static PLANTED: AtomicUsize = AtomicUsize::new(0);

    /// Plants a bug in this process in place of the one before, or takes that out.
    pub fn plant(bug: Option<Planted>) {
        PLANTED.store(bug.map_or(0, |bug| bug as usize + 1), Ordering::Relaxed);
    }

    /// Tells whether a bug is planted in this process.
    pub fn is_planted(bug: Planted) -> bool {
        PLANTED.load(Ordering::Relaxed) == bug as usize + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_bug_has_a_name_of_its_own_and_says_what_it_breaks() {
        let mut names = BTreeSet::new();
        for bug in Planted::ALL {
            assert!(names.insert(bug.name()), "{} is there twice", bug.name());
            assert_eq!(Planted::of_name(bug.name()), Some(*bug));
            assert!(bug.says().ends_with('.') && !bug.breaks().is_empty(), "{bug:?}");
        }
        let count = |letter| names.iter().filter(|name| name.starts_with(letter)).count();
        let numbers = |letter: char, of: std::ops::RangeInclusive<u32>| {
            of.map(|n| format!("{letter}{n}")).filter(|name| !names.contains(name.as_str())).collect::<Vec<_>>()
        };
        let missing =
            [numbers('h', 1..=13), numbers('a', 1..=17), numbers('b', 18..=24), numbers('f', 1..=12)].concat();
        assert!(missing.is_empty(), "{missing:?}");
        assert!(count('x') >= 10);
    }

    #[cfg(feature = "planted")]
    #[test]
    fn one_is_planted_at_a_time() {
        plant(Some(Planted::B24TokenLikeAnOption));
        let planted = || Planted::ALL.iter().copied().filter(|bug| is_planted(*bug)).collect::<Vec<_>>();
        assert_eq!(planted(), [Planted::B24TokenLikeAnOption]);
        plant(None);
        assert_eq!(planted(), []);
    }
}
