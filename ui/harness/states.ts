// States that a real host has and nobody can make in front of a camera, by name: ?state=stale,read-only. Each changes what
// the host says, and leaves the rest to it. What can be done is done instead (`real/scenes.ts`).
import type { StatusView } from '../src/ipc';
import type { FaultHost } from './fault-host';

const DAY_MS = 86_400_000;

function says(status: Partial<StatusView>): (host: FaultHost) => void {
  return (host) => host.says('status', async () => ({ ...(await host.real('status', {})), ...status }));
}

export const states: Record<string, (host: FaultHost) => void> = {
  // A large push, in the middle of it.
  syncing: says({ kind: 'syncing', progress: { phase: 'push', set: null, done: 40, total: 120 } }),
  // Three days without a network.
  stale: says({ kind: 'stale', last_sync: Date.now() - 3.2 * DAY_MS }),
  // A server with a fault of its own.
  failed: says({
    kind: 'failed',
    error: 'The server answered with an error (503). It is tried again in a minute.',
  }),
  // A folder that may not be written to.
  'read-only': (host) =>
    host.says('session', async () => ({ ...(await host.real('session', {})), read_only: true })),
  // A large set on its way, and one that was paused.
  first: (host) =>
    host.says('entities', async () => {
      const progress = (set: string, done: number, total: number) => ({ phase: 'pull', set, done, total });
      const first: Record<string, object> = {
        TodoItems: {
          records: 41_200,
          server_records: 100_000,
          first_sync: progress('TodoItems', 41_200, 100_000),
        },
        Contacts: {
          records: 300,
          server_records: 1200,
          first_sync: progress('Contacts', 300, 1200),
          paused: true,
        },
      };
      return (await host.real('entities', {})).map((row) => ({ ...row, ...first[row.name] }));
    }),
  // A disk that lost a write, a night ago.
  incident: (host) =>
    host.says('activity', async (asked) => [
      {
        started_at: Date.now() - DAY_MS / 2,
        sync: null,
        incident: 'A saved change was missing from the offline database and was put back; nothing is lost',
      },
      ...(await host.real('activity', asked)),
    ]),
};
