//! The window itself.

use tauri::{AppHandle, command};

/// Closes the window after the person has read what exists only here.
#[command]
pub(crate) async fn close_window(handle: AppHandle) {
    crate::window::close(&handle);
}
