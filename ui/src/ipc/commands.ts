// Generated from crates/app/src/table.rs and the types in crates/app/src/views; do not edit. To write it anew:
// TIDEMARK_WRITE_BINDINGS=1 cargo test -p tidemark-app bindings
// One typed function per command of the host. Each rejects with a `HostError`.
import { ask } from './ask';
import type {
  ActivityView,
  ConflictView,
  DecisionView,
  EntityView,
  ExplainView,
  ExportedView,
  HistoryView,
  ImportedView,
  ListRequest,
  ListView,
  ModelView,
  ParkedView,
  PreviewView,
  Resolution,
  ResolvedView,
  SessionView,
  Sides,
  SimilarView,
  StatusView,
  SyncView,
  TodoCounts,
  TodoRequest,
  UndoneView,
  UnfitView,
  UnsentChoice,
} from './bindings';
import type { RecordView } from './record';

// Session
export const session = () =>
  ask<SessionView>('session');
export const signIn = (server: string, name: string, password: string) =>
  ask<SessionView>('sign_in', { server, name, password });
export const signOut = (discard: boolean) =>
  ask<SessionView>('sign_out', { discard });

// Records of any entity set
export const model = () =>
  ask<ModelView>('model');
export const list = (request: ListRequest) =>
  ask<ListView>('list', { request });
export const get = (set: string, id: string) =>
  ask<RecordView>('get', { set, id });
export const add = (set: string, record: RecordView) =>
  ask<RecordView>('add', { set, record });
/** `shown` is the record as it stood on the screen, or its version with the values of what is changed. */
export const edit = (set: string, id: string, changes: RecordView, shown: RecordView | null) =>
  ask<RecordView>('edit', { set, id, changes, shown });
export const remove = (set: string, id: string, shown: RecordView | null) =>
  ask<void>('remove', { set, id, shown });
export const undoRemove = (set: string, id: string) =>
  ask<RecordView>('undo_remove', { set, id });
export const history = (set: string, id: string) =>
  ask<Array<HistoryView>>('history', { set, id });
/** Makes the side that did not stand in an entry of a record's history a new change. Null: that side was a deletion. */
export const bringBack = (set: string, id: string, entry: string) =>
  ask<RecordView | null>('bring_back', { set, id, entry });
export const explain = (set: string, id: string) =>
  ask<ExplainView>('explain', { set, id });

// The TodoItems screens
export const todoList = (request: TodoRequest) =>
  ask<ListView>('todo_list', { request });
export const todoCounts = (dayStart: number, dayEnd: number) =>
  ask<TodoCounts>('todo_counts', { dayStart, dayEnd });

// Offline Sync Settings
export const entities = () =>
  ask<Array<EntityView>>('entities');
export const refreshServerCounts = () =>
  ask<void>('refresh_server_counts');
export const entityOn = (set: string) =>
  ask<void>('entity_on', { set });
export const entityOff = (set: string, unsent: UnsentChoice) =>
  ask<void>('entity_off', { set, unsent });
export const pause = (set: string) =>
  ask<void>('pause', { set });
export const resume = (set: string) =>
  ask<void>('resume', { set });
export const setPolicy = (set: string, policy: string) =>
  ask<void>('set_policy', { set, policy });

// Sync
export const status = () =>
  ask<StatusView>('status');
export const syncNow = () =>
  ask<SyncView>('sync_now');
export const activity = (limit: number) =>
  ask<Array<ActivityView>>('activity', { limit });
export const decisions = (limit: number) =>
  ask<Array<DecisionView>>('decisions', { limit });

// What a person has to decide
export const conflicts = () =>
  ask<Array<ConflictView>>('conflicts');
export const resolve = (conflict: string, resolution: Resolution, sides: Sides | null) =>
  ask<ResolvedView>('resolve', { conflict, resolution, sides });
export const previewResolve = (conflict: string, resolution: Resolution, sides: Sides | null) =>
  ask<PreviewView>('preview_resolve', { conflict, resolution, sides });
