//! The one window: opening it, bringing it to the front, and the question before it closes.
//!
//! Refuses: leaving the app's own pages, new windows (FAULTS A7), and closing without a word while changes exist only
//! on this device (UX.md). What the question looks like is the UI's; it answers with the command `close_window`.

use std::path::Path;
use std::time::Duration;
use tauri::webview::NewWindowResponse;
use tauri::{AppHandle, Emitter, Manager, Url, WebviewWindowBuilder, Window, WindowEvent};
use tauri_plugin_window_state::StateFlags;
use tidemark_app::{App, HostEvent, StatusView};

/// The window's label, in `tauri.conf.json` and in the capability.
const MAIN: &str = "main";

/// How long closing waits to hear what exists only here.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Returns what of the window is the same the next time.
pub(crate) fn remembered() -> StateFlags {
    StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED
}

/// Opens the window that `tauri.conf.json` describes. What the pages remember (theme, text size) lies in the data dir:
/// two data dirs are two people.
pub(crate) fn open(handle: &AppHandle, data_dir: &Path) -> tauri::Result<()> {
    let described = handle.config().app.windows.iter().find(|window| window.label == MAIN);
    let config = described.ok_or(tauri::Error::WindowNotFound)?;
    WebviewWindowBuilder::from_config(handle, config)?
        .data_directory(data_dir.join("window"))
        .on_navigation(is_own_page)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .build()?;
    Ok(())
}

/// Brings the window to the front.
pub(crate) fn focus(handle: &AppHandle) {
    if let Some(window) = handle.get_webview_window(MAIN) {
        let shown = window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus());
        if let Err(error) = shown {
            tracing::warn!("the window does not come to the front: {error}");
        }
    }
}

/// Closes the window, and with it the app.
pub(crate) fn close(handle: &AppHandle) {
    match handle.get_webview_window(MAIN).map(|window| window.destroy()) {
        Some(Ok(())) => {}
        _ => handle.exit(0),
    }
}

/// Asks before the window goes while changes exist only here.
pub(crate) fn on_event(window: &Window, event: &WindowEvent) {
    if let WindowEvent::CloseRequested { api, .. } = event {
        api.prevent_close();
        ask_to_close(window.app_handle());
    }
}

/// Closes at once when nothing exists only here; else lets the UI ask. The event loop does not wait for the database.
pub(crate) fn ask_to_close(handle: &AppHandle) {
    let handle = handle.clone();
    tauri::async_runtime::spawn(async move {
        // A database that does not answer must not keep the window open for ever.
        let status = tokio::time::timeout(ANSWER_WITHIN, handle.state::<App>().status()).await;
        match status {
            Ok(Ok(status)) if has_unsent(&status) => {
                focus(&handle);
                let told = HostEvent::CloseRequested(status).told();
                if told.is_none_or(|(name, status)| handle.emit_to(MAIN, name, status).is_err()) {
                    close(&handle);
                }
            }
            _ => close(&handle),
        }
    });
}

fn has_unsent(status: &StatusView) -> bool {
    status.pending > 0 || status.conflicts > 0 || status.parked > 0
}

/// Tells the pages inside the binary from everything else: `tauri://localhost`, and its spelling on Windows.
fn is_own_page(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        "http" | "https" => cfg!(windows) && url.host_str() == Some("tauri.localhost"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_pages_are_shown() {
        let is_own = |url: &str| is_own_page(&url.parse().expect("a URL"));
        assert!(is_own("tauri://localhost"));
        assert!(is_own("tauri://localhost/index.html"));
        for other in [
            "https://example.org/",
            "http://localhost/",
            "data:text/html,x",
            "file:///etc/passwd",
            "about:blank",
            "javascript:alert(1)",
            "tauri://example.org/",
            "tauri://localhost.example.org/",
        ] {
            assert!(!is_own(other), "{other}");
        }
    }
}
