//! The commands that need a window, where there is none.

use tidemark_app::{AppError, ExportedView, HostCommands, ImportedView};

/// A host without a window: it says so.
pub(crate) struct NoWindow;

impl HostCommands for NoWindow {
    async fn import_file(&self, _set: &str) -> Result<Option<ImportedView>, AppError> {
        Err(no("to pick a file in; `tidemark import` takes one by its name"))
    }

    async fn export_file(&self, _set: &str) -> Result<Option<ExportedView>, AppError> {
        Err(no("to pick a file in; `tidemark export` takes one by its name"))
    }

    async fn close_window(&self) -> Result<(), AppError> {
        Err(no("to close; close the browser's tab"))
    }
}

fn no(what: &str) -> AppError {
    AppError::Invalid { message: format!("the harness has no window {what}"), property: None }
}
