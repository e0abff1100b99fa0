// States that are hard to reach by hand, each by name: ?scene=conflicts,parked
import type { FakeHost } from './fake-host';
import { guid } from './sample-records';

const HOUR_MS = 3_600_000;

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
  conflicts: (host) => {
    const sides = (n: number) => {
      const mine = { ...host.record('TodoItems', guid(4, n)) };
      const server = { ...mine, Notes: 'Done on Friday, parts are on the shelf.', Priority: 3 };
      return { mine: { ...mine, Notes: 'Waiting for the gasket set.', Priority: 1 }, server };
    };
    const base = { entity_set: 'TodoItems', detected_at: Date.now() - 3 * HOUR_MS, base: null };
    host.conflicts = [
      {
        ...base,
        id: 'c1',
        record_id: guid(4, 5),
        kind: 'both_edited',
        properties: ['Notes', 'Priority'],
        server_user: 'Ana',
        ...sides(5),
      },
      {
        ...base,
        id: 'c2',
        record_id: guid(4, 9),
        kind: 'deleted_on_server',
        properties: [],
        server_user: 'Ben',
        mine: sides(9).mine,
        server: null,
      },
      {
        ...base,
        id: 'c3',
        record_id: guid(4, 3),
        kind: 'edited_on_server',
        properties: [],
        server_user: null,
        ...sides(3),
      },
    ];
    for (const n of [5, 9, 3]) mark(host, n, 'conflict');
  },
  parked: (host) => {
    const record = { ...host.record('TodoItems', guid(4, 6)), Priority: 12 };
    const reason =
      'The server refused this: Priority must be between 0 and 3. Correct it and it is sent again.';
    host.parked = [{ entity_set: 'TodoItems', record_id: guid(4, 6), reason, record }];
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
    host.activity = [
      { started_at: at(2), sync },
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
  history: (host) => {
    host.history = [
      { at: Date.now() - HOUR_MS, event: 'Changed Notes and Priority', by: 'Ana', record: null },
      {
        at: Date.now() - 30 * HOUR_MS,
        event: 'Conflict: the server’s version was kept',
        by: 'Ben',
        record: { ...host.record('TodoItems', guid(4, 5)) },
      },
    ];
  },
};
