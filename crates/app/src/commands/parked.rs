//! Parked records: changes that the server refuses for a reason other than conflict.

use super::entities::set_view;
use super::place::read_id;
use crate::app::App;
use crate::error::AppError;
use crate::views::{ParkedView, UnfitView};
use tidemark_store::{Parked, Store};

impl App {
    /// Returns the parked records with the server's reasons.
    ///
    /// # Errors
    /// The offline database cannot be read.
    pub async fn parked(&self) -> Result<Vec<ParkedView>, AppError> {
        self.with_store(|store| store.parked()?.into_iter().map(|parked| view(store, parked)).collect()).await
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

    /// Queues a parked record again without the values that the model has no place for; they stay in its history. Returns
    /// what was left out.
    ///
    /// # Errors
    /// The record is not parked, all of it fits, or it cannot be without one of the values.
    pub async fn send_rest_of_parked(&self, set: &str, id: &str) -> Result<Vec<UnfitView>, AppError> {
        self.entity_set(set)?;
        let (name, record_id) = (set.to_owned(), read_id(id)?);
        let left_out = self.with_store(move |store| Ok(store.send_rest(&name, record_id)?)).await?;
        self.nudge();
        Ok(left_out.into_iter().map(unfit).collect())
    }

    /// Gives up this device's change of a parked record, also of a set that left the model; what is given up stays readable
    /// in its history.
    ///
    /// # Errors
    /// The record is not parked.
    pub async fn discard_parked(&self, set: &str, id: &str) -> Result<(), AppError> {
        let (name, record_id) = (set.to_owned(), read_id(id)?);
        self.with_store(move |store| Ok(store.discard(&name, record_id)?)).await?;
        self.nudge();
        Ok(())
    }
}

fn view(store: &Store, parked: Parked) -> Result<ParkedView, AppError> {
    Ok(ParkedView {
        left: store.set_that_left(&parked.set)?.as_ref().map(set_view),
        entity_set: parked.set,
        record_id: parked.record.record.id.to_string(),
        reason: parked.reason,
        record: parked.record.to_json(),
        unfit: parked.unfit.into_iter().map(unfit).collect(),
    })
}

fn unfit(unfit: tidemark_store::Unfit) -> UnfitView {
    UnfitView { property: unfit.property, value: unfit.value, problem: unfit.problem }
}
