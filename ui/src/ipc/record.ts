// Reading a record without knowing its type: the sync properties that every record carries.

/** A record: its properties as in OData plus `_State`, `_UpdatedAt`, `_UpdatedBy`, `_Mark`. */
export type RecordView = Record<string, unknown>;

/** What a record's mark says about its change; `none` when there is nothing to say. */
export type Mark = 'none' | 'waiting' | 'sending' | 'conflict' | 'refused';

const MARKS: readonly string[] = ['waiting', 'sending', 'conflict', 'refused'];

export function idOf(record: RecordView): string {
  return String(record['Id']);
}

export function markOf(record: RecordView): Mark {
  const mark = record['_Mark'];
  return typeof mark === 'string' && MARKS.includes(mark) ? (mark as Mark) : 'none';
}

/** Whether the record is deleted: here, or on the server. Lists of what waits show such records too. */
export function isDeleted(record: RecordView): boolean {
  return record['_IsTombstoned'] === true || record['_State'] === 'delete';
}

/** The text of a property; empty where there is none. */
export function textOf(record: RecordView, property: string): string {
  const value = record[property];
  return value === null || value === undefined ? '' : String(value);
}

export function updatedAt(record: RecordView): number | null {
  const at = Number(record['_UpdatedAt']);
  return Number.isFinite(at) && at > 0 ? at : null;
}

export function updatedBy(record: RecordView): string | null {
  const by = record['_UpdatedBy'];
  return typeof by === 'string' && by !== '' ? by : null;
}
