//! The server's database on SQLite: one writer thread, a few readers, one file.
//!
//! Owns: the implementation of [`Storage`] and restoring a backup. WAL, so that readers and admin commands go on while
//! something is written; `synchronous=FULL`, so that what was answered survives a power loss (DESIGN section 3).

mod apply;
mod backup;
mod convert;
mod counter;
mod history;
mod journal;
mod layout;
mod open;
mod people;
mod pool;
mod purge;
mod read;
mod schema;
mod table;
mod writer;

pub(crate) use backup::restore;
pub(crate) use open::Access;

use super::{
    Account, Caller, Identity, NewToken, NewUser, PastChange, Place, Position, Purged, Read, ReadOutcome, Render,
    Result, Row, Storage, StorageError, TokenHash,
};
use crate::change::{Commit, Outcome};
use crate::storage::notices::Notices;
use async_trait::async_trait;
use pool::Pool;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use table::Tables;
use tidemark_model::ports::Clock;
use tidemark_model::query::Query;
use tidemark_model::{EntityModel, RecordId};
use tokio::sync::watch;
use writer::Writer;

/// A database file.
pub(crate) struct SqliteStorage {
    path: PathBuf,
    tables: Arc<Tables>,
    readers: Pool,
    writer: Writer,
    notices: Arc<Notices>,
}

impl SqliteStorage {
    /// Opens a database; with a model, its tables are laid out for it.
    ///
    /// # Errors
    /// One sentence for each thing that can be wrong with the file or the model.
    pub(crate) fn open(
        path: &Path,
        access: Access,
        model: Option<Arc<EntityModel>>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        let mut connection = open::open(path, access, clock.now_ms())?;
        if let Some(model) = &model {
            layout::lay_out(&mut connection, model)?;
        }
        let tables = Arc::new(Tables::of(model));
        let notices = Arc::new(Notices::default());
        let writer = Writer::start(connection, Arc::clone(&tables), clock, Arc::clone(&notices))?;
        let readers = Pool::new(path.to_owned());
        Ok(Self { path: path.to_owned(), tables, readers, writer, notices })
    }
}

#[async_trait]
impl Storage for SqliteStorage {
    async fn identity(&self) -> Result<Identity> {
        self.readers.read(people::identity).await
    }

    async fn settle_in(&self) -> Result<Identity> {
        let tables = Arc::clone(&self.tables);
        let settle = move |connection: &mut rusqlite::Connection| {
            if let Some(model) = &tables.model {
                layout::lay_out(connection, model)?;
            }
            people::identity(connection)
        };
        self.writer.run(settle).await
    }

    async fn token_holder(&self, token: TokenHash) -> Result<Option<Caller>> {
        self.readers.read(move |connection| people::token_holder(connection, token)).await
    }

    async fn account(&self, name: &str) -> Result<Option<Account>> {
        let name = name.to_owned();
        self.readers.read(move |connection| people::account(connection, &name)).await
    }

    async fn add_user(&self, user: NewUser) -> Result<()> {
        self.writer.run(move |connection| people::add_user(connection, &user)).await
    }

    async fn add_token(&self, token: NewToken) -> Result<()> {
        self.writer.run(move |connection| people::add_token(connection, &token)).await
    }

    async fn remove_token(&self, token: TokenHash) -> Result<bool> {
        self.writer.run(move |connection| people::remove_token(connection, token)).await
    }

    async fn position(&self, workspace_no: i64) -> Result<Position> {
        self.readers.read(move |connection| counter::position(connection, workspace_no)).await
    }

    async fn record(&self, place: &Place, id: RecordId) -> Result<Option<Row>> {
        let (tables, place) = (Arc::clone(&self.tables), place.clone());
        self.readers.read(move |connection| table::find(connection, tables.table(&place.set)?, &place, id.0)).await
    }

    async fn history(&self, place: &Place, id: RecordId, limit: usize) -> Result<Option<Vec<PastChange>>> {
        let (tables, place) = (Arc::clone(&self.tables), place.clone());
        self.readers.read(move |connection| history::history(connection, &tables, &place, id, limit)).await
    }

    async fn count(&self, place: &Place, query: &Query) -> Result<u64> {
        let (tables, place, query) = (Arc::clone(&self.tables), place.clone(), query.clone());
        self.readers.read(move |connection| read::count(connection, &tables, &place, &query)).await
    }

    async fn read(&self, read: Read, render: Render) -> Result<ReadOutcome> {
        let tables = Arc::clone(&self.tables);
        self.readers.read(move |connection| read::read(connection, &tables, &read, render)).await
    }

    async fn commit(&self, commit: Commit) -> Result<Vec<Outcome>> {
        self.writer.commit(commit).await
    }

    fn listen(&self, workspace_no: i64) -> watch::Receiver<u64> {
        self.notices.listen(workspace_no)
    }

    async fn purge(&self, before_ms: i64) -> Result<Purged> {
        let mut purged = Purged::default();
        for workspace_no in self.readers.read(purge::workspaces).await? {
            // Piece by piece, so that a long purge lets other writers in between.
            let mut next = Some(purge::Piece { workspace_no, before_ms, behind: None, until: None });
            while let Some(piece) = next {
                let done = self.writer.run(move |connection| purge::purge(connection, piece)).await?;
                purged.tombstones += done.tombstones;
                next = done.next;
            }
        }
        Ok(purged)
    }

    async fn backup(&self, target: &Path) -> Result<()> {
        let (from, target) = (self.path.clone(), target.to_owned());
        let work = tokio::task::spawn_blocking(move || backup::backup(&from, &target));
        work.await.map_err(|error| StorageError::Copy(format!("The backup broke off: {error}")))?
    }
}
