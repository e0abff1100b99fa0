//! One connection as the engine sees it: plain calls, each waiting for the server's answer.
//!
//! Owns: how a transaction begins (isolation, and whose records it may see), prepared statements, and portals, through
//! which a page is fetched in pieces. It runs on a thread where waiting is allowed. Refuses: rules.

use super::error::storage_error;
use super::listen::{MOVED, REMODELLED};
use super::value::{Bound, Fetched, Kept};
use super::wall;
use crate::storage::engine::{Bind, Columns, Cursor, Duty, Fetch, Kind, Scope, Session, Take, Tx, one_row};
use crate::storage::{Result, StorageError};
use deadpool_postgres::StatementCache;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::sync::Arc;
use std::task::Poll;
use tidemark_sql::{Dialect, placeholders};
use tokio::runtime::Handle;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, IsolationLevel, Portal, Row, Statement, Transaction};

/// Longer texts differ by what a user asked and are not kept prepared.
const LONGEST_KEPT: usize = 4_096;
/// Statements kept prepared on a connection: with the longest, two megabytes of text.
const MOST_KEPT: usize = 500;
/// How many rows are fetched at first, and at most: as many as come to about a mebibyte, going by those before. The next
/// may be much larger, so there are never many.
const FIRST_FETCH: i32 = 8;
const MOST_FETCH: i32 = 64;
const FETCH_BYTES: usize = 1024 * 1024;

/// A connection while one piece of work has it.
pub(super) struct PostgresSession<'c> {
    client: &'c mut Client,
    kept: Option<Arc<StatementCache>>,
    runtime: Handle,
    is_unsound: bool,
}

impl<'c> PostgresSession<'c> {
    /// Takes a connection and the statements that are prepared on it.
    pub(super) fn new(client: &'c mut Client, kept: Option<Arc<StatementCache>>, runtime: Handle) -> Self {
        Self { client, kept, runtime, is_unsound: false }
    }

    /// Tells whether a transaction could not be ended properly, so that the connection is of no more use.
    pub(super) fn is_unsound(&self) -> bool {
        self.is_unsound
    }
}

impl Session for PostgresSession<'_> {
    fn transaction(&mut self, kind: Kind, scope: Scope, work: &mut dyn FnMut(&dyn Tx) -> Result<()>) -> Result<()> {
        if let Some(kept) = self.kept.as_ref().filter(|kept| kept.size() > MOST_KEPT) {
            kept.clear();
        }
        let building = match kind {
            Kind::Read => {
                self.client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true)
            }
            // Each statement sees what was committed before it: behind the lock of the counter, that is everything.
            Kind::Write | Kind::Layout => {
                self.client.build_transaction().isolation_level(IsolationLevel::ReadCommitted)
            }
        };
        let started = self.runtime.block_on(async {
            let transaction = building.start().await?;
            let words = wall::first_words(kind, scope);
            if !words.is_empty() {
                transaction.batch_execute(&words).await?;
            }
            Ok(transaction)
        });
        let transaction = match started {
            Ok(transaction) => transaction,
            Err(error) => {
                self.is_unsound = true;
                return Err(storage_error(&error, false));
            }
        };
        let tx = PostgresTx {
            transaction: &transaction,
            kept: self.kept.as_deref(),
            runtime: &self.runtime,
            user_no: Cell::new(scope.user_no()),
            sent: RefCell::default(),
        };
        let done = work(&tx).and_then(|()| tx.flush());
        let ended = match done {
            Ok(()) => self.runtime.block_on(transaction.commit()).map_err(|error| storage_error(&error, true)),
            Err(error) => {
                // What it said counts; where not even the end comes through, the connection is given up.
                self.is_unsound = self.runtime.block_on(transaction.rollback()).is_err();
                return Err(match (kind, error) {
                    // Nothing is wrong with what was asked: it may be asked again.
                    (Kind::Write, StorageError::TooSlow) => StorageError::Busy,
                    (_, error) => error,
                });
            }
        };
        self.is_unsound |= ended.is_err();
        ended
    }
}

struct PostgresTx<'t> {
    transaction: &'t Transaction<'t>,
    kept: Option<&'t StatementCache>,
    runtime: &'t Handle,
    user_no: Cell<i64>,
    sent: RefCell<Vec<Sent>>,
}

/// A statement that waits for the next trip.
struct Sent {
    statement: Statement,
    values: Vec<Kept>,
}

/// A trip takes no more statements than this: what waits stands in memory.
const MOST_SENT: usize = 1_000;

impl PostgresTx<'_> {
    fn wait<T>(&self, answer: impl Future<Output = std::result::Result<T, Error>>) -> Result<T> {
        self.runtime.block_on(answer).map_err(|error| storage_error(&error, false))
    }

    fn prepare(&self, sql: &str) -> Result<Statement> {
        let sql = placeholders(Dialect::Postgres, sql);
        let client = self.transaction.client();
        match self.kept.filter(|_| sql.len() <= LONGEST_KEPT) {
            Some(kept) => self.wait(kept.prepare(client, &sql)),
            None => self.wait(client.prepare(&sql)),
        }
    }

    /// Carries out what was sent, all of it in one trip, in order.
    fn flush(&self) -> Result<()> {
        let sent = self.sent.take();
        if sent.is_empty() {
            return Ok(());
        }
        let values: Vec<Vec<Bound<'_>>> =
            sent.iter().map(|sent| sent.values.iter().map(Kept::bound).collect()).collect();
        let changed = self.wait(async {
            let mut under_way = Vec::with_capacity(sent.len());
            for (sent, values) in sent.iter().zip(&values) {
                let mut trip =
                    Box::pin(async move { self.transaction.execute(&sent.statement, &parameters(values)).await });
                // Polled once, it is on its way: in this order, and before the first is answered.
                let early = futures::poll!(trip.as_mut());
                under_way.push((trip, early));
            }
            let mut changed = Vec::with_capacity(under_way.len());
            for (trip, early) in under_way {
                changed.push(match early {
                    Poll::Ready(answer) => answer?,
                    Poll::Pending => trip.await?,
                });
            }
            Ok(changed)
        })?;
        changed.into_iter().try_for_each(one_row)
    }

    fn notify(&self, channel: &str, payload: &str) -> Result<()> {
        self.ask(&format!("SELECT pg_notify('{channel}', ?1)"), &[Bind::Text(payload)]).map(drop)
    }

    fn ask(&self, sql: &str, values: &[Bind<'_>]) -> Result<Vec<Row>> {
        self.flush()?;
        let statement = self.prepare(sql)?;
        let values: Vec<Bound<'_>> = values.iter().copied().map(Bound).collect();
        self.wait(self.transaction.query(&statement, &parameters(&values)))
    }
}

