//! What the engine asks of a database: statements with cells in and cells out, in transactions.
//!
//! Owns: the small surface that a driver implements. Every statement is written once, with SQLite's placeholders
//! (`?1`, `?2`); a driver turns them into its own (`tidemark_sql::placeholders`). Refuses: rules, and SQL.

use crate::storage::{Result, StorageError};
use std::future::Future;
use std::path::Path;
use tidemark_model::Cell;
use tidemark_sql::Dialect;
use uuid::Uuid;

/// A value on its way into a statement, borrowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Bind<'v> {
    /// Null, of any type.
    Null,
    /// 64 bits.
    Integer(i64),
    /// A double.
    Real(f64),
    /// Text.
    Text(&'v str),
    /// 16 bytes in SQLite, `uuid` in PostgreSQL.
    Guid(Uuid),
    /// Other bytes.
    Bytes(&'v [u8]),
    /// Several GUIDs, for `= ANY(?1)`; only where [`Tx::is_far`].
    Guids(&'v [Uuid]),
}

impl<'v> From<&'v Cell<'_>> for Bind<'v> {
    fn from(cell: &'v Cell<'_>) -> Self {
        match cell {
            Cell::Null => Self::Null,
            Cell::Integer(n) => Self::Integer(*n),
            Cell::Real(n) => Self::Real(*n),
            Cell::Text(text) => Self::Text(text),
            Cell::Guid(id) => Self::Guid(*id),
        }
    }
}

impl From<i64> for Bind<'_> {
    fn from(n: i64) -> Self {
        Self::Integer(n)
    }
}

impl From<u64> for Bind<'_> {
    fn from(n: u64) -> Self {
        Self::Integer(i64::try_from(n).unwrap_or(i64::MAX))
    }
}

impl<'v> From<&'v str> for Bind<'v> {
    fn from(text: &'v str) -> Self {
        Self::Text(text)
    }
}

impl<'v> From<&'v String> for Bind<'v> {
    fn from(text: &'v String) -> Self {
        Self::Text(text)
    }
}

impl From<Uuid> for Bind<'_> {
    fn from(id: Uuid) -> Self {
        Self::Guid(id)
    }
}

impl<'v, T: Into<Bind<'v>>> From<Option<T>> for Bind<'v> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Checks what a statement that changes one row says.
pub(crate) fn one_row(changed: u64) -> Result<()> {
    if changed == 1 { Ok(()) } else { Err(StorageError::Failed(format!("storing one record changed {changed}"))) }
}

/// Makes the binds of cells.
pub(crate) fn binds<'v>(cells: &'v [Cell<'_>]) -> Vec<Bind<'v>> {
    cells.iter().map(Bind::from).collect()
}

/// One row while the database holds it.
pub(crate) trait Columns {
    /// Returns a column.
    ///
    /// # Errors
    /// It is not there, or of a form that no record has.
    fn cell(&self, index: usize) -> Result<Cell<'_>>;
    /// Returns a column of bytes.
    ///
    /// # Errors
    /// It holds none.
    fn bytes(&self, index: usize) -> Result<&[u8]>;
    /// Returns how many columns there are.
    fn width(&self) -> usize;
}

impl dyn Columns + '_ {
    /// Returns all columns.
    pub(crate) fn all(&self) -> Result<Vec<Cell<'static>>> {
        (0..self.width()).map(|index| Ok(self.cell(index)?.into_owned())).collect()
    }

    /// Returns a whole number that is always there.
    pub(crate) fn integer(&self, index: usize) -> Result<i64> {
        match self.cell(index)? {
            Cell::Integer(n) => Ok(n),
            other => Err(unlike("a number", &other)),
        }
    }

    /// Returns a sequence number or a count.
    pub(crate) fn unsigned(&self, index: usize) -> Result<u64> {
        Ok(u64::try_from(self.integer(index)?).unwrap_or_default())
    }

    /// Returns the random mark of a sequence number.
    pub(crate) fn mark(&self, index: usize) -> Result<u32> {
        Ok(u32::try_from(self.integer(index)?).unwrap_or_default())
    }

    /// Returns a text that is always there.
    pub(crate) fn text(&self, index: usize) -> Result<String> {
        self.text_or_null(index)?.ok_or_else(|| unlike("a text", &Cell::Null))
    }

    /// Returns a text.
    pub(crate) fn text_or_null(&self, index: usize) -> Result<Option<String>> {
        match self.cell(index)? {
            Cell::Null => Ok(None),
            Cell::Text(text) => Ok(Some(text.into_owned())),
            other => Err(unlike("a text", &other)),
        }
    }

    /// Returns a GUID.
    pub(crate) fn guid_or_null(&self, index: usize) -> Result<Option<Uuid>> {
        match self.cell(index)? {
            Cell::Null => Ok(None),
            Cell::Guid(id) => Ok(Some(id)),
            other => Err(unlike("a GUID", &other)),
        }
    }

    /// Returns bytes of a known length.
    pub(crate) fn array<const N: usize>(&self, index: usize) -> Result<[u8; N]> {
        let bytes = self.bytes(index)?;
        bytes.try_into().map_err(|_| StorageError::Failed(format!("{} bytes stand in place of {N}", bytes.len())))
    }
}

