//! What a host shows and sends: the types of every command and event, once, for IPC and for `--json`.
//!
//! Owns: shapes only. Refuses: rules and I/O. `ts-rs` derives `ui/src/ipc/bindings.ts` from here; a test fails when
//! that file is stale. Times are Unix milliseconds UTC.

mod activity;
mod conflicts;
mod entities;
mod error;
mod explain;
mod model;
mod records;
mod session;
mod status;
mod todo;
mod transfer;

pub use activity::{ActivityView, ChangeView, HistoryView, SyncView};
pub use conflicts::{
    ConflictView, DecisionView, PreviewView, ResolutionChoice, ResolvedView, Sides, SimilarView, UndoneView,
};
pub use entities::{EntityView, UnsentChoice};
pub use error::ErrorView;
pub use explain::{AttemptView, ExplainView, ParkedView, UnfitView};
pub use model::{ModelView, PropertyView, SetView};
pub use records::{ListRequest, ListView, RecordView, RecordsChanged};
pub use session::SessionView;
pub use status::{AwaitedView, ProgressView, StatusKind, StatusView};
pub use todo::{TodoCounts, TodoListView, TodoRequest, TodoSort, TodoView};
pub use transfer::{ExportedView, ImportedView};
