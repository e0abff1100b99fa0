//! Many records at once, all or none.
//!
//! Owns: naming the row at fault. Refuses: file formats (`tidemark-app` reads CSV and JSON lines).

use crate::edit;
use crate::error::{Result, StoreError};
use crate::row;
use crate::store::Store;
use serde_json::{Map, Value};

impl Store {
    /// Adds records; a row whose `Id` is here already is an edit. Returns how many rows there were.
    ///
    /// # Errors
    /// [`StoreError::Row`] with the first row at fault, counted from 1; nothing is imported then.
    pub fn import(
        &self,
        set: &str,
        rows: &mut dyn Iterator<Item = std::result::Result<Map<String, Value>, String>>,
    ) -> Result<u64> {
        self.write(|tx| {
            let table = tx.catalog.table(set)?.clone();
            let mut row = 0;
            for json in rows {
                row += 1;
                let json = json.map_err(|problem| StoreError::Row { row, problem, property: None })?;
                let saved = edit::given_id(&json).and_then(|id| match id {
                    Some(id) if row::get(tx.conn, &table, id)?.is_some() => edit::change(tx, set, id, &json),
                    _ => edit::add(tx, set, &json),
                });
                saved.map_err(|error| of_row(row, error))?;
            }
            Ok(row)
        })
    }
}

/// Names the row in an error that is about its content; a full disk is not.
fn of_row(row: u64, error: StoreError) -> StoreError {
    let property = error.property().map(str::to_owned);
    let problem = match &error {
        StoreError::Invalid(inner) => inner.to_string(),
        StoreError::InvalidMember { property, problem } => format!("{property} {problem}"),
        StoreError::NotFound { .. } | StoreError::Exists { .. } => {
            "Id belongs to a record that was deleted here".into()
        }
        _ => return error,
    };
    StoreError::Row { row, problem, property }
}
