//! The address of what is left of a list, of a set or beside a record: one kind of link for both.
//!
//! Owns: what such a link is sealed for, and how long its ordering keys may be. A link carries the keys of the last record, so that
//! records made or deleted meanwhile neither move others out of sight nor show them twice, and the moment of the first page.
//! Refuses: the token's form (`token`).

use crate::change::Place;
use crate::server::Server;
use crate::token::Token;
use tidemark_model::Cell;

/// Past this a token of ordering keys would make URLs that some clients and proxies cut.
const LONGEST_KEYS: usize = 1024;

/// Where a list is and what is asked of it, without `$skiptoken`.
#[derive(Clone, Copy)]
pub(super) struct List<'l> {
    /// The path, relative to the service root.
    pub(super) path: &'l str,
    /// The place of its records.
    pub(super) place: &'l Place,
    /// The raw query, as it comes back.
    pub(super) asked: &'l str,
}

impl List<'_> {
    /// Returns what its tokens are sealed for: a set's list is named by its place already.
    pub(super) fn sealed(&self) -> String {
        if self.path == self.place.set { self.asked.to_owned() } else { format!("{}?{}", self.path, self.asked) }
    }

    /// Returns the link that goes on with it; `base` is what addresses begin with.
    pub(super) fn link(&self, server: &Server, base: &str, token: &Token) -> String {
        let identity = server.identity();
        let token = server.seal(&identity, self.place, &self.sealed()).seal(token);
        let and = if self.asked.is_empty() { "" } else { "&" };
        format!("{base}{}?{}{and}$skiptoken={token}", self.path, self.asked)
    }
}

/// Returns the ordering keys of a record; `None` where they are too long to travel.
pub(super) fn portable(keys: Vec<Cell<'static>>) -> Option<Vec<Cell<'static>>> {
    let bytes: usize = keys.iter().map(|cell| if let Cell::Text(text) = cell { text.len() } else { 16 }).sum();
    (bytes <= LONGEST_KEYS).then_some(keys)
}
