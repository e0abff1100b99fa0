//! The rules of storage, once for every database: they speak to a driver through the small surface of `tx`.
//!
//! Owns: the implementation of [`Storage`] over any [`Driver`]; what happens in a transaction and in which order. Refuses:
//! connections, pools and files (`drivers`), and deciding a change (`change::decide`, called inside the transaction).

mod apply;
mod catch_up;
mod costs;
mod counter;
mod expand;
mod history;
mod journal;
mod lanes;
mod layout;
mod living;
mod looked_up;
mod marks;
mod once;
mod overview;
mod people;
mod pieces;
mod purge;
mod reach;
mod read;
mod refusal;
mod schema;
mod scope;
mod served;
mod table;
mod trim;
mod turns;
mod tx;
mod words;

pub(crate) use tx::Columns;
pub(super) use tx::{Bind, Cursor, Driver, Duty, Fetch, Kind, Lane, Scope, Session, Take, Tx, one_row};
pub(super) use {people::new_epoch, schema::VERSION, tx::EVERYBODY};

use super::{
    Account, Caller, Identity, NewToken, NewUser, PastChange, Position, Purged, Read, ReadOutcome, Render, Result,
    Retention, ServedModel, Storage, StorageError, TokenHash,
};
use crate::change::{Commit, Outcome, Place, Row};
use crate::ports::Ports;
use crate::storage::notices::Notices;
use async_trait::async_trait;
use catch_up::UnderWay;
use lanes::{Bench, Lanes};
use marks::Marks;
use once::Once;
use overview::{Behind, What};
use std::path::Path;
use std::sync::Arc;
use table::Tables;
use tidemark_model::query::Query;
use tidemark_model::{EntityModel, RecordId};
use tokio::sync::watch;
use turns::Turns;

/// Makes a database ready in the transaction given: its own tables of the newest version, and a model's laid out.
/// Returns the model that is served from now on: the one given, or the one that other processes serve.
///
/// # Errors
/// [`StorageError::Newer`], [`StorageError::ModelMisfit`].
pub(super) fn prepare(
    tx: &dyn Tx,
    database: &str,
    model: Option<&Arc<EntityModel>>,
    ports: &Ports,
) -> Result<Option<Arc<EntityModel>>> {
    match tx.version()? {
        None => schema::create(tx, ports).and_then(|()| tx.set_version(VERSION))?,
        Some(found) if found > VERSION => {
            return Err(StorageError::Newer { database: database.to_owned(), found, known: VERSION });
        }
        Some(VERSION) => {}
        Some(older) => schema::upgrade(tx, older).and_then(|()| tx.set_version(VERSION))?,
    }
    model.map(|model| served::settle(tx, model, ports.clock.now_ms())).transpose()
}

/// A database behind a driver, with the model that is served.
pub(crate) struct Engine<D> {
    base: Arc<Base<D>>,
    bench: Bench,
    lanes: Lanes,
}

/// What stays when another model is served.
struct Base<D> {
    driver: D,
    database: String,
    turns: Turns,
    under_way: Arc<UnderWay>,
}

impl<D: Driver> Engine<D> {
    /// Puts the rules before a driver whose database is prepared for `model`.
    pub(super) fn over(
        driver: D,
        database: String,
        model: Option<Arc<EntityModel>>,
        ports: &Ports,
        notices: Arc<Notices>,
    ) -> Self {
        let turns = Turns::of(driver.readers());
        let tables = Arc::new(Tables::of(model, driver.dialect()));
        let marks = Arc::new(Marks::from(Arc::clone(&ports.secrets)));
        let bench = Bench { tables, ports: ports.clone(), marks, notices };
        Self {
            base: Arc::new(Base { driver, database, turns, under_way: Arc::default() }),
            bench,
            lanes: Lanes::default(),
        }
    }