export const resolveSimilar = (conflict: string, resolution: Resolution) =>
  ask<SimilarView>('resolve_similar', { conflict, resolution });
export const undoResolve = (undo: string) =>
  ask<UndoneView>('undo_resolve', { undo });

// Changes that the server refuses
export const parked = () =>
  ask<Array<ParkedView>>('parked');
export const retryParked = (set: string, id: string) =>
  ask<void>('retry_parked', { set, id });
export const sendRestOfParked = (set: string, id: string) =>
  ask<Array<UnfitView>>('send_rest_of_parked', { set, id });
export const discardParked = (set: string, id: string) =>
  ask<void>('discard_parked', { set, id });

// What only a window can do
/** Imports a file that the person picks in a dialog of the host, so that the web view names no path. Null: they picked none. */
export const importFile = (set: string) =>
  ask<ImportedView | null>('import_file', { set });
/** Exports to a file that the person picks. Null: they picked none. */
export const exportFile = (set: string) =>
  ask<ExportedView | null>('export_file', { set });
/** Closes the window, after the person has read what exists only here. */
export const closeWindow = () =>
  ask<void>('close_window');

/** What goes over the boundary, by the name of the command: for what stands in for a host. */
export interface Commands {
  session: { asks: object; answers: SessionView };
  sign_in: { asks: { server: string, name: string, password: string }; answers: SessionView };
  sign_out: { asks: { discard: boolean }; answers: SessionView };
  model: { asks: object; answers: ModelView };
  list: { asks: { request: ListRequest }; answers: ListView };
  get: { asks: { set: string, id: string }; answers: RecordView };
  add: { asks: { set: string, record: RecordView }; answers: RecordView };
  edit: { asks: { set: string, id: string, changes: RecordView, shown: RecordView | null }; answers: RecordView };
  remove: { asks: { set: string, id: string, shown: RecordView | null }; answers: void };
  undo_remove: { asks: { set: string, id: string }; answers: RecordView };
  history: { asks: { set: string, id: string }; answers: Array<HistoryView> };
  bring_back: { asks: { set: string, id: string, entry: string }; answers: RecordView | null };
  explain: { asks: { set: string, id: string }; answers: ExplainView };
  todo_list: { asks: { request: TodoRequest }; answers: ListView };
  todo_counts: { asks: { dayStart: number, dayEnd: number }; answers: TodoCounts };
  entities: { asks: object; answers: Array<EntityView> };
  refresh_server_counts: { asks: object; answers: void };
  entity_on: { asks: { set: string }; answers: void };
  entity_off: { asks: { set: string, unsent: UnsentChoice }; answers: void };
  pause: { asks: { set: string }; answers: void };
  resume: { asks: { set: string }; answers: void };
  set_policy: { asks: { set: string, policy: string }; answers: void };
  status: { asks: object; answers: StatusView };
  sync_now: { asks: object; answers: SyncView };
  activity: { asks: { limit: number }; answers: Array<ActivityView> };
  decisions: { asks: { limit: number }; answers: Array<DecisionView> };
  conflicts: { asks: object; answers: Array<ConflictView> };
  resolve: { asks: { conflict: string, resolution: Resolution, sides: Sides | null }; answers: ResolvedView };
  preview_resolve: { asks: { conflict: string, resolution: Resolution, sides: Sides | null }; answers: PreviewView };
  resolve_similar: { asks: { conflict: string, resolution: Resolution }; answers: SimilarView };
  undo_resolve: { asks: { undo: string }; answers: UndoneView };
  parked: { asks: object; answers: Array<ParkedView> };
  retry_parked: { asks: { set: string, id: string }; answers: void };
  send_rest_of_parked: { asks: { set: string, id: string }; answers: Array<UnfitView> };
  discard_parked: { asks: { set: string, id: string }; answers: void };
  import_file: { asks: { set: string }; answers: ImportedView | null };
  export_file: { asks: { set: string }; answers: ExportedView | null };
  close_window: { asks: object; answers: void };
}
