import { screen, waitFor } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { guid } from '../../harness/sample-records';
import { sync, tokenOf, unsent } from '../../harness/real/happened';
import { allById, byId, findById, openApp, valueOf } from '../test/open-app';
import type { World } from '../test/world';

const words = () => byId('status-text').textContent;
const TASKS = 'TodoItems';
const tasks = [0, 1, 2].map((n) => ({ Id: guid(4, n), Title: `Task ${n}` }));
const records = { TodoItems: tasks };

/** Three tasks are edited while the network is away. */
async function threeWait(world: World) {
  for (const { Id } of tasks) await unsent(world, TASKS, Id, { Notes: 'Wet' });
}
const sent = async ({ office }: World) =>
  (await office.list(TASKS)).filter((task) => task['Notes'] === 'Wet').length;

describe('the status bar', () => {
  test('follows the host', async () => {
    const app = await openApp({ records });
    await waitFor(() => expect(words()).toBe('Up to date · just now'));
    app.device.cable.unplug();
    await app.device.ask('sync_now', {});
    await waitFor(() => expect(words()).toBe('Offline'));
    await unsent(app, TASKS, guid(4, 0), { Notes: 'Wet' });
    await waitFor(() => expect(words()).toBe('Offline, 1 change saved here'));
    app.device.cable.plugIn();
    await sync(app);
    await waitFor(() => expect(words()).toBe('Up to date · just now'));
  });

  test('Sync now sends what waits', async () => {
    const app = await openApp({ records, before: threeWait });
    await waitFor(() => expect(words()).toContain('3 changes'));
    app.device.cable.plugIn();
    await app.user.keyboard('{Control>}{Shift>}s{/Shift}{/Control}');
    await waitFor(() => expect(words()).toBe('Up to date · just now'));
    expect(await sent(app)).toBe(3);
  });

  test('its details say what waits, and where', async () => {
    const { device, user } = await openApp({ records, before: threeWait });
    await user.click(await findById('status-details-open'));
    const details = await findById('status-details');
    expect(details.textContent).toContain('Tasks: 3 changes');
    expect(details.textContent).toContain(device.cable.url);
  });

  test('a password that is wanted again is asked in front of the work', async () => {
    const app = await openApp({
      records,
      before: async ({ device, server }) => {
        await server.revoke(await tokenOf(device));
        await device.ask('sync_now', {});
      },
    });
    await waitFor(() => expect(words()).toContain('Sign in to sync'));
    await app.user.click(await findById('status-details-open'));
    await app.user.click(await findById('status-sign-in'));
    await app.user.type(await findById('sign-in-password'), app.name);
    await app.user.click(byId('sign-in-submit'));
    await waitFor(() => expect(allById('sign-in-again')).toEqual([]));
    await waitFor(() => expect(words()).toContain('Up to date'));
  });

  test('a network that hangs holds up no screen', async () => {
    await openApp({
      records,
      offline: [TASKS],
      before: ({ device }) => device.cable.decide(() => 'waits'),
    });
    await waitFor(() => expect(screen.getByTitle('Task 0')).toBeTruthy());
  });
});

describe('closing with changes that exist only here', () => {
  async function askToClose(network: 'there' | 'away') {
    const app = await openApp({ records, before: threeWait });
    // A window closes, and this host has none.
    app.host.says('close_window', () => undefined);
    const isClosed = () => app.host.called('close_window').length > 0;
    await findById('status-bar');
    app.host.emit('close-requested', await app.device.ask('status', {}));
    expect((await findById('close-dialog')).textContent).toContain('3 changes exist only on this laptop');
    if (network === 'there') app.device.cable.plugIn();
    return { ...app, isClosed };
  }

  test('Stay stays', async () => {
    const { isClosed, user } = await askToClose('there');
    await user.click(byId('close-stay'));
    await waitFor(() => expect(allById('close-dialog')).toEqual([]));
    expect(isClosed()).toBe(false);
  });

  test('Close anyway closes', async () => {
    const { isClosed, user } = await askToClose('away');
    await user.click(byId('close-anyway'));
    await waitFor(() => expect(isClosed()).toBe(true));
  });

  test('Sync now and close sends, then closes', async () => {
    const app = await askToClose('there');
    await app.user.click(byId('close-sync'));
    await waitFor(() => expect(app.isClosed()).toBe(true));
    expect(await sent(app)).toBe(3);
  });

  test('when they cannot be sent, the window stays and says so', async () => {
    const { isClosed, user } = await askToClose('away');
    await user.click(byId('close-sync'));
    expect(await screen.findByText(/3 changes are still only on this laptop/)).toBeTruthy();
    expect(isClosed()).toBe(false);
  });
});

describe('signing out', () => {
  test('loses what exists only here when the word for it has been typed', async () => {
    const app = await openApp({ records, route: { screen: 'account' }, before: threeWait });
    await app.user.click(await findById('sign-out'));
    const discard = (await findById('sign-out-discard')) as HTMLButtonElement;
    expect(discard.disabled).toBe(true);
    expect(document.activeElement?.textContent).toBe('Cancel');
    await app.user.type(byId('sign-out-confirm'), 'discard');
    await app.user.click(discard);
    await findById('sign-in-server');
    expect(await app.device.ask('session', {})).toMatchObject({ signed_in: false });
    app.device.cable.plugIn();
    expect(await sent(app)).toBe(0);
  });

  test('says how much exists only here, and leaves only when told', async () => {
    const app = await openApp({ records, route: { screen: 'account' }, before: threeWait });
    await app.user.click(await findById('sign-out'));
    expect((await findById('sign-out-dialog')).textContent).toContain('3 changes exist only on this laptop');
    app.device.cable.plugIn();
    await app.user.click(byId('sign-out-sync'));
    await findById('sign-in-server');
    expect(await app.device.ask('session', {})).toMatchObject({ signed_in: false });
    expect(await sent(app)).toBe(3);
  });
});

test('appearance is remembered and applied at once', async () => {
  const { user } = await openApp({ route: { screen: 'account' } });
  await user.click(await findById('theme-dark'));
  await user.click(byId('contrast-high'));
  await user.click(byId('text-larger'));
  const root = document.documentElement;
  expect(root.dataset).toMatchObject({ theme: 'dark', contrast: 'high' });
  expect(root.style.getPropertyValue('--text-scale')).toBe('1.35');
  expect(JSON.parse(localStorage.getItem('tidemark.appearance') ?? '')).toEqual({
    theme: 'dark',
    contrast: 'high',
    textSize: 'larger',
  });
});

test('the palette goes to any place and begins any record', async () => {
  const { user } = await openApp();
  await findById('status-bar');
  await user.keyboard('{Control>}k{/Control}');
  await user.type(await findById('palette-input'), 'new contact{Enter}');
  expect(await findById('field-Phone')).toBeTruthy();
  expect(valueOf('field-Phone')).toBe('');
});
