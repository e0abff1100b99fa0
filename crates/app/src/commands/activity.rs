//! Activity: the last cycles of every process on this data dir, and what happened to its disk.

use crate::app::App;
use crate::error::AppError;
use crate::incidents::sentence;
use crate::views::{ActivityView, SyncView};
use tidemark_store::{CycleEntry, Noticed};

impl App {
    /// Returns the last cycles and incidents, newest first.
    ///
    /// # Errors
    /// The offline database cannot be read.
    pub async fn activity(&self, limit: u32) -> Result<Vec<ActivityView>, AppError> {
        let read = self.with_store(move |store| Ok((store.cycles(limit)?, store.incidents(limit)?)));
        let (cycles, incidents) = read.await?;
        let label = |set: &str| self.label(set);
        let cycle = |cycle: &CycleEntry| ActivityView {
            started_at: cycle.started_at,
            sync: Some(SyncView::from(cycle)),
            incident: None,
        };
        let incident = |noticed: &Noticed| ActivityView {
            started_at: noticed.at,
            sync: None,
            incident: Some(sentence(&noticed.incident, label)),
        };
        let mut lines: Vec<_> = cycles.iter().map(cycle).chain(incidents.iter().map(incident)).collect();
        lines.sort_by_key(|line| std::cmp::Reverse(line.started_at));
        lines.truncate(limit as usize);
        Ok(lines)
    }

    /// Returns what happened to the disk since somebody was last told here, oldest first; each is told once.
    ///
    /// # Errors
    /// The offline database cannot be read.
    pub async fn notices(&self) -> Result<Vec<String>, AppError> {
        let incidents = self.with_store(|store| Ok(store.tell_incidents()?)).await?;
        Ok(incidents.iter().map(|incident| sentence(incident, |set| self.label(set))).collect())
    }
}
