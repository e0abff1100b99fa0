//! Who hears of committed changes, in this process and from others.
//!
//! Owns: collecting which records a transaction touched, and telling listeners after its commit. Refuses: telling
//! anything that was rolled back.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tidemark_model::RecordId;

/// What changed in a committed write, for whoever shows records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The entity set.
    pub set: String,
    /// The records, or `None` where there were too many to name.
    pub ids: Option<Vec<RecordId>>,
}

/// More changed records than this are announced as "many".
pub(crate) const NAMED: usize = 500;

pub(crate) type Listener = dyn Fn(&[Changed]) + Send + Sync;

/// Those who asked to hear.
#[derive(Default)]
pub(crate) struct Listeners(Mutex<Vec<Arc<Listener>>>);

impl Listeners {
    pub(crate) fn add(&self, listener: Arc<Listener>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(listener);
    }

    pub(crate) fn tell(&self, changed: &[Changed]) {
        if changed.is_empty() {
            return;
        }
        // Copied, so that a listener may call the store.
        let listeners = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for listener in listeners {
            listener(changed);
        }
    }
}

/// The records that one transaction touched.
#[derive(Default)]
pub(crate) struct Noticed(BTreeMap<String, Option<Vec<RecordId>>>);

impl Noticed {
    /// Notes one record; tells whether the set's list is still open.
    pub(crate) fn note(&mut self, set: &str, id: RecordId) -> bool {
        let Some(named) = self.0.get_mut(set) else {
            self.0.insert(set.to_owned(), Some(vec![id]));
            return true;
        };
        match named {
            Some(ids) if ids.contains(&id) => true,
            Some(ids) if ids.len() < NAMED => {
                ids.push(id);
                true
            }
            named => {
                *named = None;
                false
            }
        }
    }

    /// Notes that too many to name were touched.
    pub(crate) fn note_many(&mut self, set: &str) {
        self.0.insert(set.to_owned(), None);
    }

    pub(crate) fn contains(&self, set: &str) -> bool {
        self.0.contains_key(set)
    }

    pub(crate) fn into_changes(self) -> Vec<Changed> {
        self.0.into_iter().map(|(set, ids)| Changed { set, ids }).collect()
    }
}
