//! One connection as the engine sees it.

use super::convert::Bound;
use crate::storage::engine::{Bind, Columns, Cursor, Duty, Fetch, Kind, Scope, Session, Take, Tx, one_row};
use crate::storage::{Result, StorageError};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Statement, TransactionBehavior};
use tidemark_model::Cell;
use tidemark_sql::Dialect;
use tidemark_sqlite::cell;

/// Marks the file as a Tidemark server database (`PRAGMA application_id`): "TdMk".
pub(super) const APPLICATION_ID: i64 = 0x5464_4d6b;

/// A connection while one piece of work has it.
pub(super) struct SqliteSession<'c>(pub(super) &'c mut Connection);

impl Session for SqliteSession<'_> {
    fn transaction(&mut self, kind: Kind, _: Scope, work: &mut dyn FnMut(&dyn Tx) -> Result<()>) -> Result<()> {
        let behavior = match kind {
            // Everything in it sees the same moment.
            Kind::Read => TransactionBehavior::Deferred,
            Kind::Write | Kind::Layout => TransactionBehavior::Immediate,
        };
        // Dropped without a commit it is rolled back.
        let transaction = self.0.transaction_with_behavior(behavior)?;
        work(&SqliteTx(&transaction))?;
        Ok(transaction.commit()?)
    }
}

struct SqliteTx<'t>(&'t Connection);

impl Tx for SqliteTx<'_> {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn execute(&self, sql: &str, values: &[Bind<'_>]) -> Result<u64> {
        let mut statement = self.0.prepare_cached(sql)?;
        bind(&mut statement, values)?;
        Ok(statement.raw_execute()? as u64)
    }

    fn send(&self, sql: &str, values: &[Bind<'_>]) -> Result<()> {
        one_row(self.execute(sql, values)?)
    }

    fn is_far(&self) -> bool {
        false
    }

    fn query(&self, sql: &str, values: &[Bind<'_>], _: Fetch, take: Take<'_>) -> Result<()> {
        let mut statement = self.0.prepare_cached(sql)?;
        bind(&mut statement, values)?;
        take(&mut SqliteCursor(statement.raw_query()))
    }

    fn batch(&self, sql: &str) -> Result<()> {
        Ok(self.0.execute_batch(sql)?)
    }

    fn act_for(&self, _: i64) -> Result<()> {
        Ok(())
    }

    fn wall_in(&self, _: &str, _: bool) -> Result<()> {
        Ok(())
    }

    fn wall_in_words(&self, _: &str) -> Result<()> {
        Ok(())
    }

    fn look_for_words(&self, _: Option<&str>) -> Result<()> {
        Ok(())
    }

    fn version(&self) -> Result<Option<i64>> {
        let number = |pragma: &str| self.0.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
        if number("application_id")? == APPLICATION_ID { Ok(Some(number("user_version")?)) } else { Ok(None) }
    }

    fn set_version(&self, version: i64) -> Result<()> {
        self.0.pragma_update(None, "application_id", APPLICATION_ID)?;
        Ok(self.0.pragma_update(None, "user_version", version)?)
    }

    fn takes_duty(&self, _: Duty) -> Result<bool> {
        // One process has the file.
        Ok(true)
    }

    fn announce(&self, _: i64, _: u64) -> Result<()> {
        Ok(())
    }

    fn announce_model(&self, _: i64) -> Result<()> {
        Ok(())
    }
}

fn bind(statement: &mut Statement<'_>, values: &[Bind<'_>]) -> Result<()> {
    for (index, value) in values.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, Bound(value))?;
    }
    Ok(())
}

struct SqliteCursor<'s>(rusqlite::Rows<'s>);

impl Cursor for SqliteCursor<'_> {
    fn next(&mut self) -> Result<Option<&dyn Columns>> {
        Ok(self.0.next()?.map(|row| row as &dyn Columns))
    }
}

impl Columns for rusqlite::Row<'_> {
    fn cell(&self, index: usize) -> Result<Cell<'_>> {
        Ok(cell(self.get_ref(index)?)?)
    }

    fn width(&self) -> usize {
        self.as_ref().column_count()
    }

    fn bytes(&self, index: usize) -> Result<&[u8]> {
        match self.get_ref(index)? {
            ValueRef::Blob(bytes) => Ok(bytes),
            other => Err(StorageError::Failed(format!("the database has {} in place of bytes", other.data_type()))),
        }
    }
}
