// One typed function per command of the host; the names are those of crates/app. Each rejects with a `HostError`.
import type {
  ActivityView,
  ConflictView,
  EntityView,
  HistoryView,
  ListRequest,
  ListView,
  ModelView,
  ParkedView,
  SessionView,
  StatusView,
  SyncView,
  TodoCounts,
  TodoRequest,
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
export const signOut = (discard: boolean) => ask<void>('sign_out', { discard });
export const model = () => ask<ModelView>('model');

// Records of any entity set
export const list = (request: ListRequest) => ask<ListView>('list', { request });
export const get = (set: string, id: string) => ask<RecordView | null>('get', { set, id });
export const add = (set: string, record: RecordView) => ask<RecordView>('add', { set, record });
export const edit = (set: string, id: string, changes: RecordView) =>
  ask<RecordView>('edit', { set, id, changes });
export const remove = (set: string, id: string) => ask<void>('remove', { set, id });
export const undoRemove = (set: string, id: string) => ask<RecordView>('undo_remove', { set, id });
export const history = (set: string, id: string) => ask<HistoryView[]>('history', { set, id });

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
  ask<unknown>('resolve', { conflict, resolution, sides });
export const parked = () => ask<ParkedView[]>('parked');
export const retryParked = (set: string, id: string) => ask<void>('retry_parked', { set, id });
export const discardParked = (set: string, id: string) => ask<void>('discard_parked', { set, id });

// The window
export const closeWindow = () => ask<void>('close_window');
