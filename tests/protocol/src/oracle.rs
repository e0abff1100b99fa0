//! The judge's own book: what people did and what was shown to them.
//!
//! Owns: what must be true of edits, written down from outside events (Save acknowledged, a question shown, an answer
//! given) and from what a person sees. It shares no code with what decides, and knows a value by who typed it. Refuses:
//! how a device or the server came to what they hold. FAULTS section 1, DESIGN section 3.

use crate::client::{Client, Event};
use crate::network::Position;
use crate::rules::{Answer, Asked, Kind};
use crate::scope::OFFICE;
use crate::server::Server;
use crate::values::{Etag, NULL, Rec, Token};
use std::collections::BTreeSet;

/// What a person wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Want {
    /// This value in this property.
    Value(u8, Token),
    /// The record gone; which they saw as this version of the server's.
    Gone(u8),
    /// The record back.
    Back(u8),
}

/// An edit that Save acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Edit {
    /// Whose device.
    pub by: u8,
    /// Of which record.
    pub row: u8,
    /// What they wanted.
    pub want: Want,
    /// Whether a later edit of the same person took its place, or an answer of theirs did.
    pub closed: bool,
}

/// Something that must never be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Wrong {
    /// The same pair of versions was asked about after it was answered.
    AskedTwice,
    /// A question that is none: about own work, or about what does not clash.
    FalseQuestion,
    /// A position went back within its life.
    WentBack,
}

/// The book.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Oracle {
    /// Every edit.
    pub edits: Vec<Edit>,
    /// Which values each person had before their eyes when they changed or answered something about them.
    pub seen: BTreeSet<(u8, u8, Token)>,
    /// Which versions each person answered a question about, as they were shown.
    pub answered: BTreeSet<(u8, u8, Etag, [Token; 2])>,
    /// Decisions that bring a record back.
    pub backs: BTreeSet<(u8, u8, u8)>,
    /// Decisions that delete.
    pub deletions: BTreeSet<(u8, u8, u8)>,
    /// What went wrong.
    pub wrongs: BTreeSet<Wrong>,
}

/// Returns whose value it is: each device's person types their own.
pub fn typed_by(token: Token) -> u8 {
    match token {
        0 | NULL => OFFICE,
        token => (token - 1) / 8,
    }
}

/// Returns the value that a person types with their so-manieth edit.
pub fn token(by: u8, edit: u8) -> Token {
    1 + by * 8 + edit
}

impl Oracle {
    /// A value was typed over what was seen.
    pub fn typed(&mut self, by: u8, row: u8, property: u8, token: Token, before: Option<Rec>) {
        if let Some(before) = before.map(|before| before.values[usize::from(property)]) {
            self.saw(by, row, before);
            self.close(by, row, before);
        }
        self.edits.push(Edit { by, row, want: Want::Value(property, token), closed: false });
    }

    /// A record was deleted as it was seen, which was this version of the server's.
    pub fn deleted(&mut self, by: u8, row: u8, before: Rec, since: u8) {
        self.gone_by_choice(by, row, before);
        for edit in self.edits.iter_mut().filter(|edit| edit.by == by && edit.row == row) {
            edit.closed |= matches!(edit.want, Want::Back(_));
        }
        self.edits.push(Edit { by, row, want: Want::Gone(since), closed: false });
        self.count_deletion(by, row);
    }

    fn gone_by_choice(&mut self, by: u8, row: u8, before: Rec) {
        for value in before.values {
            self.saw(by, row, value);
            self.close(by, row, value);
        }
    }

    /// A deletion was taken back, and this is seen again.
    pub fn undone(&mut self, by: u8, row: u8, after: Option<Rec>, since: u8) {
        for edit in self.edits.iter_mut().filter(|edit| edit.by == by && edit.row == row) {
            match edit.want {
                Want::Gone(_) => edit.closed = true,
                Want::Value(property, token) => {
                    edit.closed &= after.is_none_or(|after| after.values[usize::from(property)] != token);
                }
                Want::Back(_) => {}
            }
        }
        self.edits.push(Edit { by, row, want: Want::Back(since), closed: false });
        self.count_back(by, row);
    }

    fn count_back(&mut self, by: u8, row: u8) {
        let nth = self.backs.iter().filter(|(who, what, _)| (*who, *what) == (by, row)).count();
        self.backs.insert((by, row, u8::try_from(nth).expect("few")));
    }

    fn count_deletion(&mut self, by: u8, row: u8) {
        let nth = self.deletions.iter().filter(|(who, what, _)| (*who, *what) == (by, row)).count();
        self.deletions.insert((by, row, u8::try_from(nth).expect("few")));
    }

    fn saw(&mut self, by: u8, row: u8, token: Token) {
        if typed_by(token) != OFFICE && typed_by(token) != by {
            self.seen.insert((by, row, token));
        }
    }

