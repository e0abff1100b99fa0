//! Everything afresh, for a host that fell behind.
//!
//! Owns: which events say so. Refuses: events of what happens (`events`).

use crate::app::App;
use crate::events::{AppEvent, all_sets};

impl App {
    /// Returns what tells a host that lost events to show everything afresh.
    pub async fn afresh(&self) -> Vec<AppEvent> {
        let mut events: Vec<_> = all_sets(self.store()).into_iter().map(AppEvent::RecordsChanged).collect();
        events.extend([AppEvent::EntitiesChanged, AppEvent::SessionChanged]);
        match self.status().await {
            Ok(status) => events.push(AppEvent::StatusChanged(status)),
            Err(error) => tracing::warn!(%error, "the status is not known"),
        }
        events
    }
}
