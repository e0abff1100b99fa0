//! Records of any entity set, as the model describes them.

use super::Answer;
use serde_json::{Map, Value};
use tauri::{State, command};
use tidemark_app::{App, ExplainView, HistoryView, ListRequest, ListView, ModelView, RecordView};

#[command]
pub(crate) async fn model(app: State<'_, App>) -> Answer<ModelView> {
    Ok(app.model().await?)
}

#[command]
pub(crate) async fn list(app: State<'_, App>, request: ListRequest) -> Answer<ListView> {
    Ok(app.list(request).await?)
}

#[command]
pub(crate) async fn get(app: State<'_, App>, set: String, id: String) -> Answer<RecordView> {
    Ok(app.get(&set, &id).await?)
}

#[command]
pub(crate) async fn add(app: State<'_, App>, set: String, record: Map<String, Value>) -> Answer<RecordView> {
    Ok(app.add(&set, record).await?)
}

#[command]
pub(crate) async fn edit(
    app: State<'_, App>,
    set: String,
    id: String,
    changes: Map<String, Value>,
    shown: Option<RecordView>,
) -> Answer<RecordView> {
    Ok(app.edit_shown(&set, &id, changes, shown).await?)
}

#[command]
pub(crate) async fn remove(app: State<'_, App>, set: String, id: String, shown: Option<RecordView>) -> Answer<()> {
    Ok(app.remove_shown(&set, &id, shown).await?)
}

#[command]
pub(crate) async fn undo_remove(app: State<'_, App>, set: String, id: String) -> Answer<RecordView> {
    Ok(app.undo_remove(&set, &id).await?)
}

#[command]
pub(crate) async fn history(app: State<'_, App>, set: String, id: String) -> Answer<Vec<HistoryView>> {
    Ok(app.history(&set, &id).await?)
}

#[command]
pub(crate) async fn bring_back(
    app: State<'_, App>,
    set: String,
    id: String,
    entry: String,
) -> Answer<Option<RecordView>> {
    Ok(app.bring_back(&set, &id, &entry).await?)
}

#[command]
pub(crate) async fn explain(app: State<'_, App>, set: String, id: String) -> Answer<ExplainView> {
    Ok(app.explain(&set, &id).await?)
}
