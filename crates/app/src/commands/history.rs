//! A record's history on this device: what was done to it, and what did not stand.

use super::place::read_id;
use crate::app::App;
use crate::error::AppError;
use crate::views::HistoryView;

impl App {
    /// Returns what happened to a record on this device, oldest first, with every side that did not stand.
    ///
    /// # Errors
    /// The set is unknown, or the offline database cannot be read.
    pub async fn history(&self, set: &str, id: &str) -> Result<Vec<HistoryView>, AppError> {
        self.entity_set(set)?;
        let (name, record_id, text) = (set.to_owned(), read_id(id)?, id.to_owned());
        self.with_store(move |store| {
            let entries = store.history(&name, record_id)?;
            if entries.is_empty() && store.is_cached(&name)? && store.get(&name, record_id)?.is_none() {
                return Err(AppError::UnknownRecord { set: name, id: text });
            }
            let line = |entry: tidemark_store::HistoryEntry| HistoryView {
                at: entry.at,
                event: entry.event,
                by: entry.by,
                record: entry.record.map(|record| record.to_json()),
            };
            Ok(entries.into_iter().map(line).collect())
        })
        .await
    }
}
