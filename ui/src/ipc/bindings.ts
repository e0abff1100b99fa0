// Generated from crates/app/src/table.rs and the types in crates/app/src/views; do not edit. To write it anew:
// TIDEMARK_WRITE_BINDINGS=1 cargo test -p tidemark-app bindings

/**
 * One line of Activity.
 */
export type ActivityView = { 
/**
 * When the cycle started, or the incident was noticed.
 */
started_at: number, 
/**
 * What a cycle did; `None` for an incident.
 */
sync: SyncView | null, 
/**
 * What happened to this device's own disk, as a sentence; `None` for a cycle.
 */
incident: string | null, };

/**
 * One answer of the server to a change.
 */
export type AttemptView = { 
/**
 * When.
 */
at: number, 
/**
 * `accepted`, `changed_meanwhile`, `gone`, `refused`, `not_decided`; `unanswered` while it is on its way.
 */
outcome: string, 
/**
 * The server's sentence.
 */
message: string | null, };

/**
 * A set that is kept offline and not here yet: to be fetched, being fetched, paused, or failing.
 */
export type AwaitedView = { 
/**
 * The entity set.
 */
set: string, 
/**
 * Its name for people.
 */
label: string, 
/**
 * Records fetched so far.
 */
done: number, 
/**
 * Records in all, where known.
 */
total: number | null, 
/**
 * Whether its user paused it.
 */
paused: boolean, };

/**
 * What became of one property.
 */
export type ChangeView = { 
/**
 * The property.
 */
property: string, 
/**
 * The value before; of a decision, the value that did not stand.
 */
from: unknown, 
/**
 * The value since.
 */
to: unknown, 
/**
 * Of a merge and a decision, whose value that is: `mine`, `server`, or `both` where they came together.
 */
side: string | null, };

/**
 * An open conflict.
 */
export type ConflictView = { 
/**
 * The conflict's id.
 */
id: string, 
/**
 * The entity set.
 */
entity_set: string, 
/**
 * The record.
 */
record_id: string, 
/**
 * `both_edited`, `deleted_on_server`, `edited_on_server`.
 */
kind: string, 
/**
 * The properties in question.
 */
properties: Array<string>, 
/**
 * The record that both sides started from.
 */
base: Record<string, unknown> | null, 
/**
 * This device's record.
 */
mine: Record<string, unknown>, 
/**
 * The server's record.
 */
server: Record<string, unknown> | null, 
/**
 * Who made the server's change.
 */
server_user: string | null, 
/**
 * When the conflict was found.
 */
detected_at: number, 
/**
 * What people call the record.
 */
title: string, 
/**
 * What people call the entity set.
 */
set_label: string, 
/**
 * When this device's side was last changed.
 */
mine_at: number, 
/**
 * When the server's side was changed or deleted, where the server has a trace of it.
 */
server_at: number | null, 
/**
 * Whether the server's side is that it was deleted.
 */
server_deleted: boolean, };

/**
 * Something that a policy or a person decided, for Activity.
 */
export type DecisionView = { 
/**
 * The entry of the record's history; `bring_back` takes it.
 */
entry: string, 
/**
 * When.
 */
at: number, 
/**
 * The entity set.
 */
entity_set: string, 
/**
 * The record.
 */
record_id: string, 
/**
 * What people call the record.
 */
title: string, 
/**
 * What was decided, in the words of `HistoryView`.
 */
event: string, 
/**
 * Whether the set's policy decided it.
 */
by_policy: boolean, 
/**
 * Whose decision or policy it was.
 */
by: string | null, 
/**
 * Whether what did not stand can be brought back.
 */
can_bring_back: boolean, };

/**
 * One row of Offline Sync Settings; `tidemark entities --json` prints an array of them.
 */
export type EntityView = { 
/**
 * The entity set.
 */
name: string, 
/**
 * What people read.
 */
label: string, 
/**
 * Whether it is kept offline.
 */
offline: boolean, 
/**
 * Live records here.
 */
records: number, 
/**
 * Bytes here.
 */
bytes: number, 
/**
 * Unsettled changes here.
 */
pending: number, 
/**
 * `ask`, `newest`, `server`, `mine`.
 */
policy: string, 
/**
 * Live records on the server, where it was asked lately.
 */
server_records: number | null, 
/**
 * The first enumeration, while it runs.
 */
first_sync: ProgressView | null, 
/**
 * Whether the first enumeration is paused by the user.
 */
paused: boolean, };

