//! Repeatable requests that were refused: repeated, they are refused again, whatever somebody has made possible since.
//!
//! Owns: which refusals are remembered: those that another answer would follow one day. A named version never comes back, a
//! key that was taken is never free again, and stamps only grow, so what was refused for these is refused by the rule itself.
//! They go with the lines of the journal that are as old. Refuses: what was applied, which is the journal's (`journal`).

use super::tx::Tx;
use crate::change::{Change, Outcome, Repeat, Row};
use crate::storage::{Caller, Result};
use tidemark_model::Condition;
use uuid::Uuid;

/// What a request was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    NotFound,
    ConditionFailed,
    Invalid,
}

/// A request that is to be remembered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refusal {
    repeat: Repeat,
    what: Refused,
}

impl Refusal {
    /// Returns what is to be remembered of a change that came to this.
    pub(super) fn of(change: &Change, outcome: &Outcome) -> Option<Self> {
        let what = match (outcome, &change.condition) {
            (_, Condition::Match(_) | Condition::NoneMatchAny) => return None,
            (Outcome::NotFound, _) => Refused::NotFound,
            (Outcome::ConditionFailed(_), _) => Refused::ConditionFailed,
            (Outcome::Invalid(_), _) => Refused::Invalid,
            _ => return None,
        };
        // What a request asks beside its change is not there: that is what the request is answered.
        let asked = change.asks_for.map(|repeat| (repeat, Refused::NotFound));
        let (repeat, what) = change.repeat.map(|repeat| (repeat, what)).or(asked)?;
        Some(Self { repeat, what })
    }

    /// Remembers it.
    pub(super) fn write(&self, tx: &dyn Tx, caller: &Caller, now_ms: i64) -> Result<()> {
        let sql =
            "INSERT INTO refusal (account, request, workspace, content, what, at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let name = |bytes| Uuid::from_bytes(bytes);
        let values = [
            caller.user_no.into(),
            name(self.repeat.request).into(),
            caller.workspace_no.into(),
            name(self.repeat.content).into(),
            self.what.word().into(),
            now_ms.into(),
        ];
        tx.send(sql, &values)
    }
}

impl Refused {
    fn word(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::ConditionFailed => "condition_failed",
            Self::Invalid => "invalid",
        }
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        [Self::NotFound, Self::ConditionFailed, Self::Invalid].into_iter().find(|refused| refused.word() == word)
    }

    /// Returns the outcome of the repeated request; `stored` is the record as it is now.
    pub(super) fn again(self, stored: Option<Row>) -> Outcome {
        match self {
            Self::NotFound => Outcome::NotFound,
            Self::ConditionFailed => Outcome::ConditionFailed(stored.filter(|row| row.is_tombstoned).map(Box::new)),
            Self::Invalid => Outcome::RefusedBefore,
        }
    }
}

/// Forgets a workspace's refusals that came before a moment.
pub(super) fn forget(tx: &dyn Tx, workspace_no: i64, before_ms: i64) -> Result<()> {
    let values = [workspace_no.into(), before_ms.into()];
    // The accounts are named so that the key serves, which begins with them.
    let sql = "DELETE FROM refusal WHERE account IN (SELECT no FROM account WHERE workspace = ?1) AND at_ms <= ?2";
    tx.execute(sql, &values).map(drop)
}
