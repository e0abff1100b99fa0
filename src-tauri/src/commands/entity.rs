//! Offline Sync Settings: which entity sets are kept on this device.

use super::Answer;
use tauri::{State, command};
use tidemark_app::{App, EntityView, UnsentChoice};

#[command]
pub(crate) async fn entities(app: State<'_, App>) -> Answer<Vec<EntityView>> {
    Ok(app.entities().await?)
}

#[command]
pub(crate) async fn refresh_server_counts(app: State<'_, App>) -> Answer<()> {
    Ok(app.refresh_server_counts().await?)
}

#[command]
pub(crate) async fn entity_on(app: State<'_, App>, set: String) -> Answer<()> {
    Ok(app.entity_on(&set).await?)
}

#[command]
pub(crate) async fn entity_off(app: State<'_, App>, set: String, unsent: UnsentChoice) -> Answer<()> {
    Ok(app.entity_off(&set, unsent).await?)
}

#[command]
pub(crate) async fn pause(app: State<'_, App>, set: String) -> Answer<()> {
    Ok(app.pause(&set).await?)
}

#[command]
pub(crate) async fn resume(app: State<'_, App>, set: String) -> Answer<()> {
    Ok(app.resume(&set).await?)
}

#[command]
pub(crate) async fn set_policy(app: State<'_, App>, set: String, policy: String) -> Answer<()> {
    Ok(app.set_policy(&set, &policy).await?)
}
