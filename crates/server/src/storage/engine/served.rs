//! The model that is served: kept in the database, so that all processes on it serve the same one.
//!
//! Owns: which model that is, when a process comes with another. The last that was new to the database counts; a process
//! that starts beside others with one that they have left behind serves theirs, so that a rolling start passes from one
//! model to the next once and not back and forth: each passing makes every device read its sets again. Where nobody else
//! serves, a process serves what it was started with, and what was left behind before is forgotten. Refuses: laying it out
//! (`layout`).

use super::layout;
use super::tx::{Duty, Tx};
use crate::storage::{Result, ServedModel, StorageError};
use std::sync::Arc;
use tidemark_model::EntityModel;

/// Chooses between the model that a process brings and the one that is served; returns the one it serves from now on.
///
/// # Errors
/// [`StorageError::ModelMisfit`].
pub(super) fn settle(tx: &dyn Tx, brought: &Arc<EntityModel>, at_ms: i64) -> Result<Arc<EntityModel>> {
    let newest = newest(tx)?;
    let left_behind = newest.as_ref().filter(|newest| newest.fingerprint != brought.fingerprint());
    let left_behind = if was_served(tx, brought)? { left_behind } else { None };
    let is_alone = tx.takes_duty(Duty::ServeAlone { is_patient: left_behind.is_some() })?;
    if let Some(newest) = left_behind.filter(|_| !is_alone) {
        tracing::warn!(
            "other processes serve a newer model on this database; it is served here too, in place of --model"
        );
        return newest.read();
    }
    layout::lay_out(tx, brought)?;
    if newest.as_ref().is_none_or(|newest| newest.fingerprint != brought.fingerprint()) {
        let no = newest.map_or(0, |newest| newest.no) + 1;
        let sql = "INSERT INTO model (no, fingerprint, document, at_ms) VALUES (?1, ?2, ?3, ?4)";
        let document = brought.document().to_string();
        tx.execute(sql, &[no.into(), brought.fingerprint().into(), (&document).into(), at_ms.into()])?;
        // Whose records are is part of a model, and no line of the journal says it.
        tx.execute("UPDATE overview SET counted = NULL", &[])?;
        tx.announce_model(no)?;
    }
    if is_alone {
        // Nobody is left who could come back with one of them.
        tx.execute("DELETE FROM model WHERE no < (SELECT max(no) FROM model)", &[])?;
    }
    Ok(Arc::clone(brought))
}

/// Reads the model that is served; nothing before the first.
pub(super) fn newest(tx: &dyn Tx) -> Result<Option<ServedModel>> {
    tx.one("SELECT no, fingerprint, document FROM model ORDER BY no DESC LIMIT 1", &[], |row| {
        Ok(ServedModel { no: row.integer(0)?, fingerprint: row.text(1)?, document: row.text(2)? })
    })
}

fn was_served(tx: &dyn Tx, model: &EntityModel) -> Result<bool> {
    let sql = "SELECT 1 FROM model WHERE fingerprint = ?1 LIMIT 1";
    Ok(tx.one(sql, &[model.fingerprint().into()], |_| Ok(()))?.is_some())
}

impl ServedModel {
    /// Reads the document.
    ///
    /// # Errors
    /// A newer version of Tidemark wrote it.
    pub(crate) fn read(&self) -> Result<Arc<EntityModel>> {
        let model = EntityModel::parse(&self.document);
        model.map(Arc::new).map_err(|error| {
            StorageError::ModelMisfit(format!(
                "the model that other processes serve cannot be read by this version ({error}). Install theirs"
            ))
        })
    }
}
