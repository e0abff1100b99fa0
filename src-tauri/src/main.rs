//! `tidemark-desktop`, the window of Tidemark: it owns one [`tidemark_app::App`] and lets the web view ask it.
//!
//! Owns: window, tray, notifications, the way from the web view to the table of commands. Refuses: rules; what a command
//! does stands in `tidemark-app`, what it looks like in `ui`. Each file here is one thing that a desktop has.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod commands;
mod desktop;
mod events;
mod instance;
mod notify;
mod startup;
mod status_words;
mod tray;
mod window;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    follow_traces();
    if !desktop::has_display() {
        return failed(
            "There is no screen to open a window on: neither WAYLAND_DISPLAY nor DISPLAY is set. \
             `tidemark` does the same work in a terminal.",
        );
    }
    let Some(data_dir) = tidemark_app::default_data_dir() else {
        return failed("Tidemark finds no place for its database: neither TIDEMARK_DATA_DIR nor HOME is set.");
    };
    match desktop::caught(|| built(data_dir)) {
        Some(Ok(app)) => match app.run_return(|_, _| {}) {
            0 => ExitCode::SUCCESS,
            _ => ExitCode::FAILURE,
        },
        Some(Err(error)) => failed(&format!("The window system refused to start Tidemark: {error}")),
        None => failed("The screen that WAYLAND_DISPLAY or DISPLAY names does not answer."),
    }
}

fn built(data_dir: PathBuf) -> tauri::Result<tauri::App> {
    tauri::Builder::default()
        .plugin(instance::one_per(&data_dir))
        .plugin(tauri_plugin_window_state::Builder::new().with_state_flags(window::remembered()).build())
        .plugin(tauri_plugin_notification::init())
        .plugin(tauri_plugin_dialog::init())
        .invoke_handler(commands::handler())
        .on_window_event(window::on_event)
        .setup(move |app| {
            startup::start(app.handle(), &data_dir);
            Ok(())
        })
        .build(tauri::generate_context!())
}

/// Writes what went wrong and was survived to stderr; `RUST_LOG` asks for more.
fn follow_traces() {
    // Two windows where there is no session bus is what `instance` promises; no word about it at each start.
    let usual = || "warn,tauri_plugin_single_instance=error".into();
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| usual());
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr).init();
}

fn failed(sentence: &str) -> ExitCode {
    eprintln!("{sentence}");
    ExitCode::FAILURE
}
