//! What a request's changes will ask for, looked up at once where each question costs a trip.
//!
//! Owns: the rows and the earlier requests that the next changes name, as they stand at this point of the transaction.
//! Refuses: outliving it; where nothing is far it holds nothing, and each is asked for when it is needed.

use super::journal::{self, Earlier};
use super::table::{self, SetTable, Tables};
use super::tx::Tx;
use crate::change::{Change, Place, Row, Step};
use crate::storage::{Caller, Result};
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

/// Fewer than these are asked for one by one.
const FEW: usize = 3;
/// So many are looked up at a time: their rows stand in memory together.
pub(super) const AT_ONCE: usize = 50;

/// The rows and requests of some changes.
#[derive(Default)]
pub(super) struct LookedUp {
    rows: HashMap<(String, Uuid), Option<Row>>,
    /// Names of requests whose absence from `requests` is known.
    named: HashSet<[u8; 16]>,
    requests: HashMap<[u8; 16], Earlier>,
}

impl LookedUp {
    /// Looks up what the first changes of some steps name.
    pub(super) fn of(tx: &dyn Tx, tables: &Tables, caller: &Caller, steps: &[Step]) -> Result<Self> {
        let changes: Vec<&Change> = steps.iter().flat_map(|step| &step.0).take(AT_ONCE).collect();
        if !tx.is_far() || changes.len() < FEW {
            return Ok(Self::default());
        }
        let mut by_set: BTreeMap<&str, Vec<Uuid>> = BTreeMap::new();
        for change in &changes {
            by_set.entry(&change.set).or_default().push(change.id.0);
        }
        let mut rows: HashMap<(String, Uuid), Option<Row>> = HashMap::new();
        for (set, ids) in by_set {
            let place = tables.place(set, caller)?;
            let found = table::find_many(tx, tables.table(set)?, &place, &ids)?;
            rows.extend(ids.into_iter().map(|id| ((set.to_owned(), id), None)));
            rows.extend(found.into_iter().map(|row| ((set.to_owned(), row.id), Some(row))));
        }
        let named: Vec<Uuid> = changes.iter().filter_map(|change| name_of(change)).map(Uuid::from_bytes).collect();
        let requests = match named.is_empty() {
            true => HashMap::new(),
            false => journal::find_requests(tx, caller, &named)?.into_iter().collect(),
        };
        Ok(Self { rows, named: named.into_iter().map(Uuid::into_bytes).collect(), requests })
    }

    /// Returns a row as it stands.
    pub(super) fn row(&self, tx: &dyn Tx, table: &SetTable, place: &Place, id: Uuid) -> Result<Option<Row>> {
        match self.rows.get(&(place.set.clone(), id)) {
            Some(row) => Ok(row.clone()),
            None => table::find(tx, table, place, id),
        }
    }

    /// Returns the line of a request that was made before.
    pub(super) fn request(&self, tx: &dyn Tx, caller: &Caller, request: [u8; 16]) -> Result<Option<Earlier>> {
        match self.named.contains(&request) {
            true => Ok(self.requests.get(&request).cloned()),
            false => journal::find_request(tx, caller, request),
        }
    }

    /// Forgets what a change is about to make untrue; a later change of the same record, or a name that comes twice, is
    /// asked for.
    pub(super) fn changed(&mut self, change: &Change) {
        self.rows.remove(&(change.set.clone(), change.id.0));
        if let Some(name) = name_of(change) {
            self.named.remove(&name);
        }
    }
}

/// The name of the request that a change is made for.
fn name_of(change: &Change) -> Option<[u8; 16]> {
    change.repeat.or(change.asks_for).map(|repeat| repeat.request)
}
