//! Activity: the last cycles of every process on this data dir.

use crate::app::App;
use crate::error::AppError;
use crate::views::{ActivityView, SyncView};
use tidemark_store::CycleEntry;

impl App {
    /// Returns the last cycles, newest first.
    ///
    /// # Errors
    /// The offline database cannot be read.
    pub async fn activity(&self, limit: u32) -> Result<Vec<ActivityView>, AppError> {
        let cycles = self.with_store(move |store| Ok(store.cycles(limit)?)).await?;
        let line = |cycle: &CycleEntry| ActivityView { started_at: cycle.started_at, sync: SyncView::from(cycle) };
        Ok(cycles.iter().map(line).collect())
    }
}