    /// Reads what is nobody's record, on the connections kept for that.
    async fn front<T: Send + 'static>(&self, read: impl FnOnce(&dyn Tx) -> Result<T> + Send + 'static) -> Result<T> {
        self.base.driver.read(Lane::Front, |session| session.run(Kind::Read, Scope::Nobody, read)).await
    }

    /// Reads records, when it is the asking user's turn.
    async fn records<T: Send + 'static>(
        &self,
        place: &Place,
        read: impl FnOnce(&dyn Tx, &Tables) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let turn = self.base.turns.take(place.user_no).await?;
        let scope = Scope::Of { workspace_no: place.workspace_no, user_no: place.user_no };
        let tables = Arc::clone(&self.bench.tables);
        let once = Once::of(move |tx: &dyn Tx| {
            // With the work and not with the request: a read that nobody waits for any more still has a reader.
            let _turn = turn;
            read(tx, &tables)
        });
        if self.base.driver.has_replica() {
            let reach = self.front(reach::reach_of(place.workspace_no)).await?;
            let asked = once.clone();
            let work =
                move |session: &mut dyn Session| {
                    session.run(Kind::Read, scope, |tx| {
                        if reach.is_within(tx)? { asked.run(tx).map(Some) } else { Ok(None) }
                    })
                };
            match self.base.driver.read(Lane::Replica, work).await {
                Ok(Some(done)) => return Ok(done),
                Err(error) if once.is_done() => return Err(error),
                // It lags behind, or does not answer.
                Ok(None) | Err(_) => {}
            }
        }
        let work = move |session: &mut dyn Session| session.run(Kind::Read, scope, |tx| once.run(tx));
        self.base.driver.read(Lane::Records, work).await
    }

    /// Brings forward, beside the requests, what a read found far behind.
    fn catch_up_where(&self, behind: &Behind) {
        for (place, what) in behind.noted() {
            let Some(one) = self.base.under_way.begin(&place, what) else { continue };
            let (base, tables) = (Arc::clone(&self.base), Arc::clone(&self.bench.tables));
            tokio::spawn(async move {
                let _one = one;
                if let Err(error) = base.catch_up(&tables, &place, what).await {
                    tracing::warn!(%error, set = place.set, "the overview was not brought forward; the next read tries again");
                }
            });
        }
    }

    /// Drops what is old, piece by piece, so that other writers come in between; nothing where another process is at it.
    async fn piece_by_piece(&self, first: pieces::Piece) -> Result<Option<u64>> {
        let scope = Scope::Of { workspace_no: first.workspace_no, user_no: EVERYBODY };
        let (mut dropped, mut next) = (0, Some(first));
        while let Some(piece) = next {
            let done = self.base.write(Kind::Write, scope, move |tx| pieces::carry_out(tx, piece)).await?;
            let Some(done) = done else { return Ok(None) };
            dropped += done.dropped;
            next = done.next;
        }
        Ok(Some(dropped))
    }

    /// Takes out of the indexes of words what no record says any more; false where another process is at it.
    async fn sweep(&self, workspace_no: i64) -> Result<bool> {
        let scope = Scope::Of { workspace_no, user_no: EVERYBODY };
        for set in self.base.write(Kind::Write, scope, move |tx| words::sweeps(tx, workspace_no)).await? {
            let mut next = Some(set);
            while let Some(sweep) = next {
                let done = self.base.write(Kind::Write, scope, move |tx| match tx.takes_duty(Duty::Purge)? {
                    true => words::sweep(tx, &sweep).map(Some),
                    false => Ok(None),
                });
                let Some(done) = done.await? else { return Ok(false) };
                next = done;
            }
        }
        Ok(true)
    }
}

impl<D: Driver> Base<D> {
    async fn write<T: Send + 'static>(
        &self,
        kind: Kind,
        scope: Scope,
        write: impl FnOnce(&dyn Tx) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.driver.write(move |session| session.run(kind, scope, write)).await
    }

    async fn catch_up(&self, tables: &Arc<Tables>, place: &Place, what: What) -> Result<()> {
        let scope = Scope::Of { workspace_no: place.workspace_no, user_no: place.user_no };
        let mut is_first = true;
        loop {
            let (tables, place) = (Arc::clone(tables), place.clone());
            let piece = move |tx: &dyn Tx| catch_up::catch_up(tx, &tables, &place, what, is_first);
            if self.write(Kind::Write, scope, piece).await? {
                return Ok(());
            }
            is_first = false;
        }
    }
}

#[async_trait]
impl<D: Driver> Storage for Engine<D> {
    async fn identity(&self) -> Result<Identity> {
        self.front(people::identity).await
    }

    async fn ready(&self) -> Result<()> {
        self.front(people::identity).await?;
        self.base.driver.write(|_| Ok(())).await
    }

    async fn settle_in(&self) -> Result<Identity> {
        let (bench, database) = (self.bench.clone(), self.base.database.clone());
        let settle = move |tx: &dyn Tx| {
            prepare(tx, &database, bench.tables.model.as_ref(), &bench.ports)?;
            Ok((people::identity(tx)?, served::newest(tx)?))
        };
        let (identity, served) = self.base.write(Kind::Layout, Scope::Everything, settle).await?;
        // The backup may have been made under another model, which other processes serve by now.
        self.bench.notices.remodelled(served.map_or(0, |served| served.no));
        Ok(identity)
    }

    fn model(&self) -> Option<Arc<EntityModel>> {
        self.bench.tables.model.clone()
    }

    fn listen_to_model(&self) -> watch::Receiver<i64> {
        self.bench.notices.listen_to_model()
    }

    async fn served_model(&self) -> Result<Option<ServedModel>> {
        self.front(served::newest).await
    }

    fn serving(&self, model: Arc<EntityModel>) -> Arc<dyn Storage> {
        let tables = Arc::new(Tables::of(Some(model), self.base.driver.dialect()));
        let bench = Bench { tables, ..self.bench.clone() };
        // Lanes of its own: a transaction goes by one model.
        Arc::new(Self { base: Arc::clone(&self.base), bench, lanes: Lanes::default() })
    }

