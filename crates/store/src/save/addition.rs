//! Additions that go straight to the server, and the `Id`s they go under (`docs/sync.md`, "Sets that are not kept offline").
//!
//! Owns: that an addition whose answer never came goes under the same `Id` when it is made again, by whichever process, so
//! that it is one record (promise 4). Written down before it is sent: a program that is killed says nothing. Bounded in
//! number and age; gone once it is answered, and with the account. Refuses: sending it. Two of the same that are on
//! their way at the same time are two.

use crate::error::{Result, StoreError};
use crate::tables::account;
use crate::tables::retention::DAY_MS;
use crate::tables::setting;
use crate::tables::value::{from_optional_text, to_text};
use crate::tx::store::Store;
use crate::tx::transaction::Tx;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashSet};
use std::sync::{MutexGuard, PoisonError};
use tidemark_model::{Planted, RecordId, is_planted};
use uuid::Uuid;

const SETTING: &str = "store.additions";
/// The most that are kept; the oldest gives way.
const MOST: usize = 256;
/// How long one is kept.
const KEPT_MS: u64 = DAY_MS.unsigned_abs();
/// After this long no process still waits for an answer.
const LONGEST_MS: u64 = 2 * 60 * 1000;

/// One that is not answered.
#[derive(Debug, Serialize, Deserialize)]
struct Unanswered {
    set: String,
    /// Names its content.
    content: RecordId,
    id: RecordId,
    at: i64,
    /// Whether a process waited for the answer when this was written.
    is_out: bool,
}

/// An addition that is about to be sent. Dropped without an end it counts as not answered.
pub struct Addition {
    store: Store,
    id: RecordId,
    is_kept: bool,
}

impl std::fmt::Debug for Addition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Addition").field("id", &self.id).field("is_kept", &self.is_kept).finish_non_exhaustive()
    }
}

impl Store {
    /// Gives an addition its `Id`: that of the same one which was never answered, or a new one. Where this cannot be written
    /// down the addition goes all the same, and [`Addition::is_kept`] tells.
    pub fn begin_addition(&self, set: &str, content: &Map<String, Value>) -> Addition {
        let kept = self.write(|tx| {
            account::get(tx.conn)?.ok_or(StoreError::NotSignedIn)?;
            let content = name_of(content);
            let mut all = read(tx)?;
            let known =
                all.iter().position(|one| one.set == set && one.content == content && !self.is_out(one, tx.now_ms));
            let known = known.filter(|_| !is_planted(Planted::X21LiveAdditionTwice));
            let id = known.map_or_else(|| tx.fresh_id(), |at| all.remove(at).id);
            all.push(Unanswered { set: set.to_owned(), content, id, at: tx.now_ms, is_out: true });
            all.drain(..all.len().saturating_sub(MOST));
            write(tx, &all)?;
            self.additions_out().insert(id);
            Ok(id)
        });
        let is_kept = kept.is_ok();
        let id = kept.unwrap_or_else(|error| {
            tracing::warn!(%error, "the Id of an addition could not be written down");
            self.inner.ids.fresh()
        });
        Addition { store: self.clone(), id, is_kept }
    }

    fn additions_out(&self) -> MutexGuard<'_, HashSet<RecordId>> {
        self.inner.additions_out.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whether somebody still waits for an answer: this process, or another one that is there.
    fn is_out(&self, one: &Unanswered, now_ms: i64) -> bool {
        let may_wait = || one.is_out && now_ms.abs_diff(one.at) < LONGEST_MS;
        self.additions_out().contains(&one.id) || may_wait() && self.inner.presence.alone(|| ()).is_none()
    }
}

impl Addition {
    /// Returns its `Id`.
    pub fn id(&self) -> RecordId {
        self.id
    }

    /// Tells whether the same addition made again goes under the same `Id`.
    pub fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// Ends it: it was answered, and the same again is another one; or it was not.
    pub fn end(self, is_answered: bool) {
        if !self.is_kept {
            return;
        }
        let ended = self.store.write(|tx| {
            let mut all = read(tx)?;
            if is_answered {
                all.retain(|one| one.id != self.id);
            } else {
                all.iter_mut().filter(|one| one.id == self.id).for_each(|one| one.is_out = false);
            }
            write(tx, &all)
        });
        if let Err(error) = ended {
            tracing::warn!(%error, "the end of an addition could not be written down");
        }
    }
}

impl Drop for Addition {
    fn drop(&mut self) {
        self.store.additions_out().remove(&self.id);
    }
}

fn name_of(content: &Map<String, Value>) -> RecordId {
    let sorted: BTreeMap<&String, &Value> = content.iter().collect();
    let text = serde_json::json!(sorted).to_string();
    RecordId(Uuid::new_v5(&Uuid::NAMESPACE_OID, text.as_bytes()))
}

fn read(tx: &Tx<'_>) -> Result<Vec<Unanswered>> {
    let mut all: Vec<Unanswered> = from_optional_text(setting::get(tx.conn, SETTING)?)?.unwrap_or_default();
    all.retain(|one| tx.now_ms.abs_diff(one.at) < KEPT_MS);
    Ok(all)
}

fn write(tx: &Tx<'_>, all: &[Unanswered]) -> Result<()> {
    setting::set(tx.conn, SETTING, &to_text(&all)?)
}
