//! What a host shows and sends: the types of every command and event, once, for IPC and for `--json`.
//!
//! Owns: shapes only. Refuses: rules and I/O. `ts-rs` derives `ui/src/ipc/bindings.ts` from here; a test fails when
//! that file is stale. Times are Unix milliseconds UTC.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

/// A record: its properties as in OData plus `_State`, `_UpdatedAt`, `_IsTombstoned`, `_UpdatedBy` and `_Mark`
/// (`none`, `waiting`, `sending`, `conflict`, `refused`).
pub type RecordView = Map<String, Value>;

/// Who is signed in.
#[derive(Clone, Debug, Serialize, TS)]
pub struct SessionView {
    /// Whether an account is on this data dir; it works offline from then on.
    pub signed_in: bool,
    /// Whether the server wants the password again before it syncs.
    pub must_sign_in_again: bool,
    /// The server's root.
    pub server: Option<String>,
    /// The account's name.
    pub user: Option<String>,
    /// Its workspace.
    pub workspace: Option<String>,
    /// This device's name.
    pub device: String,
    /// Whether the data dir can only be read.
    pub read_only: bool,
    /// Where the offline database lies.
    pub data_dir: String,
    /// A server that offers the demo, where the host knows one.
    pub demo_server: Option<String>,
}

/// The entity model, as screens need it.
#[derive(Clone, Debug, Serialize, TS)]
pub struct ModelView {
    /// Entity sets in model order; `CachedEntities` is not among them.
    pub sets: Vec<SetView>,
}

/// One entity set.
#[derive(Clone, Debug, Serialize, TS)]
pub struct SetView {
    /// The name on the wire.
    pub name: String,
    /// What people read.
    pub label: String,
    /// What people read for one record.
    pub record_label: String,
    /// The property that stands for a record.
    pub title_property: String,
    /// Declared properties in model order.
    pub properties: Vec<PropertyView>,
}

/// One property.
#[derive(Clone, Debug, Serialize, TS)]
pub struct PropertyView {
    /// The name on the wire.
    pub name: String,
    /// What people read.
    pub label: String,
    /// `Edm.String` and so on.
    pub kind: String,
    /// Whether it may be empty.
    pub nullable: bool,
    /// What a new record gets.
    #[ts(type = "unknown")]
    pub default: Value,
    /// The longest text.
    pub max_length: Option<u32>,
    /// Digits of a decimal.
    pub precision: Option<u8>,
    /// Digits after the point of a decimal.
    pub scale: Option<u8>,
    /// Whether the text is edited on several lines.
    pub multi_line: bool,
    /// The entity set that it points into.
    pub references: Option<String>,
}

/// What a list shows.
#[derive(Clone, Debug, Default, Deserialize, TS)]
pub struct ListRequest {
    /// The entity set.
    pub set: String,
    /// An OData `$filter`.
    pub filter: Option<String>,
    /// Words to search for in every string property.
    pub search: Option<String>,
    /// An OData `$orderby`; by title where missing.
    pub order_by: Option<String>,
    /// Records to leave out at the start.
    #[ts(type = "number")]
    pub offset: u64,
    /// Records to return at the most.
    #[ts(type = "number")]
    pub limit: u64,
}

/// A window of a list.
#[derive(Clone, Debug, Serialize, TS)]
pub struct ListView {
    /// The records of the window.
    #[ts(type = "Record<string, unknown>[]")]
    pub records: Vec<RecordView>,
    /// How many there are in all.
    #[ts(type = "number")]
    pub total: u64,
    /// Whether they were read from the server now, the set not being kept offline.
    pub live: bool,
}

/// A view of the TodoItems screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum TodoView {
    /// Open and due today or before.
    Today,
    /// Open and due after today.
    Upcoming,
    /// Open and due before now.
    Overdue,
    /// Open and assigned to the account.
    Mine,
    /// Open ones.
    All,
    /// Done ones.
    Done,
    /// With a change that waits.
    NotSent,
    /// With an open conflict.
    Conflicts,
}

/// How the TodoItems screen sorts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum TodoSort {
    /// By due date, those without one last; then by priority.
    #[default]
    Due,
    /// Highest first.
    Priority,
    /// By title.
    Title,
    /// Last changed first.
    Changed,
}

