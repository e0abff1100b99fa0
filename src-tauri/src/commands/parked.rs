//! Records whose changes the server refuses.

use super::Answer;
use tauri::{State, command};
use tidemark_app::{App, ParkedView, UnfitView};

#[command]
pub(crate) async fn parked(app: State<'_, App>) -> Answer<Vec<ParkedView>> {
    Ok(app.parked().await?)
}

#[command]
pub(crate) async fn retry_parked(app: State<'_, App>, set: String, id: String) -> Answer<()> {
    Ok(app.retry_parked(&set, &id).await?)
}

#[command]
pub(crate) async fn send_rest_of_parked(app: State<'_, App>, set: String, id: String) -> Answer<Vec<UnfitView>> {
    Ok(app.send_rest_of_parked(&set, &id).await?)
}

#[command]
pub(crate) async fn discard_parked(app: State<'_, App>, set: String, id: String) -> Answer<()> {
    Ok(app.discard_parked(&set, &id).await?)
}
