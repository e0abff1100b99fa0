import { screen, waitFor } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { guid } from '../../harness/sample-records';
import { scenes } from '../../harness/scenes';
import { allById, byId, findById, openApp, valueOf } from '../test/open-app';

const words = () => byId('status-text').textContent;

describe('the status bar', () => {
  test('follows the host', async () => {
    const { host } = await openApp({ tasks: 3 });
    await waitFor(() => expect(words()).toBe('Up to date · 2 min ago'));
    host.setOnline(false);
    await waitFor(() => expect(words()).toBe('Offline'));
    host.pull('TodoItems', guid(4, 0), { _Mark: 'waiting' });
    host.setOnline(false);
    await waitFor(() => expect(words()).toBe('Offline, 1 change saved here'));
    host.setOnline(true);
    await waitFor(() => expect(words()).toBe('1 change waiting'));
  });

  test('Sync now sends what waits', async () => {
    const { user } = await openApp({ tasks: 3 }, undefined, (host) => scenes['waiting']?.(host));
    await waitFor(() => expect(words()).toMatch(/change.* waiting/));
    await user.keyboard('{Control>}{Shift>}s{/Shift}{/Control}');
    await waitFor(() => expect(words()).toBe('Up to date · just now'));
  });

  test('its details say what waits, and where', async () => {
    const { user } = await openApp({ tasks: 20 }, undefined, (host) => scenes['waiting']?.(host));
    await user.click(await findById('status-details-open'));
    const details = await findById('status-details');
    expect(details.textContent).toContain('Tasks: 3 changes');
    expect(details.textContent).toContain('https://tide.example.org');
  });

  test('a password that is wanted again is asked in front of the work', async () => {
    const { host, user } = await openApp({ tasks: 3 }, undefined, (fake) => scenes['sign-in']?.(fake));
    await user.click(await findById('status-details-open'));
    await user.click(await findById('status-sign-in'));
    await user.type(await findById('sign-in-password'), 'tide');
    await user.click(byId('sign-in-submit'));
    await waitFor(() => expect(allById('sign-in-again')).toEqual([]));
    expect(host.called('sign_in')).toEqual([
      { server: 'https://tide.example.org', name: 'Demo', password: 'tide' },
    ]);
    await waitFor(() => expect(words()).toContain('Up to date'));
  });
});

describe('closing with changes that exist only here', () => {
  async function askToClose(online: boolean) {
    const app = await openApp({ tasks: 20, online }, undefined, (host) => scenes['waiting']?.(host));
    await findById('status-bar');
    app.host.emit('close-requested', app.host.statusView());
    expect((await findById('close-dialog')).textContent).toContain('3 changes exist only on this laptop');
    return app;
  }

  test('Stay stays', async () => {
    const { host, user } = await askToClose(true);
    await user.click(byId('close-stay'));
    await waitFor(() => expect(allById('close-dialog')).toEqual([]));
    expect(host.closed).toBe(false);
  });

  test('Close anyway closes', async () => {
    const { host, user } = await askToClose(false);
    await user.click(byId('close-anyway'));
    await waitFor(() => expect(host.closed).toBe(true));
  });

  test('Sync now and close sends, then closes', async () => {
    const { host, user } = await askToClose(true);
    await user.click(byId('close-sync'));
    await waitFor(() => expect(host.closed).toBe(true));
    expect(host.statusView().pending).toBe(0);
  });

  test('when they cannot be sent, the window stays and says so', async () => {
    const { host, user } = await askToClose(false);
    await user.click(byId('close-sync'));
    expect(await screen.findByText(/3 changes are still only on this laptop/)).toBeTruthy();
    expect(host.closed).toBe(false);
  });
});

describe('signing out', () => {
  test('says how much exists only here, and leaves only when told', async () => {
    const { host, user } = await openApp({ tasks: 20 }, { screen: 'account' }, (fake) =>
      scenes['waiting']?.(fake),
    );
    await user.click(await findById('sign-out'));
    expect((await findById('sign-out-dialog')).textContent).toContain('3 changes exist only on this laptop');
    await user.click(byId('sign-out-sync'));
    await findById('sign-in-server');
    expect(host.called('sign_out')).toEqual([{ discard: false }]);
  });
});

test('appearance is remembered and applied at once', async () => {
  const { user } = await openApp({ tasks: 3 }, { screen: 'account' });
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
  const { user } = await openApp({ tasks: 3 });
  await findById('status-bar');
  await user.keyboard('{Control>}k{/Control}');
  await user.type(await findById('palette-input'), 'new contact{Enter}');
  expect(await findById('field-Phone')).toBeTruthy();
  expect(valueOf('field-Phone')).toBe('');
});
