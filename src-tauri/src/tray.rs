//! The tray icon: the status line in words, Open, Sync now, Quit.
//!
//! A desktop without a place for tray icons, or without the library that draws them, gets none; the app works alike.

use crate::{desktop, status_words, window};
use tauri::menu::{Menu, MenuEvent, MenuItem, PredefinedMenuItem};
use tauri::tray::TrayIconBuilder;
use tauri::{AppHandle, Manager, Wry};
use tidemark_app::{App, StatusView};

/// What of the tray changes.
struct Tray {
    status: MenuItem<Wry>,
    sync_now: MenuItem<Wry>,
}

/// Shows the tray icon where the desktop has a place for it.
pub(crate) fn show(handle: &AppHandle) {
    // The library behind the icon is loaded when first used, and its binding panics where it is not installed.
    match desktop::caught(|| build(handle)) {
        Some(Ok(tray)) => {
            handle.manage(tray);
        }
        Some(Err(error)) => tracing::warn!("no tray icon: {error}"),
        None => tracing::warn!("no tray icon: this system has no appindicator library"),
    }
}

/// Writes the new status into the tray's menu.
pub(crate) fn update(handle: &AppHandle, status: &StatusView) {
    if let Some(tray) = handle.try_state::<Tray>() {
        let written = tray
            .status
            .set_text(status_words::of(status))
            .and_then(|()| tray.sync_now.set_enabled(status_words::can_sync(status)));
        if let Err(error) = written {
            tracing::warn!("the tray does not show the status: {error}");
        }
    }
}

fn build(handle: &AppHandle) -> tauri::Result<Tray> {
    let status = MenuItem::with_id(handle, "status", "Tidemark", false, None::<&str>)?;
    let open = MenuItem::with_id(handle, "open", "Open Tidemark", true, None::<&str>)?;
    let sync_now = MenuItem::with_id(handle, "sync_now", "Sync now", false, None::<&str>)?;
    let quit = MenuItem::with_id(handle, "quit", "Quit", true, None::<&str>)?;
    let line = || PredefinedMenuItem::separator(handle);
    let menu = Menu::with_items(handle, &[&status, &line()?, &open, &sync_now, &line()?, &quit])?;
    let mut tray = TrayIconBuilder::with_id("main").menu(&menu).tooltip("Tidemark").on_menu_event(on_menu);
    if let Some(icon) = handle.default_window_icon() {
        tray = tray.icon(icon.clone());
    }
    tray.build(handle)?;
    Ok(Tray { status, sync_now })
}

fn on_menu(handle: &AppHandle, event: MenuEvent) {
    match event.id().as_ref() {
        "open" => window::focus(handle),
        "sync_now" => sync_now(handle.clone()),
        "quit" => window::ask_to_close(handle),
        _ => {}
    }
}

fn sync_now(handle: AppHandle) {
    tauri::async_runtime::spawn(async move {
        // Its outcome is in the status line, which follows by itself.
        if let Err(error) = handle.state::<App>().sync_now().await {
            tracing::warn!("sync from the tray: {error}");
        }
    });
}
