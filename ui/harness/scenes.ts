// States that are hard to reach by hand, each by name: ?scene=conflicts,parked
import type { SyncView } from '../src/ipc';
import type { FakeHost } from './fake-host';
import { guid } from './sample-records';

const HOUR_MS = 3_600_000;

const BEFORE =
  'The key hangs in the office. Switch the pump to manual first; the float sticks when the water is low.\n\nTake the long ladder.';
const MINE =
  'The key hangs in the office. Switch the pump to manual first; the float sticks when the water is low.\n\nTake the long ladder and wait for the gasket set, which comes on Thursday.';
const THEIRS =
  'The key is with Ana now. Switch the pump to manual first; the float was replaced on Friday.\n\nTake the long ladder.';
const EMPTY = { Priority: 0, Assignee: null, SiteId: null };
const LONG_WORDS =
  'on the upstream side of the second sluice gate, from the walkway and from the boat, before the inspector comes';

const LINE = {
  entry: null,
  by_policy: false,
  by: null,
  device: null,
  mine: false,
  changes: [],
  record: null,
};

function mark(host: FakeHost, n: number, as: string): void {
  const record = host.record('TodoItems', guid(4, n));
  if (record !== undefined) record['_Mark'] = as;
}

export const scenes: Record<string, (host: FakeHost) => void> = {
  demo: (host) => {
    host.session.demo_server = 'http://127.0.0.1:8080';
  },
  marks: (host) => {
    host.syncMs = null;
    for (const [n, as] of ['waiting', 'sending', 'conflict', 'refused', 'waiting'].entries())
      mark(host, n * 3, as);
  },
  waiting: (host) => {
    host.syncMs = null;
    for (const n of [1, 2, 4]) mark(host, n, 'waiting');
  },
  conflicts: (host) => openConflicts(host),
  'long-conflict': (host) => {
    openConflicts(host);
    host.conflicts = host.conflicts.map((open) => ({ ...open, title: `${open.title} ${LONG_WORDS}` }));
  },
  parked: (host) => {
    const record = { ...host.record('TodoItems', guid(4, 6)), Priority: 12 };
    const reason =
      'The server refused this: Priority must be between 0 and 3. Correct it and it is sent again.';
    const unfit = [
      { property: 'Priority', value: record['Priority'], problem: 'Priority must be between 0 and 3' },
    ];
    host.parked = [{ entity_set: 'TodoItems', record_id: guid(4, 6), reason, record, unfit, left: null }];
    mark(host, 6, 'refused');
  },
  activity: (host) => {
    const sync = {
      outcome: 'synced',
      pushed: 0,
      pulled: 0,
      merged: 0,
      conflicts: 0,
      parked: 0,
      requests: 1,
      bytes_sent: 812,
      bytes_received: 640,
      duration_ms: 41,
      error: null as string | null,
    };
    const at = (minutes: number) => Date.now() - minutes * 60_000;
    const gone = 'The server cannot be reached. Check the network; what waits is sent when it is back.';
    const lines: { started_at: number; sync: SyncView | null; incident?: string }[] = [
      { started_at: at(2), sync },
      {
        started_at: at(2.5),
        sync: null,
        incident: 'A saved change was missing from the offline database and was put back; nothing is lost',
      },
      {
        started_at: at(3),
        sync: {
          ...sync,
          pushed: 3,
          pulled: 12,
          requests: 3,
          bytes_sent: 4120,
          bytes_received: 9810,
          duration_ms: 230,
        },
      },
      {
        started_at: at(64),
        sync: {
          ...sync,
          outcome: 'offline',
          requests: 0,
          bytes_sent: 0,
          bytes_received: 0,
          duration_ms: 3010,
          error: gone,
        },
      },
      {
        started_at: at(200),
        sync: {
          ...sync,
          pushed: 41,
          pulled: 7,
          merged: 2,
          conflicts: 1,
          parked: 1,
          requests: 4,
          bytes_sent: 28_400,
          bytes_received: 31_000,
          duration_ms: 1240,
        },
      },
      {
        started_at: at(1500),
        sync: { ...sync, outcome: 'signed_out', error: 'The server wants your password again.' },
      },
      {
        started_at: at(2900),
        sync: {
          ...sync,
          outcome: 'failed',
          error: 'The server answered with an error (500). It is tried again in a minute.',
        },
      },
      {
        started_at: at(4400),
        sync: { ...sync, pulled: 100_000, requests: 12, bytes_received: 12_400_000, duration_ms: 6100 },
      },
    ];
    host.activity = lines.map((line) => ({ incident: null, ...line }));
  },
  first: (host) => {
    host.rows.set('TodoItems', {
      first_sync: { phase: 'pull', set: 'TodoItems', done: 41_200, total: 100_000 },
    });
    host.rows.set('Contacts', {
      first_sync: { phase: 'pull', set: 'Contacts', done: 300, total: 1200 },
      paused: true,
    });
  },
  syncing: (host) => {
    host.status = { kind: 'syncing', progress: { phase: 'push', set: null, done: 40, total: 120 } };
  },
  stale: (host) => {
    host.status = { kind: 'stale', last_sync: Date.now() - 3.2 * 24 * HOUR_MS };
  },
  'sign-in': (host) => {
    host.status = { kind: 'sign_in' };
    host.session.must_sign_in_again = true;
  },
  failed: (host) => {
    host.status = {
      kind: 'failed',
      error: 'The server answered with an error (503). It is tried again in a minute.',
    };
  },
  'read-only': (host) => {
    host.session.read_only = true;
  },
  decisions: (host) => {
    const one = (n: number, hours: number) => ({
      entry: String(n),
      at: Date.now() - hours * HOUR_MS,
      entity_set: 'TodoItems',
      record_id: guid(4, n),
      title: String(host.record('TodoItems', guid(4, n))?.['Title']),
      by_policy: false,
      by: host.session.user,
      can_bring_back: true,
    });
    host.decisions = [
      { ...one(5, 1), event: 'chose_sides' },
      { ...one(7, 20), event: 'kept_mine', by_policy: true },
      { ...one(8, 50), event: 'deleted_anyway', by: 'Ben', can_bring_back: false },
    ];
  },
  history: (host) => {
    const record = { ...host.record('TodoItems', guid(4, 5)), Notes: BEFORE, Priority: 1 };
    const change = (property: string, from: unknown, to: unknown, side: string | null = null) => ({
      property,
      from,
      to,
      side,
    });
    host.history = [
      {
        ...LINE,
        at: Date.now() - HOUR_MS,
        event: 'chose_sides',
        by: 'Demo',
        device: 'field-laptop-7',
        mine: true,
        entry: '17',
        changes: [change('Notes', BEFORE, THEIRS, 'server'), change('Priority', 3, 1, 'mine')],
        record,
      },
      {
        ...LINE,
        at: Date.now() - 30 * HOUR_MS,
        event: 'took_server',
        by_policy: true,
        by: 'Ben',
        entry: '12',
        changes: [change('Assignee', 'Demo', 'Ben Okafor', 'server')],
        record,
      },
      {
        ...LINE,
        at: Date.now() - 52 * HOUR_MS,
        event: 'edited',
        by: 'Ana',
        device: 'tablet-2',
        changes: [change('DueAt', null, '2026-11-24T14:00:00Z'), change('SiteId', null, guid(2, 0))],
      },
      { ...LINE, at: Date.now() - 300 * HOUR_MS, event: 'created', by: 'Ana', device: 'tablet-2' },
    ];
  },
};

