// What the fake host understands of queries: as much as the UI asks.
import type { TodoSort, TodoView } from '../src/ipc/bindings';
import type { RecordView } from '../src/ipc/record';

type Order = (a: RecordView, b: RecordView) => number;

/** `Id in (…)` is the only filter the UI writes. */
export function matchesFilter(record: RecordView, filter: string | null): boolean {
  if (filter === null) return true;
  const ids = /^Id in \((.*)\)$/.exec(filter)?.[1]?.split(',');
  if (ids === undefined) throw new Error(`the fake host does not understand ${filter}`);
  return ids.includes(String(record['Id']));
}

export function matchesWords(record: RecordView, words: string | null): boolean {
  if (words === null) return true;
  const text = Object.entries(record)
    .filter(([name, value]) => !name.startsWith('_') && name !== 'Id' && typeof value === 'string')
    .map(([, value]) => String(value))
    .join(' ')
    .toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function compare(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (a === null || a === undefined) return -1;
  if (b === null || b === undefined) return 1;
  return a < b ? -1 : 1;
}

export function orderBy(property: string): Order {
  return (a, b) => compare(a[property], b[property]) || compare(a['Id'], b['Id']);
}

export function orderTasks(sort: TodoSort): Order {
  const last = (record: RecordView) => record['DueAt'] ?? '9';
  const orders: Record<TodoSort, Order> = {
    due: (a, b) => compare(last(a), last(b)) || compare(b['Priority'], a['Priority']),
    priority: (a, b) => compare(b['Priority'], a['Priority']) || compare(last(a), last(b)),
    title: (a, b) => compare(a['Title'], b['Title']),
    changed: (a, b) => compare(b['_UpdatedAt'], a['_UpdatedAt']),
  };
  return (a, b) => orders[sort](a, b) || compare(a['Id'], b['Id']);
}

interface Question {
  view: TodoView;
  list_id: string | null;
  day_start: number;
  day_end: number;
}

/** The views as crates/app/src/views defines them. */
export function fits(question: Question, record: RecordView, user: string | null): boolean {
  if (question.list_id !== null && record['TodoListId'] !== question.list_id) return false;
  const open = record['IsDone'] !== true;
  const due = typeof record['DueAt'] === 'string' ? Date.parse(record['DueAt']) : NaN;
  switch (question.view) {
    case 'today':
      return open && due < question.day_end;
    case 'upcoming':
      return open && due >= question.day_end;
    case 'overdue':
      return open && due < Date.now();
    case 'mine':
      return open && record['Assignee'] === user;
    case 'all':
      return open;
    case 'done':
      return !open;
    case 'not_sent':
      return record['_Mark'] !== 'none' && record['_Mark'] !== 'conflict';
    case 'conflicts':
      return record['_Mark'] === 'conflict';
  }
}
