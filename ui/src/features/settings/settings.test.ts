import { screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import type { FakeHost } from '../../../harness/fake-host';
import { guid } from '../../../harness/sample-records';
import { allById, byId, findById, openApp } from '../../test/open-app';

function unsent(host: FakeHost) {
  for (const n of [0, 1]) Object.assign(host.record('TodoItems', guid(4, n)) ?? {}, { _Mark: 'waiting' });
}

const openSettings = (prepare?: (host: FakeHost) => void, online = true) =>
  openApp({ tasks: 5, online }, { screen: 'settings' }, prepare);

const isOn = (set: string) => byId(`entity-switch-${set}`).getAttribute('aria-checked') === 'true';

describe('offline settings', () => {
  test('one row per set with its real figures', async () => {
    await openSettings(unsent);
    const row = await findById('entity-row-TodoItems');
    await waitFor(() => expect(within(row).getAllByText('5')).toHaveLength(2));
    expect(within(row).getByText('2.4 KB')).toBeTruthy();
    expect(within(row).getByText('2')).toBeTruthy();
  });

  test('a set without unsent changes goes at once', async () => {
    const { host, user } = await openSettings();
    await user.click(await findById('entity-switch-Sites'));
    await waitFor(() => expect(host.offline.has('Sites')).toBe(false));
    await waitFor(() => expect(isOn('Sites')).toBe(false));
    expect(allById('unsent-dialog')).toEqual([]);
  });

  test('progress can be paused and goes on', async () => {
    const { host, user } = await openSettings((fake) => {
      fake.rows.set('Sites', { first_sync: { phase: 'pull', set: 'Sites', done: 40, total: 120 } });
    });
    expect(await screen.findByText('Fetching 40 of 120')).toBeTruthy();
    await user.click(screen.getByText('Pause'));
    expect(await screen.findByText('Paused at 40 of 120')).toBeTruthy();
    await user.click(screen.getByText('Resume'));
    await waitFor(() => expect(host.called('resume')).toEqual([{ set: 'Sites' }]));
  });

  test('a policy is chosen and shown', async () => {
    const { host, user } = await openSettings();
    await user.click(await findById('entity-policy-Sites'));
    await user.click(await screen.findByText('Server wins', { selector: '[role=option] *' }));
    await waitFor(() => expect(host.called('set_policy')).toEqual([{ set: 'Sites', policy: 'server' }]));
    await waitFor(() => expect(byId('entity-policy-Sites').textContent).toContain('Server wins'));
  });
});

describe('switching off with unsent changes asks', () => {
  async function openQuestion(online = true) {
    const app = await openSettings(unsent, online);
    await app.user.click(await findById('entity-switch-TodoItems'));
    expect((await findById('unsent-dialog')).textContent).toContain('2 changes to Tasks exist only here');
    return app;
  }

  test('and nothing has happened yet', async () => {
    const { host, user } = await openQuestion();
    expect(host.called('entity_off')).toEqual([{ set: 'TodoItems', unsent: 'refuse' }]);
    await user.click(screen.getByText('Cancel'));
    await waitFor(() => expect(allById('unsent-dialog')).toEqual([]));
    expect(isOn('TodoItems')).toBe(true);
    expect(host.offline.has('TodoItems')).toBe(true);
  });

  test.each([
    ['unsent-send-first', 'send_first'],
    ['unsent-keep', 'keep'],
  ])('%s', async (testid, unsentChoice) => {
    const { host, user } = await openQuestion();
    await user.click(byId(testid));
    await waitFor(() =>
      expect(host.called('entity_off').at(-1)).toEqual({ set: 'TodoItems', unsent: unsentChoice }),
    );
    await waitFor(() => expect(allById('unsent-dialog')).toEqual([]));
  });

  test('discarding wants a typed word', async () => {
    const { host, user } = await openQuestion();
    const discard = byId('unsent-discard') as HTMLButtonElement;
    expect(discard.disabled).toBe(true);
    await user.type(byId('unsent-confirm'), 'disc');
    expect(discard.disabled).toBe(true);
    await user.type(byId('unsent-confirm'), 'ard');
    await user.click(discard);
    await waitFor(() =>
      expect(host.called('entity_off').at(-1)).toEqual({ set: 'TodoItems', unsent: 'discard' }),
    );
  });

  test('sending first without a network says so and keeps everything', async () => {
    const { host, user } = await openQuestion(false);
    await user.click(byId('unsent-send-first'));
    expect(await screen.findByText(/nothing was sent and nothing removed/)).toBeTruthy();
    expect(host.offline.has('TodoItems')).toBe(true);
  });
});

test('the figures follow the records while the screen is open, here and on the server', async () => {
  const { host } = await openApp({ tasks: 3 }, { screen: 'settings' });
  const row = await findById('entity-row-TodoItems');
  await waitFor(() => expect(row.textContent).toMatch(/On this laptop\s*3\s*On the server\s*3/));
  host.pull('TodoItems', 'another', { Title: 'From another device' });
  await waitFor(() => expect(row.textContent).toMatch(/On this laptop\s*4\s*On the server\s*4/));
});
