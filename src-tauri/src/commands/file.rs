//! Import and export. The person picks the file in a dialog of the host: the web view names no path (FAULTS A8).

use super::Answer;
use serde::Serialize;
use std::path::PathBuf;
use tauri::{State, WebviewWindow, Wry, command};
use tauri_plugin_dialog::{DialogExt, FileDialogBuilder, FilePath};
use tidemark_app::App;

/// What an import did.
#[derive(Serialize)]
pub(crate) struct Imported {
    imported: u64,
}

/// What an export did.
#[derive(Serialize)]
pub(crate) struct Exported {
    exported: u64,
}

#[command]
pub(crate) async fn import_file(window: WebviewWindow, app: State<'_, App>, set: String) -> Answer<Option<Imported>> {
    let dialog = records(&window).set_title(format!("Import {set}"));
    let Some(path) = chosen(|answer| dialog.pick_file(answer)).await else { return Ok(None) };
    Ok(Some(Imported { imported: app.import_file(&set, &path).await? }))
}

#[command]
pub(crate) async fn export_file(window: WebviewWindow, app: State<'_, App>, set: String) -> Answer<Option<Exported>> {
    let dialog = records(&window).set_title(format!("Export {set}")).set_file_name(format!("{set}.csv"));
    let Some(path) = chosen(|answer| dialog.save_file(answer)).await else { return Ok(None) };
    Ok(Some(Exported { exported: app.export_file(&set, &path).await? }))
}

fn records(window: &WebviewWindow) -> FileDialogBuilder<Wry> {
    window.dialog().file().set_parent(window).add_filter("Records", &["csv", "jsonl"])
}

/// Waits for the person's answer; closing the dialog is one too.
async fn chosen(ask: impl FnOnce(Box<dyn FnOnce(Option<FilePath>) + Send>)) -> Option<PathBuf> {
    let (answered, answer) = tokio::sync::oneshot::channel();
    // Nobody listens any more when the window went away meanwhile.
    ask(Box::new(move |path| drop(answered.send(path))));
    answer.await.ok().flatten()?.into_path().ok()
}