fn parameters<'v>(values: &'v [Bound<'v>]) -> Vec<&'v (dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

impl Tx for PostgresTx<'_> {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn send(&self, sql: &str, values: &[Bind<'_>]) -> Result<()> {
        let statement = self.prepare(sql)?;
        let values = values.iter().copied().map(Kept::of).collect();
        let mut sent = self.sent.borrow_mut();
        sent.push(Sent { statement, values });
        let is_full = sent.len() >= MOST_SENT;
        drop(sent);
        if is_full { self.flush() } else { Ok(()) }
    }

    fn is_far(&self) -> bool {
        true
    }

    fn execute(&self, sql: &str, values: &[Bind<'_>]) -> Result<u64> {
        self.flush()?;
        let statement = self.prepare(sql)?;
        let values: Vec<Bound<'_>> = values.iter().copied().map(Bound).collect();
        self.wait(self.transaction.execute(&statement, &parameters(&values)))
    }

    fn query(&self, sql: &str, values: &[Bind<'_>], fetch: Fetch, take: Take<'_>) -> Result<()> {
        if fetch == Fetch::Whole {
            let rows = self.ask(sql, values)?;
            return take(&mut Rows { tx: self, rows: rows.into_iter(), now: None, rest: None });
        }
        self.flush()?;
        let statement = self.prepare(sql)?;
        let values: Vec<Bound<'_>> = values.iter().copied().map(Bound).collect();
        let portal = self.wait(self.transaction.bind(&statement, &parameters(&values)))?;
        let rest = Some(Rest { portal, fetch: FIRST_FETCH });
        take(&mut Rows { tx: self, rows: Vec::new().into_iter(), now: None, rest })
    }

    fn batch(&self, sql: &str) -> Result<()> {
        self.flush()?;
        self.wait(self.transaction.batch_execute(sql))
    }

    fn act_for(&self, user_no: i64) -> Result<()> {
        if self.user_no.replace(user_no) == user_no { Ok(()) } else { self.batch(&wall::acts_for(user_no)) }
    }

    fn wall_in(&self, table: &str, by_owner: bool) -> Result<()> {
        self.batch(&wall::wall_in(table, by_owner))
    }

    fn wall_in_words(&self, index: &str) -> Result<()> {
        self.batch(&wall::wall_in_words(index))
    }

    fn look_for_words(&self, words: Option<&str>) -> Result<()> {
        match words {
            Some(words) => self.ask(wall::LOOK_FOR_WORDS, &[Bind::Text(words)]).map(drop),
            None => self.batch(wall::LOOK_FOR_NOTHING),
        }
    }

    fn version(&self) -> Result<Option<i64>> {
        wall::version(self)
    }

    fn set_version(&self, version: i64) -> Result<()> {
        wall::set_version(self, version)
    }

    fn takes_duty(&self, duty: Duty) -> Result<bool> {
        wall::takes_duty(self, duty)
    }

    fn announce(&self, workspace_no: i64, sequence: u64) -> Result<()> {
        self.notify(MOVED, &format!("{workspace_no} {sequence}"))
    }

    fn announce_model(&self, no: i64) -> Result<()> {
        self.notify(REMODELLED, &no.to_string())
    }
}

/// What a portal still has.
struct Rest {
    portal: Portal,
    fetch: i32,
}

struct Rows<'t> {
    tx: &'t PostgresTx<'t>,
    rows: std::vec::IntoIter<Row>,
    now: Option<Fetched>,
    rest: Option<Rest>,
}

impl Rows<'_> {
    fn fetch(&mut self) -> Result<()> {
        let Some(rest) = &mut self.rest else { return Ok(()) };
        let rows = self.tx.wait(self.tx.transaction.query_portal(&rest.portal, rest.fetch))?;
        let fetched = i32::try_from(rows.len()).unwrap_or(i32::MAX);
        if fetched < rest.fetch {
            self.rest = None;
        } else {
            let bytes: usize = rows.iter().map(Row::raw_size_bytes).sum();
            let each = (bytes / rows.len().max(1)).max(1);
            rest.fetch = i32::try_from(FETCH_BYTES / each).unwrap_or(MOST_FETCH).clamp(1, MOST_FETCH);
        }
        self.rows = rows.into_iter();
        Ok(())
    }
}

impl Cursor for Rows<'_> {
    fn next(&mut self) -> Result<Option<&dyn Columns>> {
        let mut next = self.rows.next();
        if next.is_none() && self.rest.is_some() {
            self.fetch()?;
            next = self.rows.next();
        }
        self.now = next.map(Fetched);
        Ok(self.now.as_ref().map(|row| row as &dyn Columns))
    }
}
