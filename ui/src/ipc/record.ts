// Reading a record without knowing its type: the sync properties that every record carries.

/** A record: its properties as in OData plus `@odata.etag`, `_State`, `_UpdatedAt`, `_UpdatedBy`, `_Mark`. */
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

const ETAG = '@odata.etag';

/**
 * What an edit of some properties tells the host of what was shown: their values when each began to be typed into, and
 * the name of the oldest of those versions.
 */
export function shownOf(bases: Record<string, RecordView>, properties: readonly string[]): RecordView {
  const first = Object.entries(bases).find(([property]) => properties.includes(property))?.[1];
  const values = properties.map((property) => [property, bases[property]?.[property] ?? null]);
  return { [ETAG]: first?.[ETAG] ?? '', ...Object.fromEntries(values) };
}

/** A GUID for a new record, made once per form: however often the form is sent, it is one record. */
export function freshId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = [...bytes].map((byte, n) => {
    const marked = n === 6 ? (byte & 0x0f) | 0x40 : n === 8 ? (byte & 0x3f) | 0x80 : byte;
    return marked.toString(16).padStart(2, '0');
  });
  const part = (from: number, to: number) => hex.slice(from, to).join('');
  return [part(0, 4), part(4, 6), part(6, 8), part(8, 10), part(10, 16)].join('-');
}
