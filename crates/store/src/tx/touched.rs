//! What a transaction changed of what waits, whichever statement did it.
//!
//! Owns: noting it on the connection that writes, in memory. Refuses: what is told of it (`outbox`). SQLite's own hook names
//! the rows of `pending` that are there afterwards, and asks nothing of a statement; triggers name what is gone, and the
//! rows of tables without a row number, which the hook does not see.

use crate::error::Result;
use crate::tables::account::ACCOUNT;
use crate::tables::catalog::DOCUMENT;
use crate::tables::conflict;
use crate::tables::pending;
use crate::tables::setting;
use crate::tables::value::Key;
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::hooks::Action;
use rusqlite::types::ValueRef;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tidemark_model::RecordId;

/// One thing that was touched.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Touch {
    /// A pending change, by its place in the queue.
    Place(i64),
    /// A record whose pending change or question was changed or removed.
    Record(String, RecordId),
    /// The account or the model, by the name of its setting.
    Setting(String),
}

/// What was touched since it was last taken; a note of what was rolled back harms nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Touched(Arc<Mutex<Vec<Touch>>>);

/// The function by which triggers note a record, or with an empty set a setting.
const NOTE: &str = "note_touched";

impl Touched {
    /// Notes from now on what a connection changes.
    pub(crate) fn watch(&self, conn: &mut Connection) -> Result<()> {
        let hook = self.clone();
        let by_row = move |action, database: &str, table: &str, row| {
            if action != Action::SQLITE_DELETE && table == pending::TABLE && database == "main" {
                hook.note(Touch::Place(row));
            }
        };
        conn.update_hook(Some(by_row))?;
        let noting = self.clone();
        conn.create_scalar_function(NOTE, 2, FunctionFlags::SQLITE_UTF8, move |context| {
            let set: String = context.get(0)?;
            match context.get_raw(1) {
                ValueRef::Text(key) if set.is_empty() => {
                    noting.note(Touch::Setting(String::from_utf8_lossy(key).into_owned()));
                }
                // A key of another form is nobody's: nothing could send its change, and no log has it.
                _ => drop(context.get::<Key>(1).map(|Key(id)| noting.note(Touch::Record(set, id)))),
            }
            Ok(None::<i64>)
        })?;
        conn.execute_batch(&triggers())?;
        Ok(())
    }

    /// Forgets what was noted.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// Takes what was noted, in the order in which it was touched.
    pub(crate) fn take(&self) -> Vec<Touch> {
        std::mem::take(&mut *self.lock())
    }

    fn note(&self, touch: Touch) {
        self.lock().push(touch);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Touch>> {
        // A list is never half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn triggers() -> String {
    let mut sql = trigger(pending::TABLE, "DELETE", "", &[&format!("old.entity_set, old.{}", pending::RECORD)]);
    for (act, rows) in [("INSERT", &["new"][..]), ("UPDATE", &["old", "new"]), ("DELETE", &["old"])] {
        let named: Vec<_> = rows.iter().map(|row| format!("{row}.entity_set, {row}.{}", conflict::RECORD)).collect();
        let named: Vec<_> = named.iter().map(String::as_str).collect();
        sql += &trigger(conflict::TABLE, act, "", &named);
    }
    for (act, row) in [("INSERT", "new"), ("UPDATE", "new"), ("DELETE", "old")] {
        let when = format!("WHEN {row}.key IN ('{ACCOUNT}', '{DOCUMENT}')");
        sql += &trigger(setting::TABLE, act, &when, &[&format!("'', {row}.key")]);
    }
    sql
}

fn trigger(table: &str, act: &str, when: &str, named: &[&str]) -> String {
    let notes: String = named.iter().map(|named| format!("SELECT {NOTE}({named}); ")).collect();
    format!("CREATE TEMP TRIGGER touched_{table}_{act} AFTER {act} ON main.{table} {when} BEGIN {notes} END;")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs statements on tables with the columns that are looked at; returns what they touched.
    fn touched(statements: &[&str]) -> Vec<Touch> {
        let mut conn = Connection::open_in_memory().unwrap();
        let tables = "CREATE TABLE pending (order_no INTEGER PRIMARY KEY, entity_set TEXT, id BLOB, hold INTEGER); \
                      CREATE TABLE conflict (id BLOB PRIMARY KEY, entity_set TEXT, record_id BLOB) WITHOUT ROWID; \
                      CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID; \
                      INSERT INTO pending VALUES (1, 'A', zeroblob(16), 0), (2, 'A', x'01', 0);";
        conn.execute_batch(tables).unwrap();
        let touched = Touched::default();
        touched.watch(&mut conn).unwrap();
        conn.execute_batch(&statements.join(";")).unwrap();
        touched.take()
    }

    #[test]
    fn whichever_statement_it_is_what_it_touched_is_noted() {
        let nil = || Touch::Record("A".into(), RecordId(uuid::Uuid::nil()));
        assert_eq!(touched(&["INSERT INTO pending VALUES (7, 'B', zeroblob(16), 0)"]), [Touch::Place(7)]);
        assert_eq!(touched(&["UPDATE pending SET hold = 2"]), [Touch::Place(1), Touch::Place(2)]);
        let upsert = "INSERT INTO pending VALUES (1, 'A', zeroblob(16), 3) ON CONFLICT DO UPDATE SET hold = 3";
        assert_eq!(touched(&[upsert]), [Touch::Place(1)]);
        // The other one's key is nobody's.
        assert_eq!(touched(&["DELETE FROM pending"]), [nil()]);
        let question = "INSERT INTO conflict VALUES (x'07', 'A', zeroblob(16))";
        assert_eq!(touched(&[question]), [nil()]);
        assert_eq!(touched(&[question, "UPDATE conflict SET id = x'08'", "DELETE FROM conflict"]), vec![nil(); 4]);
        let setting = format!("INSERT INTO setting VALUES ('{ACCOUNT}', 'x'), ('else', 'y')");
        let account = || Touch::Setting(ACCOUNT.into());
        assert_eq!(touched(&[&setting, "DELETE FROM setting"]), [account(), account()]);
        assert_eq!(touched(&["SELECT * FROM pending"]), []);
    }
}
