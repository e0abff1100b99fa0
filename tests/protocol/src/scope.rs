//! How large a world is, and which faults are in it.
//!
//! Owns: the bounds. Within them everything that can happen happens, in every order. Refuses: what happens.

use crate::variants::Variant;
use tidemark_model::Policy;

/// How many devices there are.
pub const CLIENTS: u8 = 2;
/// Whoever made what was there at the beginning.
pub const OFFICE: u8 = 9;
/// What the server's clock shows: it stands, so that all three kinds of a stamp are there with three clocks.
pub const SERVER_NOW: i16 = 20;

/// What people do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deeds {
    /// They type over which properties, as a mask.
    pub set: u8,
    /// They delete.
    pub delete: bool,
    /// They take a deletion back, also one that was sent.
    pub undo: bool,
    /// The first device makes the record, which nobody has at the beginning.
    pub add: bool,
}

/// Which faults may strike, each of them at any time, [`Scope::faults`] in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// A message is lost.
    pub loses: bool,
    /// A message arrives and arrives once more later.
    pub repeats: bool,
    /// A device stops waiting, or its process is killed, while the message or its answer is still on the way.
    pub delays: bool,
    /// A process of the server is killed within a transaction.
    pub kills: bool,
}

/// A world.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// Its name.
    pub name: &'static str,
    /// How many records.
    pub rows: u8,
    /// How many edits each device's person makes.
    pub edits: [u8; CLIENTS as usize],
    /// What they do.
    pub deeds: Deeds,
    /// Which faults.
    pub network: Network,
    /// How many of them.
    pub faults: u8,
    /// How often old tombstones are purged.
    pub purges: u8,
    /// How often the server is put back to an older backup: every one there may be.
    pub restores: u8,
    /// How often the set is un-ticked; it is ticked again whenever they like.
    pub unticks: u8,
    /// What each device's clock shows.
    pub clocks: [i16; CLIENTS as usize],
    /// Who answers questions.
    pub policy: Policy,
    /// Whether a question stands on a screen for a while before it is answered.
    pub screens: bool,
    /// Whether the server is two processes, whose transactions begin and end apart.
    pub processes: bool,
    /// Whether a page holds one record.
    pub paged: bool,
    /// What is done wrong; nothing, where the protocol is as it is.
    pub variant: Option<Variant>,
}

impl Scope {
    /// Tells whether something is done wrong on purpose.
    pub fn is(&self, variant: Variant) -> bool {
        self.variant == Some(variant)
    }
}