    async fn token_holder(&self, token: TokenHash) -> Result<Option<Caller>> {
        self.front(move |tx| people::token_holder(tx, token)).await
    }

    async fn account(&self, name: &str) -> Result<Option<Account>> {
        let name = name.to_owned();
        self.front(move |tx| people::account(tx, &name)).await
    }

    async fn add_user(&self, user: NewUser) -> Result<()> {
        self.base.write(Kind::Write, Scope::Nobody, move |tx| people::add_user(tx, &user)).await
    }

    async fn add_token(&self, token: NewToken) -> Result<()> {
        self.base.write(Kind::Write, Scope::Nobody, move |tx| people::add_token(tx, &token)).await
    }

    async fn remove_token(&self, token: TokenHash) -> Result<bool> {
        self.base.write(Kind::Write, Scope::Nobody, move |tx| people::remove_token(tx, token)).await
    }

    async fn position(&self, workspace_no: i64) -> Result<Position> {
        self.front(move |tx| counter::position(tx, workspace_no)).await
    }

    async fn record(&self, place: &Place, id: RecordId) -> Result<Option<Row>> {
        let at = place.clone();
        self.records(place, move |tx, tables| table::find(tx, tables.table(&at.set)?, &at, id.0)).await
    }

    async fn history(&self, place: &Place, id: RecordId, limit: usize) -> Result<Option<Vec<PastChange>>> {
        let at = place.clone();
        self.records(place, move |tx, tables| history::history(tx, tables, &at, id, limit)).await
    }

    async fn count(&self, place: &Place, query: &Query) -> Result<u64> {
        let (at, query, behind) = (place.clone(), query.clone(), Behind::default());
        let found = behind.clone();
        let counted = self.records(place, move |tx, tables| read::count(tx, tables, &at, &query, &found)).await;
        // Also where it took too long.
        self.catch_up_where(&behind);
        counted
    }

    #[cfg(test)]
    async fn catch_up(&self, place: &Place) -> Result<()> {
        self.base.catch_up(&self.bench.tables, place, What::Words).await
    }

    async fn read(&self, read: Read, render: Render) -> Result<ReadOutcome> {
        let (place, behind) = (read.place.clone(), Behind::default());
        let found = behind.clone();
        let outcome = self.records(&place, move |tx, tables| read::read(tx, tables, &read, &found, render)).await;
        self.catch_up_where(&behind);
        outcome
    }

    async fn commit(&self, commit: Commit) -> Result<Vec<Outcome>> {
        let workspace_no = commit.caller.workspace_no;
        let lane_no = if self.base.driver.writes_workspaces_apart() { workspace_no } else { 0 };
        let (lane, mut ticket) = self.lanes.enter(lane_no, commit)?;
        {
            let _turn = lane.turn.lock().await;
            // More than once where so much waits that one transaction does not take it all.
            while ticket.is_waiting() {
                let (lane, bench) = (Arc::clone(&lane), self.bench.clone());
                let work = move |session: &mut dyn Session| {
                    lane.carry_out(&bench, session);
                    Ok(())
                };
                self.base.driver.write(work).await?;
            }
        }
        (&mut ticket.answer).await.map_err(|_| StorageError::Stopping)?
    }

    fn listen(&self, workspace_no: i64) -> watch::Receiver<u64> {
        self.bench.notices.listen(workspace_no)
    }

    async fn purge(&self, kept: Retention) -> Result<Purged> {
        let mut purged = Purged::default();
        for workspace_no in self.front(pieces::workspaces).await? {
            let piece = |old, before_ms| pieces::Piece { old, workspace_no, before_ms, until: None };
            // One process at a time, whichever comes first (DESIGN section 4, Server).
            let tombstones = piece(&purge::TOMBSTONES, kept.tombstones_before_ms);
            let Some(tombstones) = self.piece_by_piece(tombstones).await? else { break };
            purged.tombstones += tombstones;
            let Some(lines) = self.piece_by_piece(piece(&trim::LINES, kept.history_before_ms)).await? else { break };
            purged.lines += lines;
            let scope = Scope::Of { workspace_no, user_no: EVERYBODY };
            let before_ms = kept.history_before_ms;
            self.base.write(Kind::Write, scope, move |tx| refusal::forget(tx, workspace_no, before_ms)).await?;
            if !self.sweep(workspace_no).await? {
                break;
            }
        }
        Ok(purged)
    }

    async fn begin_epoch(&self) -> Result<()> {
        let epoch = self.bench.ports.secrets.bytes::<8>()?;
        self.base.write(Kind::Write, Scope::Nobody, move |tx| people::new_epoch(tx, epoch)).await
    }

    async fn backup(&self, target: &Path) -> Result<()> {
        self.base.driver.backup(target).await
    }
}