    fn close(&mut self, by: u8, row: u8, token: Token) {
        let of =
            |edit: &&mut Edit| edit.by == by && edit.row == row && matches!(edit.want, Want::Value(_, t) if t == token);
        self.edits.iter_mut().filter(of).for_each(|edit| edit.closed = true);
    }

    /// A person (or a policy of theirs) answered a question that showed this; `after` is what is seen then.
    pub fn answered(&mut self, by: u8, row: u8, shown: Asked, answer: Answer, after: Option<Rec>) {
        let theirs = shown.server.map(|server| server.rec);
        theirs.into_iter().flat_map(|theirs| theirs.values).for_each(|value| self.saw(by, row, value));
        // What is seen is what is answered: the record on the screen belongs to the question.
        shown.mine.values.into_iter().for_each(|value| self.saw(by, row, value));
        if let Some(server) = shown.server {
            self.answered.insert((by, row, server.etag, server.rec.values));
        }
        for value in shown.mine.values {
            if after.is_none_or(|after| !after.values.contains(&value)) {
                self.close(by, row, value);
            }
        }
        let closes = |edit: &Edit| match (shown.kind, answer) {
            (Kind::EditedOnServer, Answer::Theirs) => matches!(edit.want, Want::Gone(_)),
            (Kind::DeletedOnServer, Answer::Theirs) => matches!(edit.want, Want::Back(_)),
            (Kind::DeletedOnServer, Answer::Mine) => matches!(edit.want, Want::Gone(_)),
            _ => false,
        };
        self.edits
            .iter_mut()
            .filter(|edit| edit.by == by && edit.row == row && closes(edit))
            .for_each(|e| e.closed = true);
        if answer == Answer::Mine {
            match shown.kind {
                Kind::EditedOnServer => self.count_deletion(by, row),
                Kind::DeletedOnServer => {
                    self.count_back(by, row);
                    let since = shown.server.map_or(0, |server| server.etag.seq);
                    self.edits.push(Edit { by, row, want: Want::Back(since), closed: false });
                }
                Kind::BothEdited if theirs.is_none() => self.count_back(by, row),
                Kind::BothEdited => {}
            }
        }
    }

    /// Looks at what a device put before its person.
    pub fn noticed(&mut self, by: u8, events: &[Event], server: &Server) {
        for event in events {
            let (Event::Put(row, asked) | Event::ByPolicy(row, asked, _)) = event;
            if asked.server.is_some_and(|version| self.answered.contains(&(by, *row, version.etag, version.rec.values)))
            {
                self.wrongs.insert(Wrong::AskedTwice);
            }
            // Of a server that was restored nobody knows what happened since: only what the question says is looked at.
            let is_plain = server.history == 0;
            if !clashes(asked, is_plain) || (is_plain && is_own_doing(by, *row, asked, server)) {
                self.wrongs.insert(Wrong::FalseQuestion);
            }
        }
    }

    /// Compares where a device's pull stood with where it stands.
    pub fn moved(&mut self, before: &Client, after: &Client) {
        if let (Some(Position::Delta(was)), Some(Position::Delta(is))) = (before.position, after.position)
            && before.incarnation == after.incarnation
            && was.history == is.history
            && is.seq < was.seq
        {
            self.wrongs.insert(Wrong::WentBack);
        }
    }
}

/// Tells whether what a question is about clashes at all (DESIGN section 4, Reconcile).
fn clashes(asked: &Asked, is_plain: bool) -> bool {
    let theirs = asked.server.map(|server| server.rec);
    let base = asked.base.map(|base| base.rec).filter(|base| !base.tomb);
    match asked.kind {
        Kind::DeletedOnServer => theirs.is_none_or(|theirs| theirs.tomb),
        Kind::EditedOnServer => {
            theirs.is_some_and(|theirs| !theirs.tomb && base.is_none_or(|base| base.values != theirs.values))
        }
        Kind::BothEdited => {
            let Some(theirs) = theirs.filter(|theirs| !theirs.tomb) else { return false };
            let both = |at: usize| {
                let (mine, theirs) = (asked.mine.values[at], theirs.values[at]);
                let moved = base.is_none_or(|base| base.values[at] != mine && base.values[at] != theirs);
                mine != theirs && (moved || !is_plain)
            };
            asked.properties != 0 && (0..2).filter(|at| asked.properties & (1 << at) != 0).all(both)
        }
    }
}

/// Tells whether all that happened to a record since the version that a change was made on came from the very device.
fn is_own_doing(by: u8, row: u8, asked: &Asked, server: &Server) -> bool {
    let since = asked.base.filter(|base| base.etag != Etag::NONE).map_or(0, |base| base.etag.seq);
    let until = asked.server.map_or(u8::MAX, |server| server.etag.seq);
    let mut lines = server.journal.iter().filter(|line| line.part.row == row);
    !lines.any(|line| line.etag.seq > since && line.etag.seq <= until && line.by != by)
}