/// What the TodoItems screen asks for.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct TodoRequest {
    /// The view.
    pub view: TodoView,
    /// Only items of this list.
    pub list_id: Option<String>,
    /// Words to search for.
    pub search: Option<String>,
    /// The order.
    pub sort: TodoSort,
    /// The user's midnight before now.
    #[ts(type = "number")]
    pub day_start: i64,
    /// The user's midnight after now.
    #[ts(type = "number")]
    pub day_end: i64,
    /// Records to leave out at the start.
    #[ts(type = "number")]
    pub offset: u64,
    /// Records to return at the most.
    #[ts(type = "number")]
    pub limit: u64,
}

/// How many items each entry of the sidebar has.
#[derive(Clone, Debug, Serialize, TS)]
pub struct TodoCounts {
    /// A number per view.
    #[ts(type = "Record<TodoView, number>")]
    pub views: std::collections::BTreeMap<String, u64>,
    /// The lists with their open items.
    pub lists: Vec<TodoListView>,
}

/// One list of the sidebar.
#[derive(Clone, Debug, Serialize, TS)]
pub struct TodoListView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Open items in it.
    #[ts(type = "number")]
    pub open: u64,
}

/// The status line (promise 9); `tidemark status --json` prints it.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct StatusView {
    /// What the line says.
    pub kind: StatusKind,
    /// The server's root.
    pub server: Option<String>,
    /// The account.
    pub user: Option<String>,
    /// Whether the last contact with the server worked.
    pub online: bool,
    /// Changes that exist only here: waiting, in flight.
    #[ts(type = "number")]
    pub pending: u64,
    /// Open conflicts.
    #[ts(type = "number")]
    pub conflicts: u64,
    /// Changes that the server refuses.
    #[ts(type = "number")]
    pub parked: u64,
    /// When the last complete cycle ended.
    #[ts(type = "number | null")]
    pub last_sync: Option<i64>,
    /// What the running cycle is doing.
    pub progress: Option<ProgressView>,
    /// The plain sentence of what went wrong last, while it is wrong.
    pub error: Option<String>,
}

/// What the status line says, most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StatusKind {
    /// No account yet.
    NotSetUp,
    /// Sign in to sync.
    SignIn,
    /// A cycle is running and has something to do.
    Syncing,
    /// No network, or no server at the other end.
    Offline,
    /// The last cycle failed for another reason.
    Failed,
    /// Conflicts are open.
    Conflicts,
    /// Changes could not be sent.
    Parked,
    /// Changes wait.
    Waiting,
    /// Not synced for days.
    Stale,
    /// Everything is sent and received.
    UpToDate,
}

/// How far a cycle is.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct ProgressView {
    /// `push` or `pull`.
    pub phase: String,
    /// The entity set, while pulling.
    pub set: Option<String>,
    /// Records done.
    #[ts(type = "number")]
    pub done: u64,
    /// Records in all, where known.
    #[ts(type = "number | null")]
    pub total: Option<u64>,
}

/// One row of Offline Sync Settings; `tidemark entities --json` prints an array of them.
#[derive(Clone, Debug, Serialize, TS)]
pub struct EntityView {
    /// The entity set.
    pub name: String,
    /// What people read.
    pub label: String,
    /// Whether it is kept offline.
    pub offline: bool,
    /// Live records here.
    #[ts(type = "number")]
    pub records: u64,
    /// Bytes here.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Unsettled changes here.
    #[ts(type = "number")]
    pub pending: u64,
    /// `ask`, `newest`, `server`, `mine`.
    pub policy: String,
    /// Live records on the server, where it was asked lately.
    #[ts(type = "number | null")]
    pub server_records: Option<u64>,
    /// The first enumeration, while it runs.
    pub first_sync: Option<ProgressView>,
    /// Whether the first enumeration is paused by the user.
    pub paused: bool,
}

/// What to do with unsent changes when a set is switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum UnsentChoice {
    /// Refuse and say how many there are (error code `unsent_changes`).
    Refuse,
    /// Send them first, then switch off.
    SendFirst,
    /// Keep those records until they are sent.
    Keep,
    /// Give them up.
    Discard,
}

