//! What the web view may ask for: one file per noun, each command one line that asks the `App`.
//!
//! Refuses: rules. A command takes typed arguments and returns a view of `tidemark-app` or an [`ErrorView`].

#[macro_use]
mod list;

mod conflict;
mod entity;
mod file;
mod parked;
mod record;
mod session;
mod sync;
mod todo;
mod window;

use tauri::Wry;
use tauri::ipc::Invoke;
use tidemark_app::ErrorView;

/// What every command answers with.
type Answer<T> = Result<T, ErrorView>;

macro_rules! handler {
    ($($noun:ident { $($command:ident)* })*) => { tauri::generate_handler![$($($noun::$command),*),*] };
}

/// Returns the handler of every command in `list.rs`.
pub(crate) fn handler() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    every_command!(handler)
}
