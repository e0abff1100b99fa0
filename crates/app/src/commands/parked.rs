//! Parked records: changes that the server refuses for a reason other than conflict.

use super::place::read_id;
use crate::app::App;
use crate::error::AppError;
use crate::views::ParkedView;

impl App {
    /// Returns the parked records with the server's reasons.
    ///
    /// # Errors
    /// The offline database cannot be read.
    pub async fn parked(&self) -> Result<Vec<ParkedView>, AppError> {
        let view = |parked: tidemark_store::Parked| ParkedView {
            entity_set: parked.set,
            record_id: parked.record.record.id.to_string(),
            reason: parked.reason,
            record: parked.record.to_json(),
        };
        self.with_store(move |store| Ok(store.parked()?.into_iter().map(view).collect())).await
    }

    /// Queues a parked record again as it is.
    ///
    /// # Errors
    /// The record is not parked.
    pub async fn retry_parked(&self, set: &str, id: &str) -> Result<(), AppError> {
        self.entity_set(set)?;
        let (name, record_id) = (set.to_owned(), read_id(id)?);
        self.with_store(move |store| Ok(store.retry_parked(&name, record_id)?)).await?;
        self.nudge();
        Ok(())
    }

    /// Gives up this device's change of a parked record; what is given up stays readable in its history.
    ///
    /// # Errors
    /// The record is not parked.
    pub async fn discard_parked(&self, set: &str, id: &str) -> Result<(), AppError> {
        self.entity_set(set)?;
        let (name, record_id) = (set.to_owned(), read_id(id)?);
        self.with_store(move |store| Ok(store.discard(&name, record_id)?)).await?;
        self.nudge();
        Ok(())
    }
}