/// An open conflict.
#[derive(Clone, Debug, Serialize, TS)]
pub struct ConflictView {
    /// The conflict's id.
    pub id: String,
    /// The entity set.
    pub entity_set: String,
    /// The record.
    pub record_id: String,
    /// `both_edited`, `deleted_on_server`, `edited_on_server`.
    pub kind: String,
    /// The properties in question.
    pub properties: Vec<String>,
    /// The record that both sides started from.
    #[ts(type = "Record<string, unknown> | null")]
    pub base: Option<RecordView>,
    /// This device's record.
    #[ts(type = "Record<string, unknown>")]
    pub mine: RecordView,
    /// The server's record.
    #[ts(type = "Record<string, unknown> | null")]
    pub server: Option<RecordView>,
    /// Who made the server's change.
    pub server_user: Option<String>,
    /// When the conflict was found.
    #[ts(type = "number")]
    pub detected_at: i64,
    /// What people call the record.
    pub title: String,
    /// What people call the entity set.
    pub set_label: String,
    /// When this device's side was last changed.
    #[ts(type = "number")]
    pub mine_at: i64,
    /// When the server's side was changed or deleted, where the server has a trace of it.
    #[ts(type = "number | null")]
    pub server_at: Option<i64>,
    /// Whether the server's side is that it was deleted.
    pub server_deleted: bool,
}

/// What an answer to a conflict did.
#[derive(Clone, Debug, Serialize, TS)]
pub struct ResolvedView {
    /// The record as it is from now on, or null where it is gone.
    #[ts(type = "Record<string, unknown> | null")]
    pub record: Option<RecordView>,
    /// Takes the answer back (`undo_resolve`).
    pub undo: String,
}

/// What an answer to a conflict would do.
#[derive(Clone, Debug, Serialize, TS)]
pub struct PreviewView {
    /// The record as it would be, or null where it would be gone.
    #[ts(type = "Record<string, unknown> | null")]
    pub record: Option<RecordView>,
}

/// What one answer to many conflicts did.
#[derive(Clone, Debug, Serialize, TS)]
pub struct SimilarView {
    /// How many conflicts it answered.
    #[ts(type = "number")]
    pub answered: u64,
    /// Take the answers back, one by one (`undo_resolve`).
    pub undo: Vec<String>,
}

/// What taking an answer back did.
#[derive(Clone, Debug, Serialize, TS)]
pub struct UndoneView {
    /// Whether the question is open again; else the answer had been sent, and the losing side is a new change.
    pub reopened: bool,
    /// The record as it is from now on, or null where it is gone.
    #[ts(type = "Record<string, unknown> | null")]
    pub record: Option<RecordView>,
}

/// Something that a policy or a person decided, for Activity.
#[derive(Clone, Debug, Serialize, TS)]
pub struct DecisionView {
    /// The entry of the record's history; `bring_back` takes it.
    pub entry: String,
    /// When.
    #[ts(type = "number")]
    pub at: i64,
    /// The entity set.
    pub entity_set: String,
    /// The record.
    pub record_id: String,
    /// What people call the record.
    pub title: String,
    /// What was decided, in the words of `HistoryView`.
    pub event: String,
    /// Whether the set's policy decided it.
    pub by_policy: bool,
    /// Whose decision or policy it was.
    pub by: Option<String>,
    /// Whether what did not stand can be brought back.
    pub can_bring_back: bool,
}

/// One record, explained: its versions, why it waits, what the server answered.
#[derive(Clone, Debug, Serialize, TS)]
pub struct ExplainView {
    /// `none`, `add`, `update`, `delete`.
    pub state: String,
    /// `none`, `waiting`, `sending`, `conflict`, `refused`.
    pub mark: String,
    /// The record as it is here; a deleted one as it was.
    #[ts(type = "Record<string, unknown>")]
    pub local: RecordView,
    /// The server's version that this device's change was made on.
    #[ts(type = "Record<string, unknown> | null")]
    pub base: Option<RecordView>,
    /// The record as it was sent and not yet answered.
    #[ts(type = "Record<string, unknown> | null")]
    pub in_flight: Option<RecordView>,
    /// The newest version of the server that this device knows.
    #[ts(type = "Record<string, unknown> | null")]
    pub server: Option<RecordView>,
    /// The ETag of the base.
    pub base_etag: Option<String>,
    /// Why it waits, or that nothing does, in one sentence.
    pub waiting_because: String,
    /// Why the server refuses it.
    pub parked_reason: Option<String>,
    /// The open question about it.
    pub conflict: Option<ConflictView>,
    /// What the server answered lately, newest first.
    pub attempts: Vec<AttemptView>,
    /// When the last complete cycle ended.
    #[ts(type = "number | null")]
    pub last_synced_at: Option<i64>,
}