/**
 * Why a command failed: a code for programs, a sentence for people.
 */
export type ErrorView = { 
/**
 * A stable word, such as `invalid`, `not_found`, `offline`, `unsent_changes`, `wrong_password`.
 */
code: string, 
/**
 * What happened, what is safe, what to do.
 */
message: string, 
/**
 * The property at fault.
 */
property: string | null, };

/**
 * One record, explained: its versions, why it waits, what the server answered.
 */
export type ExplainView = { 
/**
 * `none`, `add`, `update`, `delete`.
 */
state: string, 
/**
 * `none`, `waiting`, `sending`, `conflict`, `refused`.
 */
mark: string, 
/**
 * The record as it is here; a deleted one as it was.
 */
local: Record<string, unknown>, 
/**
 * The server's version that this device's change was made on.
 */
base: Record<string, unknown> | null, 
/**
 * The record as it was sent and not yet answered.
 */
in_flight: Record<string, unknown> | null, 
/**
 * The newest version of the server that this device knows.
 */
server: Record<string, unknown> | null, 
/**
 * The ETag of the base.
 */
base_etag: string | null, 
/**
 * Why it waits, or that nothing does, in one sentence.
 */
waiting_because: string, 
/**
 * Why the server refuses it.
 */
parked_reason: string | null, 
/**
 * The open question about it.
 */
conflict: ConflictView | null, 
/**
 * What the server answered lately, newest first.
 */
attempts: Array<AttemptView>, 
/**
 * When the last complete cycle ended.
 */
last_synced_at: number | null, };

/**
 * What an export did.
 */
export type ExportedView = { 
/**
 * Records in the file.
 */
exported: number, };

/**
 * One line of a record's history.
 */
export type HistoryView = { 
/**
 * Brings back what did not stand (`bring_back`), where something did not.
 */
entry: string | null, 
/**
 * When.
 */
at: number, 
/**
 * `created`, `edited`, `deleted`, `restored`, `merged`, `kept_mine`, `took_server`, `chose_sides`,
 * `accepted_delete`, `deleted_anyway`, `kept_server`, `discarded`, `gave_way`, `brought_back`, `model_changed`.
 */
event: string, 
/**
 * Whether the set's policy or the model decided it in a person's place.
 */
by_policy: boolean, 
/**
 * Who, where known.
 */
by: string | null, 
/**
 * On which device, where known.
 */
device: string | null, 
/**
 * Whether it was this account.
 */
mine: boolean, 
/**
 * What it changed.
 */
changes: Array<ChangeView>, 
/**
 * The side that did not stand, whole.
 */
record: Record<string, unknown> | null, };

/**
 * What an import did.
 */
export type ImportedView = { 
/**
 * Rows of the file.
 */
imported: number, };

/**
 * What a list shows.
 */
export type ListRequest = { 
/**
 * The entity set.
 */
set: string, 
/**
 * An OData `$filter`.
 */
filter: string | null, 
/**
 * Words to search for in every string property.
 */
search: string | null, 
/**
 * An OData `$orderby`; by title where missing.
 */
order_by: string | null, 
/**
 * Records to leave out at the start.
 */
offset: number, 
/**
 * Records to return at the most.
 */
limit: number, };

/**
 * A window of a list.
 */
export type ListView = { 
/**
 * The records of the window.
 */
records: Record<string, unknown>[], 
/**
 * How many there are in all.
 */
total: number, 
/**
 * Whether they were read from the server now, the set not being kept offline.
 */
live: boolean, };

/**
 * The entity model, as screens need it.
 */
export type ModelView = { 
/**
 * Entity sets in model order; `CachedEntities` is not among them.
 */
sets: Array<SetView>, };

/**
 * A record that the server refuses.
 */
