//! Running a write transaction: what happens around it.
//!
//! Owns: `BEGIN IMMEDIATE`, the order of log and commit, what is announced afterwards. Refuses: knowing what is written.

use crate::error::{Result, StoreError};
use crate::tx::connect::Access;
use crate::tx::follow;
use crate::tx::notices::Changed;
use crate::tx::outbox;
use crate::tx::outbox_level;
use crate::tx::store::Inner;
use crate::tx::transaction::Tx;
use crate::tx::writer::Writer;
use rusqlite::{Connection, TransactionBehavior};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use tidemark_model::CACHED_ENTITIES;

impl Inner {
    /// Runs `f` in one write transaction; returns what it changed, too.
    pub(crate) fn write<T>(&self, f: impl FnOnce(&Tx<'_>) -> Result<T>) -> Result<(T, Vec<Changed>)> {
        if self.access != Access::Full {
            return Err(StoreError::ReadOnly(self.file.clone()));
        }
        // A panic in an earlier transaction rolled it back; the connection is as good as before.
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut conn = match writer.conn.take() {
            Some(conn) => conn,
            None => self.connect_writer()?,
        };
        self.presence.begin_writing()?;
        // What a transaction noted that was rolled back.
        self.touched.clear();
        let outcome = self.transact(&mut conn, &mut writer, f);
        if let Ok((_, _, true)) = outcome {
            self.shorten_outbox(&mut conn);
        }
        // What is behind a pull that its caller gave up is not known here: it may have been an I/O error.
        if !matches!(outcome, Err(StoreError::Io(_) | StoreError::GivenUp)) {
            writer.conn = Some(conn);
        }
        outcome.map(|(value, changed, _)| (value, changed))
    }

    /// Begins to speak of a transaction.
    pub(crate) fn tx<'c>(&'c self, conn: &'c Connection) -> Result<Tx<'c>> {
        Ok(Tx::new(conn, self.loaded.current(conn)?, self.clock.now_ms(), &*self.ids, &self.touched))
    }

    /// Gives deleted content back to the disk.
    pub(crate) fn compact(&self) {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(conn) = &mut writer.conn else { return };
        self.shorten_outbox(conn);
        if let Err(error) = conn.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)") {
            tracing::warn!(%error, "the offline database could not be compacted");
        }
    }

    /// Runs a transaction; tells too whether the outbox log is worth writing anew.
    fn transact<T>(
        &self,
        conn: &mut Connection,
        writer: &mut Writer,
        f: impl FnOnce(&Tx<'_>) -> Result<T>,
    ) -> Result<(T, Vec<Changed>, bool)> {
        let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        writer.look(&transaction)?;
        let tx = self.tx(&transaction)?;
        if outbox_level::catch_up(&tx, &self.outbox)? {
            // What another process began and did not end; what follows begins on a database without an account.
            let gone = tx.into_changes();
            transaction.commit()?;
            self.is_to_compact.store(true, Ordering::Relaxed);
            let (value, mut changed, is_long) = self.transact(conn, writer, f)?;
            changed.splice(0..0, gone);
            return Ok((value, changed, is_long));
        }
        let value = f(&tx)?;
        finish(&tx)?;
        // On the disk before the database commits: whichever of the two is lost, the other one has it.
        let told = outbox::append(&tx, &self.outbox)?;
        let changed = tx.into_changes();
        transaction.commit()?;
        Ok((value, changed, told.is_some_and(outbox::Appended::committed)))
    }

    /// Writes the log anew, shorter; that it fails now harms nothing.
    pub(crate) fn shorten_outbox(&self, conn: &mut Connection) {
        let mut shortened = || -> Result<()> {
            let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let tx = self.tx(&transaction)?;
            outbox_level::shorten(&tx, &self.outbox)?;
            drop(tx);
            Ok(transaction.commit()?)
        };
        if let Err(error) = shortened() {
            tracing::warn!(%error, "the outbox log could not be shortened");
        }
    }

    /// Tells whether another process has written since this was last asked.
    pub(crate) fn outside_changes(&self) -> Result<bool> {
        let _entered = self.gate.enter();
        let Ok(mut writer) = self.writer.try_lock() else { return Ok(false) };
        if let Some(conn) = writer.conn.take() {
            let looked = writer.look(&conn);
            writer.conn = Some(conn);
            looked?;
        }
        Ok(std::mem::take(&mut writer.outside))
    }
}

/// What a transaction ends with: the choice of sets is followed, the last stamp is kept.
fn finish(tx: &Tx<'_>) -> Result<()> {
    if tx.has_touched(CACHED_ENTITIES) {
        follow::follow(tx, &tx.catalog)?;
    }
    tx.keep_stamp()
}