/// One answer of the server to a change.
#[derive(Clone, Debug, Serialize, TS)]
pub struct AttemptView {
    /// When.
    #[ts(type = "number")]
    pub at: i64,
    /// `accepted`, `changed_meanwhile`, `gone`, `refused`, `not_decided`; `unanswered` while it is on its way.
    pub outcome: String,
    /// The server's sentence.
    pub message: Option<String>,
}

/// A record that the server refuses.
#[derive(Clone, Debug, Serialize, TS)]
pub struct ParkedView {
    /// The entity set.
    pub entity_set: String,
    /// The record.
    pub record_id: String,
    /// The server's reason.
    pub reason: String,
    /// The record as it is here.
    #[ts(type = "Record<string, unknown>")]
    pub record: RecordView,
}

/// What one cycle did; `tidemark sync --json` prints it.
#[derive(Clone, Debug, Serialize, TS)]
pub struct SyncView {
    /// `synced`, `offline`, `signed_out`, `failed`.
    pub outcome: String,
    /// Changes accepted by the server.
    #[ts(type = "number")]
    pub pushed: u64,
    /// Records changed here.
    #[ts(type = "number")]
    pub pulled: u64,
    /// Records where both sides' edits came together.
    #[ts(type = "number")]
    pub merged: u64,
    /// Conflicts opened.
    #[ts(type = "number")]
    pub conflicts: u64,
    /// Records parked.
    #[ts(type = "number")]
    pub parked: u64,
    /// HTTP requests.
    #[ts(type = "number")]
    pub requests: u64,
    /// Bytes sent, headers included.
    #[ts(type = "number")]
    pub bytes_sent: u64,
    /// Bytes received, headers included, as on the wire.
    #[ts(type = "number")]
    pub bytes_received: u64,
    /// Milliseconds.
    #[ts(type = "number")]
    pub duration_ms: u64,
    /// The plain sentence of what went wrong.
    pub error: Option<String>,
}

/// One line of Activity.
#[derive(Clone, Debug, Serialize, TS)]
pub struct ActivityView {
    /// When the cycle started.
    #[ts(type = "number")]
    pub started_at: i64,
    /// What it did.
    pub sync: SyncView,
}

/// One line of a record's history.
#[derive(Clone, Debug, Serialize, TS)]
pub struct HistoryView {
    /// Brings back what did not stand (`bring_back`), where something did not.
    pub entry: Option<String>,
    /// When.
    #[ts(type = "number")]
    pub at: i64,
    /// `created`, `edited`, `deleted`, `restored`, `merged`, `kept_mine`, `took_server`, `chose_sides`,
    /// `accepted_delete`, `deleted_anyway`, `kept_server`, `discarded`, `brought_back`.
    pub event: String,
    /// Whether the set's policy or the model decided it in a person's place.
    pub by_policy: bool,
    /// Who, where known.
    pub by: Option<String>,
    /// On which device, where known.
    pub device: Option<String>,
    /// Whether it was this account.
    pub mine: bool,
    /// What it changed.
    pub changes: Vec<ChangeView>,
    /// The side that did not stand, whole.
    #[ts(type = "Record<string, unknown> | null")]
    pub record: Option<RecordView>,
}

/// What became of one property.
#[derive(Clone, Debug, Serialize, TS)]
pub struct ChangeView {
    /// The property.
    pub property: String,
    /// The value before; of a decision, the value that did not stand.
    #[ts(type = "unknown")]
    pub from: Value,
    /// The value since.
    #[ts(type = "unknown")]
    pub to: Value,
    /// Of a merge and a decision, whose value that is: `mine`, `server`, or `both` where they came together.
    pub side: Option<String>,
}

/// Event `records-changed`.
#[derive(Clone, Debug, Serialize, TS)]
pub struct RecordsChanged {
    /// The entity set.
    pub set: String,
    /// The records, or null where there were too many to name.
    pub ids: Option<Vec<String>>,
}

/// Why a command failed: a code for programs, a sentence for people.
#[derive(Clone, Debug, Serialize, TS)]
pub struct ErrorView {
    /// A stable word, such as `invalid`, `not_found`, `offline`, `unsent_changes`, `wrong_password`.
    pub code: String,
    /// What happened, what is safe, what to do.
    pub message: String,
    /// The property at fault.
    pub property: Option<String>,
}