fn unlike(wanted: &str, found: &Cell<'_>) -> StorageError {
    StorageError::Failed(format!("the database has {found:?} in place of {wanted}"))
}

/// The rows of a statement, one at a time.
pub(crate) trait Cursor {
    /// Returns the next row.
    fn next(&mut self) -> Result<Option<&dyn Columns>>;
}

/// Looks at the rows of a statement.
pub(crate) type Take<'t> = &'t mut dyn FnMut(&mut dyn Cursor) -> Result<()>;

/// How a statement's rows are fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fetch {
    /// At once: they are few.
    Whole,
    /// As they are taken: a page never stands in memory as rows.
    Piecewise,
}

/// What one process at a time does for all that share a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Duty {
    /// Dropping the content of old tombstones.
    Purge,
    /// Serving while no other process does. One that has just ended may be waited for.
    ServeAlone {
        /// Whether it is.
        is_patient: bool,
    },
}

/// A transaction.
pub(crate) trait Tx {
    /// Says which SQL the database speaks.
    fn dialect(&self) -> Dialect;
    /// Runs a statement; returns how many rows it changed.
    fn execute(&self, sql: &str, values: &[Bind<'_>]) -> Result<u64>;
    /// Runs a statement that changes one row, at the latest before the next question or the commit; what is wrong with it
    /// is told there. A database that is far away gets many of them in one trip.
    fn send(&self, sql: &str, values: &[Bind<'_>]) -> Result<()>;
    /// Tells whether each question costs a trip, so that asking for many at once pays.
    fn is_far(&self) -> bool;
    /// Runs a statement that returns rows.
    fn query(&self, sql: &str, values: &[Bind<'_>], fetch: Fetch, take: Take<'_>) -> Result<()>;
    /// Runs statements without values: layout, savepoints.
    fn batch(&self, sql: &str) -> Result<()>;
    /// Says for whom the following statements are, where the database keeps a wall of its own around records.
    fn act_for(&self, user_no: i64) -> Result<()>;
    /// Puts the database's own wall around a table that was just made, where it keeps one; `by_owner` where some of its
    /// rows are one user's alone.
    fn wall_in(&self, table: &str, by_owner: bool) -> Result<()>;
    /// The same around a table's index of words, which shows what is [looked for](Self::look_for_words) alone.
    fn wall_in_words(&self, index: &str) -> Result<()>;
    /// Says what an index of words shows to the statements that follow, where the database keeps it behind a wall; nothing
    /// ends it.
    fn look_for_words(&self, words: Option<&str>) -> Result<()>;
    /// Returns the version of the tables, and nothing where the database is empty.
    fn version(&self) -> Result<Option<i64>>;
    /// Notes the version of the tables.
    fn set_version(&self, version: i64) -> Result<()>;
    /// Takes a duty that one process at a time has, until the transaction ends; false where another has it now.
    fn takes_duty(&self, duty: Duty) -> Result<bool>;
    /// Tells the other processes on this database, once this transaction is committed, that a workspace moved.
    fn announce(&self, workspace_no: i64, sequence: u64) -> Result<()>;
    /// Tells them, once this transaction is committed, that another model is served.
    fn announce_model(&self, no: i64) -> Result<()>;
}

impl dyn Tx + '_ {
    /// Returns what `read` makes of the first row.
    pub(crate) fn one<T>(
        &self,
        sql: &str,
        values: &[Bind<'_>],
        read: impl FnOnce(&dyn Columns) -> Result<T>,
    ) -> Result<Option<T>> {
        let (mut read, mut found) = (Some(read), None);
        self.query(sql, values, Fetch::Whole, &mut |rows| {
            if let (Some(row), Some(read)) = (rows.next()?, read.take()) {
                found = Some(read(row)?);
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Returns what `read` makes of each row.
    pub(crate) fn all<T>(
        &self,
        sql: &str,
        values: &[Bind<'_>],
        mut read: impl FnMut(&dyn Columns) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut found = Vec::new();
        self.query(sql, values, Fetch::Whole, &mut |rows| {
            while let Some(row) = rows.next()? {
                found.push(read(row)?);
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Locks what a statement finds until the transaction ends: the words that do it, where it needs any.
    pub(crate) fn for_update(&self) -> &'static str {
        match self.dialect() {
            // One writer at a time: its transaction is the lock.
            Dialect::Sqlite => "",
            Dialect::Postgres => " FOR UPDATE",
        }
    }
}

/// In place of a user: what every user alone has is meant, as a purge does.
pub(crate) const EVERYBODY: i64 = -1;

/// Whose records a transaction may see, where the database keeps a wall of its own around them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Nobody's: accounts, tokens, counters.
    Nobody,
    /// Those of a workspace, and what this user alone has there.
    Of {
        /// The workspace.
        workspace_no: i64,
        /// The user.
        user_no: i64,
    },
    /// Everybody's: laying out a model, and changes of several workspaces at once, where the database has no such wall.
    Everything,
}

impl Scope {
    /// Returns the user whose own records are meant.
    pub(crate) fn user_no(self) -> i64 {
        match self {
            Self::Nobody => 0,
            Self::Of { user_no, .. } => user_no,
            Self::Everything => EVERYBODY,
        }
    }
}

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One snapshot, nothing written.
    Read,
    /// Writing.
    Write,
    /// Changing the tables themselves, as who owns them, one process at a time.
    Layout,
}

/// A connection while one piece of work has it.
pub(crate) trait Session {
    /// Runs `work` in one transaction, which is kept where it succeeds and undone where it does not.
    fn transaction(&mut self, kind: Kind, scope: Scope, work: &mut dyn FnMut(&dyn Tx) -> Result<()>) -> Result<()>;
}

impl dyn Session + '_ {
    /// Runs `work` in one transaction and returns what it makes.
    pub(crate) fn run<T>(&mut self, kind: Kind, scope: Scope, work: impl FnOnce(&dyn Tx) -> Result<T>) -> Result<T> {
        let (mut work, mut made) = (Some(work), None);
        self.transaction(kind, scope, &mut |tx| {
            if let Some(work) = work.take() {
                made = Some(work(tx)?);
            }
            Ok(())
        })?;
        made.ok_or_else(|| StorageError::Failed("a transaction did not run".into()))
    }
}

/// Which connections a read may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Those kept for what everybody needs and what is quickly done: who is this, where does the feed stand.
    Front,
    /// Those for records.
    Records,
    /// Those for records at a replica, where there is one.
    Replica,
}

/// A database: connections and nothing that decides.
pub(crate) trait Driver: Send + Sync + 'static {
    /// Does work that reads. A dropped future does not stop it; the driver's own deadline does.
    fn read<T: Send + 'static>(
        &self,
        lane: Lane,
        work: impl FnOnce(&mut dyn Session) -> Result<T> + Send + 'static,
    ) -> impl Future<Output = Result<T>> + Send;

    /// Does work that writes. A dropped future does not undo it.
    fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Session) -> Result<T> + Send + 'static,
    ) -> impl Future<Output = Result<T>> + Send;

    /// Says which SQL the database speaks.
    fn dialect(&self) -> Dialect;

    /// Returns how many reads of records can be under way at once.
    fn readers(&self) -> usize;

    /// Tells whether there is a replica to read from, as far as is known.
    fn has_replica(&self) -> bool;

    /// Tells whether workspaces can be written to at the same time.
    fn writes_workspaces_apart(&self) -> bool;

    /// Writes a consistent copy to a file that does not exist yet.
    fn backup(&self, target: &Path) -> impl Future<Output = Result<()>> + Send;
}
