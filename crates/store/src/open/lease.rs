//! The right to write what a server said: it ends when the account changes and when another process takes the turn.
//!
//! Owns: [`Lease`], through which alone the answers of a server come into this database; the epoch of the account and
//! the turn of the sync, compared inside every transaction (FAULTS I25, P4; `docs/sync.md`, "A cycle"). Refuses: waiting
//! for a turn (`tidemark-sync`); what people do here needs no lease.

use crate::error::{Result, StoreError};
use crate::tables::account::{self, ACCOUNT_EPOCH, Account, TURN};
use crate::tables::setting;
use crate::tx::store::{Reading, Store};
use crate::tx::transaction::Tx;
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use tidemark_model::{EntityModel, Planted, is_planted};

/// One account's right to bring in what its server said: for one call, or for a whole run that holds the turn.
///
/// Everything read or written through it fails with [`StoreError::AccountChanged`] or [`StoreError::Overtaken`] from the
/// moment on at which it no longer holds; nothing of that transaction is written then.
#[derive(Clone)]
pub struct Lease {
    store: Store,
    account: Account,
    epoch: i64,
    turn: Option<i64>,
}

impl std::fmt::Debug for Lease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lease").field("epoch", &self.epoch).field("turn", &self.turn).finish_non_exhaustive()
    }
}

impl Store {
    /// Returns a lease for one call to the server: it holds while the account stays.
    ///
    /// # Errors
    /// [`StoreError::NotSignedIn`], or the database cannot be read.
    pub fn lease(&self) -> Result<Lease> {
        self.lease_of(None)
    }

    /// Returns a lease for a run whose process holds `turn`: it holds while the account and the turn stay.
    ///
    /// # Errors
    /// [`StoreError::NotSignedIn`]; [`StoreError::Overtaken`] where the turn is another by now.
    pub fn lease_in_turn(&self, turn: i64) -> Result<Lease> {
        self.lease_of(Some(turn))
    }

    fn lease_of(&self, turn: Option<i64>) -> Result<Lease> {
        let (account, epoch) = self.read(|reading| {
            check_turn(reading.conn, turn)?;
            Ok((account::get(reading.conn)?, setting::number(reading.conn, ACCOUNT_EPOCH)?))
        })?;
        let account = account.ok_or(StoreError::NotSignedIn)?;
        Ok(Lease { store: self.clone(), account, epoch, turn })
    }

    /// Returns the number of the turn that counts.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn turn(&self) -> Result<i64> {
        self.read(|reading| setting::number(reading.conn, TURN))
    }

    /// Begins a new turn in place of `turn`, whose process stood still for too long; nothing happens where another
    /// process was faster.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn overtake(&self, turn: i64) -> Result<()> {
        self.write(|tx| {
            if setting::number(tx.conn, TURN)? == turn {
                setting::set(tx.conn, TURN, &(turn + 1).to_string())?;
            }
            Ok(())
        })
    }
}

fn check_turn(conn: &Connection, turn: Option<i64>) -> Result<()> {
    match turn {
        Some(turn) if setting::number(conn, TURN)? != turn && !is_planted(Planted::H3NoTurn) => {
            Err(StoreError::Overtaken)
        }
        _ => Ok(()),
    }
}

impl Lease {
    /// Returns the account as it was when the lease began: its token is the one that every request under it carries.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Returns the folder.
    pub fn dir(&self) -> &Path {
        self.store.dir()
    }

    /// Tells whether the lease still holds.
    ///
    /// # Errors
    /// It does not, or the database cannot be read.
    pub fn check(&self) -> Result<()> {
        self.read(|_| Ok(()))
    }

    /// Returns the entity model, once one was adopted.
    pub fn model(&self) -> Option<Arc<EntityModel>> {
        self.read(|reading| Ok(reading.catalog.model().cloned())).ok().flatten()
    }

    /// As [`Store::setting`].
    ///
    /// # Errors
    /// As [`Lease::check`].
    pub fn setting(&self, key: &str) -> Result<Option<String>> {
        self.read(|reading| setting::get(reading.conn, key))
    }

    /// Keeps what a run learned of its server; it goes with the account.
    ///
    /// # Errors
    /// The lease does not hold, or the database cannot be written.
    pub fn set_setting(&self, key: &str, value: &str) -> Result<()> {
        if self.setting(key)?.as_deref() == Some(value) {
            return Ok(());
        }
        self.write(|tx| setting::set(tx.conn, key, value))
    }

    /// Runs `f` in one read transaction in which the lease holds.
    pub(crate) fn read<T>(&self, f: impl FnOnce(&Reading<'_>) -> Result<T>) -> Result<T> {
        self.store.read(|reading| {
            self.must_hold(reading.conn)?;
            f(reading)
        })
    }

    /// Runs `f` in one write transaction in which the lease holds.
    pub(crate) fn write<T>(&self, f: impl FnOnce(&Tx<'_>) -> Result<T>) -> Result<T> {
        self.store.write(|tx| {
            self.must_hold(tx.conn)?;
            f(tx)
        })
    }

    fn must_hold(&self, conn: &Connection) -> Result<()> {
        if setting::number(conn, ACCOUNT_EPOCH)? != self.epoch && !is_planted(Planted::A3CycleCrossesAccounts) {
            return Err(StoreError::AccountChanged);
        }
        check_turn(conn, self.turn)
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }
}