export type ParkedView = { 
/**
 * The entity set.
 */
entity_set: string, 
/**
 * The record.
 */
record_id: string, 
/**
 * The server's reason.
 */
reason: string, 
/**
 * The record as it is here.
 */
record: Record<string, unknown>, 
/**
 * The values in the way, where the model has no place for them any more.
 */
unfit: Array<UnfitView>, 
/**
 * The entity set as it was, where the server has it no more: the change can be read and discarded, nothing else.
 */
left: SetView | null, };

/**
 * What an answer to a conflict would do.
 */
export type PreviewView = { 
/**
 * The record as it would be, or null where it would be gone.
 */
record: Record<string, unknown> | null, };

/**
 * How far a cycle is.
 */
export type ProgressView = { 
/**
 * `push` or `pull`.
 */
phase: string, 
/**
 * The entity set, while pulling.
 */
set: string | null, 
/**
 * Records done.
 */
done: number, 
/**
 * Records in all, where known.
 */
total: number | null, };

/**
 * One property.
 */
export type PropertyView = { 
/**
 * The name on the wire.
 */
name: string, 
/**
 * What people read.
 */
label: string, 
/**
 * `Edm.String` and so on.
 */
kind: string, 
/**
 * Whether it may be empty.
 */
nullable: boolean, 
/**
 * What a new record gets.
 */
default: unknown, 
/**
 * The longest text.
 */
max_length: number | null, 
/**
 * Digits of a decimal.
 */
precision: number | null, 
/**
 * Digits after the point of a decimal.
 */
scale: number | null, 
/**
 * Whether the text is edited on several lines.
 */
multi_line: boolean, 
/**
 * The entity set that it points into.
 */
references: string | null, };

/**
 * Event `records-changed`.
 */
export type RecordsChanged = { 
/**
 * The entity set.
 */
set: string, 
/**
 * The records, or null where there were too many to name.
 */
ids: Array<string> | null, };

/**
 * A person's answer to a conflict; which of them fit its kind, the store knows.
 */
export type Resolution = "keep-mine" | "take-server" | "restore" | "accept-delete" | "delete-anyway" | "keep-server" | "merge";

/**
 * What an answer to a conflict did.
 */
export type ResolvedView = { 
/**
 * The record as it is from now on, or null where it is gone.
 */
record: Record<string, unknown> | null, 
/**
 * Takes the answer back (`undo_resolve`).
 */
undo: string, };

/**
 * Who is signed in.
 */
export type SessionView = { 
/**
 * Whether an account is on this data dir; it works offline from then on.
 */
signed_in: boolean, 
/**
 * Whether the server wants the password again before it syncs.
 */
must_sign_in_again: boolean, 
/**
 * The server's root.
 */
server: string | null, 
/**
 * The account's name.
 */
user: string | null, 
/**
 * Its workspace.
 */
workspace: string | null, 
/**
 * This device's name.
 */
device: string, 
/**
 * Whether the data dir can only be read.
 */
read_only: boolean, 
/**
 * Where the offline database lies.
 */
data_dir: string, 
/**
 * A server that offers the demo, where the host knows one.
 */
demo_server: string | null, };

/**
 * One entity set.
 */
export type SetView = { 
/**
 * The name on the wire.
 */
name: string, 
/**
 * What people read.
 */
label: string, 
/**
 * What people read for one record.
 */
record_label: string, 
/**
 * The property that stands for a record.
 */
title_property: string, 
/**
 * Declared properties in model order.
 */
properties: Array<PropertyView>, };

/**
 * Which side stands, `mine` or `server`, by property; only for `merge`.
 */
export type Sides = Record<string, 'mine' | 'server'>;

/**
 * What one answer to many conflicts did.
 */
export type SimilarView = { 
/**
 * How many conflicts it answered.
 */
answered: number, 
/**
 * Take the answers back, one by one (`undo_resolve`).
 */
undo: Array<string>, };

/**
 * What the status line says, most urgent first.
 */
export type StatusKind = "not_set_up" | "sign_in" | "syncing" | "offline" | "failed" | "conflicts" | "parked" | "waiting" | "not_fetched" | "stale" | "up_to_date";

/**
 * The status line (promise 9); `tidemark status --json` prints it.
 */
