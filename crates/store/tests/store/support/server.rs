//! A server small enough to be believed: one entity set, versions, a change journal, a feed. It shares no rule with
//! the store: a change is applied if its condition holds, and a repeated request is answered from the journal.

use crate::support::{ITEMS, take};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use tidemark_model::{ID, Incoming, Record, RecordId, Removal, RowSink, UPDATED_AT, Versioned, is_sync_property};
use tidemark_store::{Answer, Onto, Outgoing, OutgoingChange, StoreError};

#[derive(Clone, Default)]
pub(crate) struct Server {
    pub(crate) records: BTreeMap<RecordId, (u64, Record)>,
    /// By account and request, as a copy of a data folder may be signed in as somebody else.
    journal: BTreeMap<(String, RecordId), Answer>,
    pub(crate) sequence: u64,
    /// The random mark of its ETags: a restored server gives a number a second time, but not a mark.
    pub(crate) mark: u32,
    /// How often each request changed something.
    pub(crate) applied: BTreeMap<(String, RecordId), u32>,
    /// Every content that was ever accepted.
    pub(crate) versions: Vec<Record>,
    /// The same by ETag.
    pub(crate) by_etag: BTreeMap<String, Record>,
    /// Records that were restored after a deletion, by request.
    pub(crate) restored: Vec<RecordId>,
    pub(crate) deletions: BTreeSet<RecordId>,
}

impl Server {
    fn etag(sequence: u64) -> String {
        format!("W/\"{sequence:x}\"")
    }

    fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        (self.sequence << 8) | u64::from(self.mark)
    }

    fn current(&self, id: RecordId) -> Option<Versioned> {
        let (sequence, record) = self.records.get(&id)?;
        Some(Versioned { record: record.clone(), etag: Self::etag(*sequence) })
    }

    fn write(&mut self, mut record: Record, user: &str) -> Answer {
        let sequence = self.next_sequence();
        record.updated_by = Some(user.to_owned());
        self.versions.push(record.clone());
        self.by_etag.insert(Self::etag(sequence), record.clone());
        self.records.insert(record.id, (sequence, record));
        Answer::Done { etag: Self::etag(sequence), stamp: None }
    }

    /// An edit straight on the server, as Excel makes it; of nothing but the stamp where `change` names nothing. A
    /// deleted record stays as it is.
    pub(crate) fn office(&mut self, id: RecordId, change: Option<(&str, Value)>) {
        let live = self.records.get(&id).filter(|(_, record)| !record.is_tombstoned);
        let Some((_, mut record)) = live.cloned() else { return };
        if let Some((property, value)) = change {
            record.properties.insert(property.to_owned(), value);
        }
        record.updated_at += 1;
        self.write(record, "the office");
    }

    /// Somebody else's edit, by whatever way.
    pub(crate) fn edit(&mut self, id: RecordId, property: &str, value: Value) {
        let mut record = self.records.get(&id).map_or_else(|| Record::new(id, 0), |(_, record)| record.clone());
        record.properties.insert(property.to_owned(), value);
        record.updated_at += 1;
        self.write(record, "bob");
    }

    /// Somebody else's deletion, also of what was never there.
    pub(crate) fn delete(&mut self, id: RecordId) {
        let mut record = self.records.get(&id).map_or_else(|| Record::new(id, 0), |(_, record)| record.clone());
        record.is_tombstoned = true;
        record.updated_at += 1;
        self.write(record, "bob");
    }

    /// Handles one change of one user.
    pub(crate) fn handle(&mut self, user: &str, outgoing: &Outgoing) -> Answer {
        if let Some(answer) = self.journal.get(&(user.to_owned(), outgoing.request_id)) {
            return answer.clone();
        }
        if outgoing.set != ITEMS {
            return Answer::Done { etag: format!("other-{}", outgoing.request_id), stamp: None };
        }
        let id = outgoing.id;
        let current = self.current(id);
        let holds = match &outgoing.change {
            OutgoingChange::Add { .. } => current.is_none(),
            OutgoingChange::Update { if_match, .. }
            | OutgoingChange::Restore { if_match, .. }
            | OutgoingChange::Delete { if_match } => current.as_ref().is_some_and(|c| c.etag == *if_match),
        };
        if !holds {
            let is_gone = current.as_ref().is_none_or(|c| c.record.is_tombstoned);
            if is_gone && matches!(outgoing.change, OutgoingChange::Delete { .. }) {
                return Answer::Absent;
            }
            return current.map_or(Answer::Absent, |current| Answer::Stale { current });
        }
        let stored = current.map(|c| c.record);
        let was_dead = stored.as_ref().is_some_and(|r| r.is_tombstoned);
        let mut record = stored.unwrap_or_else(|| Record::new(id, 0));
        let body = match &outgoing.change {
            OutgoingChange::Add { body } | OutgoingChange::Update { body, .. } => body.clone(),
            OutgoingChange::Restore { body, .. } => {
                self.restored.push(outgoing.request_id);
                record.is_tombstoned = false;
                body.clone()
            }
            OutgoingChange::Delete { .. } => {
                self.deletions.insert(id);
                record.is_tombstoned = true;
                Default::default()
            }
        };
        assert!(!was_dead || !record.is_tombstoned, "a deletion of a deleted record was sent");
        for (name, value) in body {
            match name.as_str() {
                ID => assert_eq!(value, Value::String(id.to_string())),
                UPDATED_AT => record.updated_at = value.as_i64().unwrap().max(record.updated_at + 1),
                name if is_sync_property(name) => {}
                _ => {
                    record.properties.insert(name, value);
                }
            }
        }
        *self.applied.entry((user.to_owned(), outgoing.request_id)).or_default() += 1;
        let answer = self.write(record, user);
        self.journal.insert((user.to_owned(), outgoing.request_id), answer.clone());
        answer
    }

    /// Puts everything after `since` into a pull, in order of arrival.
    pub(crate) fn delta(&self, since: u64, tx: &mut Onto<'_>) -> Result<(), StoreError> {
        let mut changed: Vec<_> = self.records.values().filter(|(sequence, _)| *sequence >> 8 > since).collect();
        changed.sort_by_key(|(sequence, _)| *sequence);
        for (sequence, record) in changed {
            if record.is_tombstoned {
                tx.sink()?.take(Incoming::Removed {
                    id: record.id,
                    reason: Removal::Deleted,
                    etag: Some(&Self::etag(*sequence)),
                    updated_at: Some(record.updated_at),
                    updated_by: record.updated_by.as_deref(),
                })?;
            } else {
                take(tx, ITEMS, &Versioned { record: record.clone(), etag: Self::etag(*sequence) })?;
            }
        }
        Ok(())
    }

    /// Puts every live record into a pull, in key order.
    pub(crate) fn enumerate(&self, tx: &mut Onto<'_>) -> Result<(), StoreError> {
        for (sequence, record) in self.records.values().filter(|(_, record)| !record.is_tombstoned) {
            take(tx, ITEMS, &Versioned { record: record.clone(), etag: Self::etag(*sequence) })?;
        }
        Ok(())
    }

    /// Answers a request for single records, deleted ones too.
    pub(crate) fn single(&self, ids: &[RecordId], tx: &mut Onto<'_>) -> Result<(), StoreError> {
        for id in ids {
            if let Some(current) = self.current(*id) {
                take(tx, ITEMS, &current)?;
            }
        }
        Ok(())
    }
}
