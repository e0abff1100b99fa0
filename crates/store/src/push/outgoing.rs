//! A pending change as it is to be sent.
//!
//! Owns: its body and its request id, made from nothing but the copy in flight: a repeat is the same to the byte. Refuses:
//! choosing what is sent next (`batch`).

use crate::error::Result;
use crate::tables::pending::InFlight;
use crate::tables::table::Table;
use crate::tx::transaction::Tx;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use tidemark_model::{
    ChangeIdentity, ID, IS_TOMBSTONED, Planted, Record, RecordId, State, UPDATED_AT, is_planted, request_id,
};

/// One pending change, as it is to be sent. It is remembered in flight before the caller sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// The entity set.
    pub set: String,
    /// The record.
    pub id: RecordId,
    /// `Repeatability-Request-ID`: the same for every time this very change is sent.
    pub request_id: RecordId,
    /// When it was first sent, Unix milliseconds UTC (`Repeatability-First-Sent`).
    pub first_sent_ms: i64,
    /// What to do.
    pub change: OutgoingChange,
    /// The body as it goes over the wire, where there is one: it is written once.
    pub text: Option<Text>,
}

/// JSON that was written once.
#[derive(Clone, Debug)]
pub struct Text(pub Box<RawValue>);

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

/// Bytes that a batch adds to a change's body: the URL, the headers, the punctuation.
const ENVELOPE: usize = 420;

impl Outgoing {
    /// Writes a change down as it is to be sent.
    ///
    /// # Errors
    /// Its body is no JSON.
    pub fn new(
        set: &str,
        id: RecordId,
        request_id: RecordId,
        first_sent_ms: i64,
        change: OutgoingChange,
    ) -> Result<Self> {
        let text = change.body().map(to_raw_value).transpose()?.map(Text);
        Ok(Self { set: set.to_owned(), id, request_id, first_sent_ms, change, text })
    }

    /// Returns about how many bytes it adds to a batch.
    pub fn bytes(&self) -> usize {
        ENVELOPE + self.text.as_ref().map_or(0, |text| text.0.get().len())
    }
}

/// The change itself.
#[derive(Clone, Debug, PartialEq)]
pub enum OutgoingChange {
    /// POST with `If-None-Match: *`.
    Add {
        /// The body: `Id`, every property that is not null, `_UpdatedAt`.
        body: Map<String, Value>,
    },
    /// PATCH with `If-Match`.
    Update {
        /// The body: the changed properties and `_UpdatedAt`.
        body: Map<String, Value>,
        /// The ETag that the change was made on.
        if_match: String,
    },
    /// PUT with `If-Match` a tombstone's ETag.
    Restore {
        /// The body: the whole record, `_IsTombstoned` false.
        body: Map<String, Value>,
        /// The tombstone's ETag.
        if_match: String,
    },
    /// DELETE with `If-Match`.
    Delete {
        /// The ETag that the deletion was made on.
        if_match: String,
    },
}

impl OutgoingChange {
    /// Returns the body; a deletion has none.
    pub fn body(&self) -> Option<&Map<String, Value>> {
        match self {
            Self::Add { body } | Self::Update { body, .. } | Self::Restore { body, .. } => Some(body),
            Self::Delete { .. } => None,
        }
    }

    /// Returns the ETag of the version that the change was made on; nothing for an addition.
    pub fn if_match(&self) -> &str {
        match self {
            Self::Add { .. } => "",
            Self::Update { if_match, .. } | Self::Restore { if_match, .. } | Self::Delete { if_match } => if_match,
        }
    }
}

/// Writes a change as it is sent, from nothing but the copy in flight: a repeat is the same to the byte.
pub(crate) fn outgoing(table: &Table, sent: &InFlight) -> Result<Outgoing> {
    let record = &sent.record;
    let if_match = sent.if_match.clone().unwrap_or_default();
    let change = match sent.state {
        State::Delete => OutgoingChange::Delete { if_match },
        State::Update if sent.restores => OutgoingChange::Restore { body: whole(table, record), if_match },
        State::Update => {
            let names = sent.changed.iter().filter(|name| is_known(table, name, record.get(name)));
            let mut body: Map<String, Value> = names.map(|name| (name.clone(), record.get(name).clone())).collect();
            body.insert(UPDATED_AT.to_owned(), record.updated_at.into());
            OutgoingChange::Update { body, if_match }
        }
        State::Add | State::None => OutgoingChange::Add { body: without_nulls(table, record) },
    };
    Outgoing::new(&table.set.name, record.id, sent.request_id, sent.first_sent_ms, change)
}

/// A new record: what it leaves out is null, unless the model would put a default there.
fn without_nulls(table: &Table, record: &Record) -> Map<String, Value> {
    let has_default = |name: &str| table.set.entity_type.property(name).is_some_and(|p| p.default.is_some());
    let mut body = Map::from_iter([(ID.to_owned(), record.id.to_string().into())]);
    let properties = record.properties.iter().filter(|(name, value)| !value.is_null() || has_default(name));
    body.extend(properties.map(|(name, value)| (name.clone(), value.clone())));
    body.insert(UPDATED_AT.to_owned(), record.updated_at.into());
    body
}

/// Tells whether the server is to hear of a value: that a property which left the model has none is no news.
fn is_known(table: &Table, name: &str, value: &Value) -> bool {
    !value.is_null() || table.set.entity_type.property(name).is_some()
}

fn whole(table: &Table, record: &Record) -> Map<String, Value> {
    let mut body = Map::from_iter([(ID.to_owned(), record.id.to_string().into())]);
    let known = record.properties.iter().filter(|(name, value)| is_known(table, name, value));
    body.extend(known.map(|(name, value)| (name.clone(), value.clone())));
    body.insert(UPDATED_AT.to_owned(), record.updated_at.into());
    body.insert(IS_TOMBSTONED.to_owned(), false.into());
    body
}

/// Gives a change the request id that belongs to what is sent, and returns that.
pub(crate) fn name(tx: &Tx<'_>, table: &Table, sent: &mut InFlight) -> Result<Outgoing> {
    let mut outgoing = outgoing(table, sent)?;
    let method = match &outgoing.change {
        OutgoingChange::Add { .. } => "POST",
        OutgoingChange::Update { .. } => "PATCH",
        OutgoingChange::Restore { .. } => "PUT",
        OutgoingChange::Delete { .. } => "DELETE",
    };
    let body = outgoing.change.body();
    let device = if is_planted(Planted::A14bRequestNamedByChance) { tx.fresh_id() } else { tx.device_id()? };
    let base = sent.if_match.as_deref();
    sent.request_id = request_id(&ChangeIdentity { device, set: &outgoing.set, id: outgoing.id, method, base, body });
    outgoing.request_id = sent.request_id;
    Ok(outgoing)
}
