//! What a host may ask of Tidemark on a device, without Tauri: the same for the window and for `tidemark`.
//!
//! Owns: commands, events, the status line, sign-in, import and export, and this machine's clock, waiting, ids and
//! randomness. Refuses: SQL (`tidemark-store`), the protocol (`tidemark-sync`), rules about versions (`tidemark-model`), windows
//! and command lines (the hosts). Every command is a method of [`App`]; each file in `commands/` is one noun. What a web view
//! may ask for and hears stands once, in `table.rs`.

#[macro_use]
mod table;

mod app;
mod background;
mod commands;
mod dispatch;
mod error;
mod events;
mod host;
mod incidents;
mod open;
mod ports;
mod status;
mod todo;
mod transfer;
mod unblocked;
mod views;
mod watch;

pub use app::App;
pub use dispatch::{COMMANDS, HOST_COMMANDS, HostCommands, dispatch, dispatch_host};
pub use error::AppError;
pub use events::{AppEvent, HostEvent};
pub use host::{Host, default_data_dir};
pub use ports::{Ports, SystemClock, SystemEntropy, SystemIds, SystemTimer};
pub use tidemark_model::{CycleOutcome, ETAG, Word};
pub use tidemark_store::{Disk, SystemDisk};
pub use views::{
    ActivityView, AttemptView, AwaitedView, ChangeView, ConflictView, DecisionView, EntityView, ErrorView, ExplainView,
    ExportedView, HistoryView, ImportedView, ListRequest, ListView, ModelView, ParkedView, PreviewView, ProgressView,
    PropertyView, RecordView, RecordsChanged, ResolutionChoice, ResolvedView, SessionView, SetView, Sides, SimilarView,
    StatusKind, StatusView, SyncView, TodoCounts, TodoListView, TodoRequest, TodoSort, TodoView, UndoneView, UnfitView,
    UnsentChoice,
};

#[cfg(test)]
mod bindings;
#[cfg(test)]
mod tests;
