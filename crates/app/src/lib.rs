//! What a host may ask of Tidemark on a device, without Tauri: the same for the window and for `tidemark`.
//!
//! Owns: commands, events, the status line, sign-in, import and export, and this machine's clock, ids and randomness.
//! Refuses: SQL (`tidemark-store`), the protocol (`tidemark-sync`), rules about versions (`tidemark-model`), windows
//! and command lines (the hosts). Every command is a method of [`App`]; each file in `commands/` is one noun.

mod app;
mod background;
mod commands;
mod error;
mod events;
mod host;
mod ports;
mod status;
mod todo;
mod transfer;
mod views;

pub use app::App;
pub use error::AppError;
pub use events::AppEvent;
pub use host::{Host, default_data_dir};
pub use ports::{SystemClock, SystemEntropy, SystemIds};
pub use views::{
    ActivityView, ConflictView, EntityView, ErrorView, HistoryView, ListRequest, ListView, ModelView, ParkedView,
    ProgressView, PropertyView, RecordView, RecordsChanged, SessionView, SetView, StatusKind, StatusView, SyncView,
    TodoCounts, TodoListView, TodoRequest, TodoSort, TodoView, UnsentChoice,
};

#[cfg(test)]
mod bindings;
#[cfg(test)]
mod tests;