export type StatusView = { 
/**
 * What the line says.
 */
kind: StatusKind, 
/**
 * The server's root.
 */
server: string | null, 
/**
 * The account.
 */
user: string | null, 
/**
 * Whether the last contact with the server worked.
 */
online: boolean, 
/**
 * Changes that exist only here: waiting, in flight.
 */
pending: number, 
/**
 * Open conflicts.
 */
conflicts: number, 
/**
 * Changes that the server refuses.
 */
parked: number, 
/**
 * When the last complete cycle ended.
 */
last_sync: number | null, 
/**
 * What the running cycle is doing.
 */
progress: ProgressView | null, 
/**
 * The plain sentence of what went wrong last, while it is wrong.
 */
error: string | null, 
/**
 * The sets that are kept offline and not here yet, whatever the line says.
 */
awaited: Array<AwaitedView>, };

/**
 * What one cycle did; `tidemark sync --json` prints it.
 */
export type SyncView = { 
/**
 * `synced`, `offline`, `signed_out`, `failed`.
 */
outcome: string, 
/**
 * Changes accepted by the server.
 */
pushed: number, 
/**
 * Records changed here.
 */
pulled: number, 
/**
 * Records where both sides' edits came together.
 */
merged: number, 
/**
 * Conflicts opened.
 */
conflicts: number, 
/**
 * Records parked.
 */
parked: number, 
/**
 * HTTP requests.
 */
requests: number, 
/**
 * Bytes sent, headers included.
 */
bytes_sent: number, 
/**
 * Bytes received, headers included, as on the wire.
 */
bytes_received: number, 
/**
 * Milliseconds.
 */
duration_ms: number, 
/**
 * The plain sentence of what went wrong.
 */
error: string | null, };

/**
 * How many items each entry of the sidebar has.
 */
export type TodoCounts = { 
/**
 * A number per view.
 */
views: Record<TodoView, number>, 
/**
 * The lists with their open items.
 */
lists: Array<TodoListView>, };

/**
 * One list of the sidebar.
 */
export type TodoListView = { 
/**
 * Its id.
 */
id: string, 
/**
 * Its name.
 */
name: string, 
/**
 * Open items in it.
 */
open: number, };

/**
 * What the TodoItems screen asks for.
 */
export type TodoRequest = { 
/**
 * The view.
 */
view: TodoView, 
/**
 * Only items of this list.
 */
list_id: string | null, 
/**
 * Words to search for.
 */
search: string | null, 
/**
 * The order.
 */
sort: TodoSort, 
/**
 * The user's midnight before now.
 */
day_start: number, 
/**
 * The user's midnight after now.
 */
day_end: number, 
/**
 * Records to leave out at the start.
 */
offset: number, 
/**
 * Records to return at the most.
 */
limit: number, };

/**
 * How the TodoItems screen sorts.
 */
export type TodoSort = "due" | "priority" | "title" | "changed";

/**
 * A view of the TodoItems screen.
 */
export type TodoView = "today" | "upcoming" | "overdue" | "mine" | "all" | "done" | "not_sent" | "conflicts";

/**
 * What taking an answer back did.
 */
export type UndoneView = { 
/**
 * Whether the question is open again; else the answer had been sent, and the losing side is a new change.
 */
reopened: boolean, 
/**
 * The record as it is from now on, or null where it is gone.
 */
record: Record<string, unknown> | null, };

/**
 * A value that the model has no place for any more.
 */
export type UnfitView = { 
/**
 * The property.
 */
property: string, 
/**
 * The value.
 */
value: unknown, 
/**
 * Why it does not fit, in words.
 */
problem: string, };

/**
 * What to do with unsent changes when a set is switched off.
 */
export type UnsentChoice = "refuse" | "send_first" | "keep" | "discard";

/** What the host tells, by name. */
export interface HostEvents {
  /** Records of a set changed, by an edit, by a pull, or by another process. */
  'records-changed': RecordsChanged;
  /** The status line says something else. */
  'status-changed': StatusView;
  /** The choice of cached entities or their figures changed. */
  'entities-changed': null;
  /** Somebody signed in or out, must sign in again, or works with another entity model from here on. */
  'session-changed': null;
  /** The person wants to close the window while changes exist only here; `close_window` closes it. */
  'close-requested': StatusView;
}
