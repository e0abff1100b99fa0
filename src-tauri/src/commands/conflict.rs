//! Conflicts, and a person's answers to them.

use super::Answer;
use std::collections::BTreeMap;
use tauri::{State, command};
use tidemark_app::{App, ConflictView, RecordView};

#[command]
pub(crate) async fn conflicts(app: State<'_, App>) -> Answer<Vec<ConflictView>> {
    Ok(app.conflicts().await?)
}

#[command]
pub(crate) async fn resolve(
    app: State<'_, App>,
    conflict: String,
    resolution: String,
    sides: Option<BTreeMap<String, String>>,
) -> Answer<Option<RecordView>> {
    Ok(app.resolve(&conflict, &resolution, sides.unwrap_or_default()).await?)
}
