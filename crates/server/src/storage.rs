//! What the server asks of a database: one trait, and a vocabulary of pure values.
//!
//! Owns: the trait, what it is asked and what it answers. `engine` has every rule of storage once,
//! `drivers` the databases. Refuses: HTTP, and the rule for a change: `change::decide` is called inside the transaction.
//! Every implementation keeps four promises of DESIGN section 4: check, write, journal line and sequence number are
//! one transaction; sequence numbers of a workspace come in commit order and without gaps; a read is one snapshot,
//! with the place in the feed that belongs to it; nothing of another workspace is ever seen.

#[cfg(test)]
mod conformance;
mod drivers;
mod engine;
mod error;
pub(crate) mod expand;
mod feed;
mod notices;
pub(crate) mod open;
mod past;
mod people;
mod retention;

pub(crate) use error::{Result, StorageError};
pub(crate) use feed::{FeedLoss, Page, Read, ReadOutcome, Render, RowView, Rows, Selection, Snapshot};
pub(crate) use past::{PastChange, ValueChange};
pub(crate) use people::{Account, Caller, Identity, NewToken, NewUser, TokenHash};
pub(crate) use retention::{Days, Retention};

use crate::change::{Commit, Mark, Outcome, Place, Row};
use async_trait::async_trait;
use std::path::Path;
use std::sync::Arc;
use tidemark_model::query::Query;
use tidemark_model::{EntityModel, RecordId};
use tokio::sync::watch;

/// What a purge did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Purged {
    /// How many tombstones lost their content.
    pub(crate) tombstones: u64,
    /// How many lines of the journal went.
    pub(crate) lines: u64,
}

/// Where a workspace's feed stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Position {
    /// The newest change.
    pub(crate) mark: Mark,
    /// The feed is whole behind this sequence number and no longer before it.
    pub(crate) floor: u64,
}

/// The model that is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServedModel {
    /// Its number, which grows each time another model is served.
    pub(crate) no: i64,
    /// Its fingerprint.
    pub(crate) fingerprint: String,
    /// Its document, CSDL JSON.
    pub(crate) document: String,
}

/// A database that keeps records, their journal, and the people who may see them.
///
/// # Concurrency
/// Every method may be called from any number of tasks at once. A dropped future does not undo a commit.
#[async_trait]
pub(crate) trait Storage: Send + Sync + 'static {
    /// Returns who this database is.
    async fn identity(&self) -> Result<Identity>;

    /// Tells whether the database answers, readers and writer alike.
    async fn ready(&self) -> Result<()>;

    /// Makes ready again after a backup was put in the place of the database: lays the model out, says who it is now.
    ///
    /// # Errors
    /// [`StorageError::ModelMisfit`].
    async fn settle_in(&self) -> Result<Identity>;

    /// Returns the model that this process serves; nothing for a command that touches no record. It may be another than
    /// the one the database was opened with.
    fn model(&self) -> Option<Arc<EntityModel>>;

    /// Starts to listen to which model is served, by its number: other processes may come with another.
    fn listen_to_model(&self) -> watch::Receiver<i64>;

    /// Reads the model that is served.
    async fn served_model(&self) -> Result<Option<ServedModel>>;

    /// Returns the same database with another model, which must be laid out there.
    fn serving(&self, model: Arc<EntityModel>) -> Arc<dyn Storage>;

    /// Finds whose token this is.
    async fn token_holder(&self, token: TokenHash) -> Result<Option<Caller>>;

    /// Finds an account by its name.
    async fn account(&self, name: &str) -> Result<Option<Account>>;

    /// Adds an account, and its workspace where there is none yet.
    ///
    /// # Errors
    /// [`StorageError::UserExists`].
    async fn add_user(&self, user: NewUser) -> Result<()>;

    /// Adds a token.
    ///
    /// # Errors
    /// [`StorageError::NoSuchUser`].
    async fn add_token(&self, token: NewToken) -> Result<()>;

    /// Removes a token; tells whether there was one.
    async fn remove_token(&self, token: TokenHash) -> Result<bool>;

    /// Returns where a workspace's feed stands.
    async fn position(&self, workspace_no: i64) -> Result<Position>;

    /// Finds a record, tombstoned or not.
    async fn record(&self, place: &Place, id: RecordId) -> Result<Option<Row>>;

    /// Returns a record's newest changes, newest first; `None` where there is no trace of it.
    async fn history(&self, place: &Place, id: RecordId, limit: usize) -> Result<Option<Vec<PastChange>>>;

    /// Counts the records that a query's filter and search let through.
    ///
    /// # Errors
    /// [`StorageError::Query`] for a query that the entity type has no answer to.
    async fn count(&self, place: &Place, query: &Query) -> Result<u64>;

    /// Reads rows in one snapshot and hands them to `render` as they come.
    ///
    /// # Errors
    /// As [`Storage::count`].
    async fn read(&self, read: Read, render: Render) -> Result<ReadOutcome>;

    /// Brings what is kept of a place's records beside them to their newest change: their number, and the index in which a
    /// search looks. A read that finds it far behind has it done by itself.
    #[cfg(test)]
    async fn catch_up(&self, place: &Place) -> Result<()>;

    /// Carries out the steps of one request, or none of them where the database fails; requests that wait at the same
    /// time may share a transaction. Returns one outcome per change, in order.
    async fn commit(&self, commit: Commit) -> Result<Vec<Outcome>>;

    /// Starts to listen to a workspace: its newest sequence number after each commit; 0 until it moves.
    fn listen(&self, workspace_no: i64) -> watch::Receiver<u64>;

    /// Drops the content of old tombstones and the old lines of the journal, and moves the feed's floor past them.
    async fn purge(&self, kept: Retention) -> Result<Purged>;

    /// Begins a new epoch, as after a backup was put in the place of the database: what was handed out before names a
    /// history that may be lost.
    async fn begin_epoch(&self) -> Result<()>;

    /// Writes a consistent copy to a file that does not exist yet.
    async fn backup(&self, target: &Path) -> Result<()>;
}
