import { beforeEach, describe, expect, test } from 'vitest';
import { FakeHost, fault } from '../../harness/fake-host';
import { useHost } from '../../harness/host';
import { host as commands, HostError, markOf, on, textOf, updatedAt } from '.';

let host: FakeHost;
beforeEach(() => {
  host = useHost(new FakeHost({ tasks: 3 }));
});

describe('commands', () => {
  test('a struct travels as `request`, the rest by name in camel case', async () => {
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
    const failure = await commands.get('Nothing', 'x').catch((cause: unknown) => cause);
    expect(failure).toMatchObject({ code: 'not_found' });
    useHost({ invoke: () => Promise.reject(new Error('the window is closing')) } as unknown as FakeHost);
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
