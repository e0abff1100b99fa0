//! The kinds of kill: who is killed, while what is under way, how far it has come.
//!
//! Owns: drawing them so that each comes once before any comes twice, and counting those that were really made.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use tidemark_test_dice::Dice;
use tidemark_tests::Phase;

/// Who is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Victim {
    Client,
    Server,
}

/// What is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Work {
    /// A batch of changes.
    Push,
    /// The question for what changed.
    Pull,
    /// A set that is read whole.
    Page,
    /// An addition to a set that is not kept offline.
    Live,
}

/// One kind of kill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Card {
    pub(crate) work: Work,
    pub(crate) phase: Phase,
    pub(crate) victim: Victim,
}

const WORKS: [Work; 4] = [Work::Push, Work::Pull, Work::Page, Work::Live];
const VICTIMS: [Victim; 2] = [Victim::Client, Victim::Server];

/// All kinds, dealt again and again.
pub(crate) struct Deck {
    left: Vec<Card>,
    hit: BTreeMap<Card, usize>,
}

impl Deck {
    /// How many kinds there are.
    pub(crate) const KINDS: usize = WORKS.len() * Phase::ALL.len() * VICTIMS.len();

    pub(crate) fn shuffled(dice: &mut Dice) -> Self {
        Self { left: shuffled(dice), hit: all().into_iter().map(|card| (card, 0)).collect() }
    }

    pub(crate) fn draw(&mut self, dice: &mut Dice) -> Card {
        loop {
            match self.left.pop() {
                Some(card) => return card,
                None => self.left = shuffled(dice),
            }
        }
    }

    /// Counts a kill that was made.
    pub(crate) fn hit(&mut self, card: Card) {
        *self.hit.entry(card).or_default() += 1;
    }

    /// Returns the kinds that never were.
    pub(crate) fn missed(&self) -> Vec<Card> {
        self.hit.iter().filter(|(_, count)| **count == 0).map(|(card, _)| *card).collect()
    }

    pub(crate) fn table(&self) -> String {
        let mut text = String::new();
        for work in WORKS {
            for phase in Phase::ALL {
                let of = |victim| self.hit.get(&Card { work, phase, victim }).copied().unwrap_or(0);
                let (clients, servers) = (of(Victim::Client), of(Victim::Server));
                let _ = writeln!(
                    text,
                    "{:<5} {:<12} {clients:>4} clients {servers:>4} servers",
                    format!("{work:?}"),
                    format!("{phase:?}")
                );
            }
        }
        text
    }
}

fn all() -> Vec<Card> {
    let mut all = Vec::new();
    for work in WORKS {
        for phase in Phase::ALL {
            all.extend(VICTIMS.map(|victim| Card { work, phase, victim }));
        }
    }
    all
}

fn shuffled(dice: &mut Dice) -> Vec<Card> {
    let mut cards = all();
    for last in (1..cards.len()).rev() {
        cards.swap(last, dice.below(last + 1));
    }
    cards
}
