//! The commands that need a window. The person picks a file in a dialog of the host: the web view names no path (FAULTS A8).

use std::path::PathBuf;
use tauri::{Manager, Window, Wry};
use tauri_plugin_dialog::{DialogExt, FileDialogBuilder, FilePath};
use tidemark_app::{App, AppError, ExportedView, HostCommands, ImportedView};

/// The window that asks, and what it asks about.
pub(super) struct Own {
    pub(super) window: Window,
    pub(super) app: App,
}

impl HostCommands for Own {
    async fn import_file(&self, set: &str) -> Result<Option<ImportedView>, AppError> {
        let dialog = self.records().set_title(format!("Import {set}"));
        let Some(path) = chosen(|answer| dialog.pick_file(answer)).await else { return Ok(None) };
        Ok(Some(ImportedView { imported: self.app.import_file(set, &path).await? }))
    }

    async fn export_file(&self, set: &str) -> Result<Option<ExportedView>, AppError> {
        let dialog = self.records().set_title(format!("Export {set}")).set_file_name(format!("{set}.csv"));
        let Some(path) = chosen(|answer| dialog.save_file(answer)).await else { return Ok(None) };
        Ok(Some(ExportedView { exported: self.app.export_file(set, &path).await? }))
    }

    async fn close_window(&self) -> Result<(), AppError> {
        crate::window::close(self.window.app_handle());
        Ok(())
    }
}

impl Own {
    fn records(&self) -> FileDialogBuilder<Wry> {
        self.window.dialog().file().set_parent(&self.window).add_filter("Records", &["csv", "jsonl"])
    }
}

/// Waits for the person's answer; closing the dialog is one too.
async fn chosen(ask: impl FnOnce(Box<dyn FnOnce(Option<FilePath>) + Send>)) -> Option<PathBuf> {
    let (answered, answer) = tokio::sync::oneshot::channel();
    // Nobody listens any more when the window went away meanwhile.
    ask(Box::new(move |path| drop(answered.send(path))));
    answer.await.ok().flatten()?.into_path().ok()
}
