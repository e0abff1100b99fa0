import { beforeEach, describe, expect, test } from 'vitest';
import { FaultHost, fault } from '../../harness/fault-host';
import { useHost } from '../../harness/host';
import {
  host as commands,
  HostError,
  markOf,
  on,
  type SyncView,
  textOf,
  type TodoCounts,
  updatedAt,
} from '.';

let host: FaultHost;
beforeEach(() => {
  host = useHost(new FaultHost());
});

describe('commands', () => {
  test('a struct travels as `request`, the rest by name in camel case', async () => {
    host.says('list', () => ({ records: [], total: 0, live: false }));
    host.says('todo_counts', () => ({ views: {} as TodoCounts['views'], lists: [] }));
    host.says('sync_now', () => ({}) as SyncView);
    await commands.list({ set: 'Sites', filter: null, search: null, order_by: null, offset: 0, limit: 1 });
    await commands.todoCounts(1, 2);
    await commands.syncNow();
    expect(host.calls).toEqual([
      {
        command: 'list',
        args: { request: expect.objectContaining({ set: 'Sites', order_by: null }) as unknown },
      },
      { command: 'todo_counts', args: { dayStart: 1, dayEnd: 2 } },
      { command: 'sync_now', args: {} },
    ]);
  });

  test('a failure carries its code, sentence and property', async () => {
    host.failing.set('session', fault('invalid', 'Not so.', 'server'));
    const failure = await commands.session().catch((cause: unknown) => cause);
    expect(failure).toBeInstanceOf(HostError);
    expect(failure).toMatchObject({ code: 'invalid', message: 'Not so.', property: 'server' });
  });

  test('what is no ErrorView keeps its own words', async () => {
    host.says('status', () => Promise.reject(new Error('the window is closing')));
    await expect(commands.status()).rejects.toMatchObject({
      code: 'internal',
      message: 'The window is closing.',
    });
  });
});

test('an event that is stopped before it was heard is not heard', async () => {
  const heard: unknown[] = [];
  const stop = on('records-changed', (change) => heard.push(change));
  on('records-changed', (change) => heard.push(change.set));
  stop();
  await Promise.resolve();
  host.emit('records-changed', { set: 'Sites', ids: null });
  expect(heard).toEqual(['Sites']);
});

test('a record is read without knowing its type', () => {
  expect(markOf({ _Mark: 'refused' })).toBe('refused');
  expect(markOf({ _Mark: 'something else' })).toBe('none');
  expect(textOf({ Priority: 0 }, 'Priority')).toBe('0');
  expect(textOf({ Notes: null }, 'Notes')).toBe('');
  expect(updatedAt({ _UpdatedAt: '1700000000000' })).toBe(1_700_000_000_000);
  expect(updatedAt({})).toBeNull();
});
