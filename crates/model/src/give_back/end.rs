//! The end of giving back: the server has everything again that this device had confirmed.
//!
//! Owns: what waits here goes on top of it; where the device had more than that, others made it: it is asked about.
//! Refuses: what `reconcile` decides, where nothing is forgotten.

use crate::reconcile::ConflictKind;
use crate::record::{Record, State, Versioned, changed_properties, same_value};
use crate::resolve::Conflict;
use serde_json::Value;

/// A record at the end.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'e> {
    /// What this device has pending; an update with nothing in it, where that is nothing.
    pub state: State,
    /// The version that this device last had of the server's.
    pub known: Option<&'e Versioned>,
    /// The record as its user sees it.
    pub mine: &'e Record,
    /// Whether the server had an older version than that.
    pub forgot: bool,
}

/// What becomes of it.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// It goes here too.
    Goes,
    /// It becomes the server's version.
    TakesServer,
    /// It is pending on the server's version.
    Waits(State),
    /// It is asked about.
    Asked(Box<Conflict>),
    /// The usual rules: what is pending meets the server's version.
    Reconcile,
}

/// Returns what becomes of a record once the server, which has this version now, has all of it again.
pub fn end(ended: Ended<'_>, server: &Versioned) -> End {
    let Ended { state, mine, forgot, .. } = ended;
    let known = known(ended);
    let is_clean = known.is_some_and(|known| known.same_content(mine));
    let is_unchanged = known.is_some_and(|known| known.same_content(&server.record));
    match (state == State::Delete, server.record.is_tombstoned) {
        (true, true) => End::Goes,
        (true, false) if forgot || is_unchanged => End::Waits(State::Delete),
        (false, true) if is_clean && !forgot => End::Goes,
        (false, true) => End::Asked(Box::new(asked(ConflictKind::DeletedOnServer, Vec::new(), None, mine, server))),
        (false, false) if is_unchanged || mine.same_content(&server.record) => End::Waits(State::Update),
        (false, false) if forgot => forgotten(ended, server),
        (false, false) if is_clean => End::TakesServer,
        _ => End::Reconcile,
    }
}

fn known<'e>(ended: Ended<'e>) -> Option<&'e Record> {
    ended.known.map(|known| &known.record).filter(|known| !known.is_tombstoned)
}

/// The values of others that the server forgot are asked about; what this device typed over them itself goes on top,
/// unasked.
fn forgotten(ended: Ended<'_>, server: &Versioned) -> End {
    let (mine, known) = (ended.mine, known(ended));
    let differs = changed_properties(mine, &server.record);
    let is_theirs = |name: &&&str| known.is_none_or(|known| same_value(known.get(name), mine.get(name)));
    let forgotten: Vec<String> = differs.iter().filter(is_theirs).map(|name| (*name).to_owned()).collect();
    if forgotten.is_empty() {
        return End::Waits(State::Update);
    }
    let kind = ConflictKind::BothEdited;
    if forgotten.iter().any(|name| server.record.get(name).is_null() || mine.get(name).is_null()) {
        // No base makes these clash alone: everything that differs is asked about.
        let properties = differs.into_iter().map(str::to_owned).collect();
        return End::Asked(Box::new(asked(kind, properties, None, mine, server)));
    }
    // A base on which only those clash; it is no version of the server's.
    let mut record = server.record.clone();
    for name in &forgotten {
        record.properties.insert(name.clone(), Value::Null);
    }
    let base = Versioned { record, etag: String::new() };
    End::Asked(Box::new(asked(kind, forgotten, Some(base), mine, server)))
}

fn asked(
    kind: ConflictKind,
    properties: Vec<String>,
    base: Option<Versioned>,
    mine: &Record,
    server: &Versioned,
) -> Conflict {
    Conflict { kind, properties, base, mine: mine.clone(), server: Some(server.clone()) }
}
