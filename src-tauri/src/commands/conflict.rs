//! Conflicts, and a person's answers to them.

use super::Answer;
use std::collections::BTreeMap;
use tauri::{State, command};
use tidemark_app::{App, ConflictView, PreviewView, ResolvedView, SimilarView, UndoneView};

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
) -> Answer<ResolvedView> {
    Ok(app.resolve(&conflict, &resolution, sides.unwrap_or_default()).await?)
}

#[command]
pub(crate) async fn preview_resolve(
    app: State<'_, App>,
    conflict: String,
    resolution: String,
    sides: Option<BTreeMap<String, String>>,
) -> Answer<PreviewView> {
    Ok(app.preview_resolve(&conflict, &resolution, sides.unwrap_or_default()).await?)
}

#[command]
pub(crate) async fn resolve_similar(app: State<'_, App>, conflict: String, resolution: String) -> Answer<SimilarView> {
    Ok(app.resolve_similar(&conflict, &resolution).await?)
}

#[command]
pub(crate) async fn undo_resolve(app: State<'_, App>, undo: String) -> Answer<UndoneView> {
    Ok(app.undo_resolve(&undo).await?)
}