function openConflicts(host: FakeHost): void {
  host.syncMs = null;
  const base = (n: number) => ({ ...host.record('TodoItems', guid(4, n)), Notes: BEFORE, ...EMPTY });
  const mine = (n: number) => ({ ...base(n), Notes: MINE, Priority: 1, Assignee: 'Demo' });
  const theirs = (n: number) => ({ ...base(n), Notes: THEIRS, Priority: 3, SiteId: guid(2, 2) });
  const open = (n: number, id: string) => ({
    id,
    record_id: guid(4, n),
    entity_set: 'TodoItems',
    set_label: 'Tasks',
    title: String(host.record('TodoItems', guid(4, n))?.['Title']),
    detected_at: Date.now() - 3 * HOUR_MS,
    mine_at: Date.now() - 5 * HOUR_MS,
    server_at: Date.now() - 29 * HOUR_MS,
    server_deleted: false,
    base: base(n),
  });
  host.conflicts = [
    {
      ...open(5, 'c1'),
      kind: 'both_edited',
      properties: ['Notes', 'Priority'],
      server_user: 'Ana',
      mine: mine(5),
      server: theirs(5),
    },
    {
      ...open(9, 'c2'),
      kind: 'deleted_on_server',
      properties: ['Notes', 'Priority', 'Assignee'],
      server_user: 'Ben',
      mine: mine(9),
      server: null,
      server_deleted: true,
    },
    {
      ...open(3, 'c3'),
      kind: 'edited_on_server',
      properties: ['Notes', 'Priority', 'SiteId'],
      server_user: null,
      mine: base(3),
      server: theirs(3),
    },
    {
      ...open(11, 'c4'),
      kind: 'both_edited',
      properties: ['Priority', 'DueAt', 'IsDone'],
      server_user: 'Demo',
      mine: { ...mine(11), DueAt: '2026-11-24T14:00:00Z', IsDone: true },
      server: { ...theirs(11), DueAt: null, IsDone: false },
    },
  ];
  for (const { record_id, mine: record } of host.conflicts)
    Object.assign(host.record('TodoItems', record_id) ?? {}, record, { _Mark: 'conflict', _State: 'update' });
}
