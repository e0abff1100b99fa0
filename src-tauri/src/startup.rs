//! From a data dir to a window, or to one plain sentence.
//!
//! Refuses: a blank window. A database from a newer version, a full disk, a read-only or damaged file: each ends in a
//! message on the screen, the same sentence on stderr, and exit status 1.

use crate::{events, notify, tray, window};
use std::path::Path;
use tauri::{AppHandle, Manager};
use tauri_plugin_dialog::{DialogExt, MessageDialogKind};
use tidemark_app::{App, Host};

/// Opens the offline database, then everything that shows it; shows why not where it cannot.
pub(crate) fn start(handle: &AppHandle, data_dir: &Path) {
    let opened = tauri::async_runtime::block_on(App::open(data_dir, host()));
    let started = opened.map_err(|error| error.to_string()).and_then(|app| show(handle, app, data_dir));
    if let Err(sentence) = started {
        refuse(handle, &begun_large(&sentence));
    }
}

fn host() -> Host {
    let demo_server = std::env::var("TIDEMARK_SERVER").ok().filter(|server| !server.is_empty());
    Host { demo_server, ..Host::background() }
}

fn show(handle: &AppHandle, app: App, data_dir: &Path) -> Result<(), String> {
    let events = app.subscribe();
    handle.manage(app);
    handle.manage(notify::Notifier::default());
    tray::show(handle);
    events::forward(handle.clone(), events);
    window::open(handle, data_dir).map_err(|error| format!("The window cannot be opened: {error}"))
}

/// The sentences of `tidemark-app` begin small, since a terminal puts a name before them.
fn begun_large(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Says why there is no window, and ends when that was read.
fn refuse(handle: &AppHandle, sentence: &str) {
    eprintln!("{sentence}");
    let handle_after = handle.clone();
    handle
        .dialog()
        .message(sentence)
        .title("Tidemark cannot start")
        .kind(MessageDialogKind::Error)
        .show(move |_| handle_after.exit(1));
}
