// One typed function per command of the host; the names are those of crates/app. Each rejects with a `HostError`.
import type {
  ActivityView,
  ConflictView,
  DecisionView,
  EntityView,
  ExplainView,
  HistoryView,
  ListRequest,
  ListView,
  ModelView,
  ParkedView,
  PreviewView,
  ResolvedView,
  SessionView,
  SimilarView,
  StatusView,
  SyncView,
  TodoCounts,
  TodoRequest,
  UndoneView,
  UnfitView,
  UnsentChoice,
} from './bindings';
import { toHostError } from './errors';
import { invoke } from './host';
import type { RecordView } from './record';

async function ask<T>(command: string, args?: Record<string, unknown>): Promise<T> {
  try {
    return await invoke<T>(command, args);
  } catch (cause) {
    throw toHostError(cause);
  }
}

/** The answers a conflict may get; which of them fit its kind, the host knows. */
export type Resolution =
  'keep-mine' | 'take-server' | 'restore' | 'accept-delete' | 'delete-anyway' | 'keep-server' | 'merge';

/** Which side stands, by property; only for `merge`. */
export type Sides = Record<string, 'mine' | 'server'>;

// Session
export const session = () => ask<SessionView>('session');
export const signIn = (server: string, name: string, password: string) =>
  ask<SessionView>('sign_in', { server, name, password });
export const signOut = (discard: boolean) => ask<SessionView>('sign_out', { discard });
export const model = () => ask<ModelView>('model');

// Records of any entity set
export const list = (request: ListRequest) => ask<ListView>('list', { request });
export const get = (set: string, id: string) => ask<RecordView>('get', { set, id });
export const add = (set: string, record: RecordView) => ask<RecordView>('add', { set, record });
/** `shown` is the record as it stood on the screen, or its version with the values of what is changed. */
export const edit = (set: string, id: string, changes: RecordView, shown: RecordView | null) =>
  ask<RecordView>('edit', { set, id, changes, shown });
export const remove = (set: string, id: string, shown: RecordView | null) =>
  ask<void>('remove', { set, id, shown });
export const undoRemove = (set: string, id: string) => ask<RecordView>('undo_remove', { set, id });
export const history = (set: string, id: string) => ask<HistoryView[]>('history', { set, id });
/** Makes the side that did not stand in an entry of a record's history a new change. Null: that side was a deletion. */
export const bringBack = (set: string, id: string, entry: string) =>
  ask<RecordView | null>('bring_back', { set, id, entry });

// The TodoItems screens
export const todoList = (request: TodoRequest) => ask<ListView>('todo_list', { request });
export const todoCounts = (dayStart: number, dayEnd: number) =>
  ask<TodoCounts>('todo_counts', { dayStart, dayEnd });

// Offline Sync Settings
export const entities = () => ask<EntityView[]>('entities');
export const refreshServerCounts = () => ask<void>('refresh_server_counts');
export const entityOn = (set: string) => ask<void>('entity_on', { set });
export const entityOff = (set: string, unsent: UnsentChoice) => ask<void>('entity_off', { set, unsent });
export const pause = (set: string) => ask<void>('pause', { set });
export const resume = (set: string) => ask<void>('resume', { set });
export const setPolicy = (set: string, policy: string) => ask<void>('set_policy', { set, policy });

// Sync
export const status = () => ask<StatusView>('status');
export const syncNow = () => ask<SyncView>('sync_now');
export const activity = (limit: number) => ask<ActivityView[]>('activity', { limit });

// What a person has to decide
export const conflicts = () => ask<ConflictView[]>('conflicts');
export const resolve = (conflict: string, resolution: Resolution, sides: Sides | null = null) =>
  ask<ResolvedView>('resolve', { conflict, resolution, sides });
export const previewResolve = (conflict: string, resolution: Resolution, sides: Sides | null = null) =>
  ask<PreviewView>('preview_resolve', { conflict, resolution, sides });
export const resolveSimilar = (conflict: string, resolution: Resolution) =>
  ask<SimilarView>('resolve_similar', { conflict, resolution });
export const undoResolve = (undo: string) => ask<UndoneView>('undo_resolve', { undo });
export const decisions = (limit: number) => ask<DecisionView[]>('decisions', { limit });
export const explain = (set: string, id: string) => ask<ExplainView>('explain', { set, id });
export const parked = () => ask<ParkedView[]>('parked');
export const retryParked = (set: string, id: string) => ask<void>('retry_parked', { set, id });
export const sendRestOfParked = (set: string, id: string) =>
  ask<UnfitView[]>('send_rest_of_parked', { set, id });
export const discardParked = (set: string, id: string) => ask<void>('discard_parked', { set, id });

// Files: the host lets the person pick one, so that the web view names no path. Null: they picked none.
export const importFile = (set: string) => ask<{ imported: number } | null>('import_file', { set });
export const exportFile = (set: string) => ask<{ exported: number } | null>('export_file', { set });

// The window
export const closeWindow = () => ask<void>('close_window');
