//! The status line, a cycle on demand, and what past cycles did.

use super::Answer;
use tauri::{State, command};
use tidemark_app::{ActivityView, App, DecisionView, StatusView, SyncView};

#[command]
pub(crate) async fn status(app: State<'_, App>) -> Answer<StatusView> {
    Ok(app.status().await?)
}

#[command]
pub(crate) async fn sync_now(app: State<'_, App>) -> Answer<SyncView> {
    Ok(app.sync_now().await?)
}

#[command]
pub(crate) async fn activity(app: State<'_, App>, limit: u32) -> Answer<Vec<ActivityView>> {
    Ok(app.activity(limit).await?)
}

#[command]
pub(crate) async fn decisions(app: State<'_, App>, limit: u32) -> Answer<Vec<DecisionView>> {
    Ok(app.decisions(limit).await?)
}
