//! Noting what a transaction changes of what waits, whichever statement does it.
//!
//! Owns: the hook and the triggers on the connection that writes. SQLite's own hook names the rows of `pending` that are
//! there afterwards, and asks nothing of a statement; triggers name what is gone, and the rows of tables without a row
//! number, which the hook does not see. Refuses: the list (`touched`).

use crate::error::Result;
use crate::tables::account::ACCOUNT;
use crate::tables::catalog::{DOCUMENT, SHAPES};
use crate::tables::conflict;
use crate::tables::pending;
use crate::tables::setting;
use crate::tables::value::Key;
use crate::tx::touched::{Touch, Touched};
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::hooks::Action;
use rusqlite::types::ValueRef;

/// The function by which triggers note a record, or with an empty set a setting.
const NOTE: &str = "note_touched";

/// Notes from now on what a connection changes.
pub(crate) fn watch(touched: &Touched, conn: &mut Connection) -> Result<()> {
    let hook = touched.clone();
    let by_row = move |action, database: &str, table: &str, row| {
        if action != Action::SQLITE_DELETE && table == pending::TABLE && database == "main" {
            hook.note(Touch::Place(row));
        }
    };
    conn.update_hook(Some(by_row))?;
    let noting = touched.clone();
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

fn triggers() -> String {
    let mut sql = trigger(pending::TABLE, "DELETE", "", &[&format!("old.entity_set, old.{}", pending::RECORD)]);
    for (act, rows) in [("INSERT", &["new"][..]), ("UPDATE", &["old", "new"]), ("DELETE", &["old"])] {
        let named: Vec<_> = rows.iter().map(|row| format!("{row}.entity_set, {row}.{}", conflict::RECORD)).collect();
        let named: Vec<_> = named.iter().map(String::as_str).collect();
        sql += &trigger(conflict::TABLE, act, "", &named);
    }
    for (act, row) in [("INSERT", "new"), ("UPDATE", "new"), ("DELETE", "old")] {
        let when = format!("WHEN {row}.key IN ('{ACCOUNT}', '{DOCUMENT}') OR {row}.key GLOB '{SHAPES}*'");
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
    use crate::tables::conflict::TABLE as CONFLICT;
    use crate::tables::pending::TABLE as PENDING;
    use crate::tables::setting::TABLE as SETTING;
    use crate::tx::touched::Touch;
    use tidemark_model::RecordId;

    /// Runs statements on tables with the columns that are looked at; returns what they touched.
    fn touched<S: AsRef<str>>(statements: &[S]) -> Vec<Touch> {
        let mut conn = Connection::open_in_memory().unwrap();
        let tables = format!(
            "CREATE TABLE {PENDING} (order_no INTEGER PRIMARY KEY, entity_set TEXT, id BLOB, hold INTEGER); \
             CREATE TABLE {CONFLICT} (id BLOB PRIMARY KEY, entity_set TEXT, record_id BLOB) WITHOUT ROWID; \
             CREATE TABLE {SETTING} (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID; \
             INSERT INTO {PENDING} VALUES (1, 'A', zeroblob(16), 0), (2, 'A', x'01', 0);"
        );
        conn.execute_batch(&tables).unwrap();
        let touched = Touched::default();
        watch(&touched, &mut conn).unwrap();
        for statement in statements {
            conn.execute_batch(statement.as_ref()).unwrap();
        }
        touched.take()
    }

    #[test]
    fn whichever_statement_it_is_what_it_touched_is_noted() {
        let nil = || Touch::Record("A".into(), RecordId(uuid::Uuid::nil()));
        let insert = format!("INSERT INTO {PENDING} VALUES (7, 'B', zeroblob(16), 0)");
        assert_eq!(touched(&[insert]), [Touch::Place(7)]);
        assert_eq!(touched(&[format!("UPDATE {PENDING} SET hold = 2")]), [Touch::Place(1), Touch::Place(2)]);
        let upsert =
            format!("INSERT INTO {PENDING} VALUES (1, 'A', zeroblob(16), 3) ON CONFLICT DO UPDATE SET hold = 3");
        assert_eq!(touched(&[upsert]), [Touch::Place(1)]);
        // The other one's key is nobody's.
        assert_eq!(touched(&[format!("DELETE FROM {PENDING}")]), [nil()]);
        let question = format!("INSERT INTO {CONFLICT} VALUES (x'07', 'A', zeroblob(16))");
        assert_eq!(touched(&[&question]), [nil()]);
        let (update, delete) = (format!("UPDATE {CONFLICT} SET id = x'08'"), format!("DELETE FROM {CONFLICT}"));
        assert_eq!(touched(&[question, update, delete]), vec![nil(); 4]);
        let setting = format!("INSERT INTO {SETTING} VALUES ('{ACCOUNT}', 'x'), ('else', 'y')");
        let account = || Touch::Setting(ACCOUNT.into());
        assert_eq!(touched(&[setting, format!("DELETE FROM {SETTING}")]), [account(), account()]);
        assert_eq!(touched(&[format!("SELECT * FROM {PENDING}")]), []);
    }
}
