import { screen, waitFor } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { fault } from '../../../harness/fault-host';
import { entities } from '../../state/entities.svelte';
import { allById, byId, findById, openApp, type Opened } from '../../test/open-app';
import type { World } from '../../test/world';

async function fill({ user }: Opened, server: string, name: string, password: string) {
  await user.type(await findById('sign-in-server'), server);
  await user.type(byId('sign-in-name'), name);
  await user.type(byId('sign-in-password'), password);
  await user.click(byId('sign-in-submit'));
}

const signedOut = (more: Parameters<typeof openApp>[0] = {}) => openApp({ signedIn: false, ...more });

/** The account has been on a laptop before, and chose. */
const chosenElsewhere = async ({ device, name }: World) => {
  await device.signIn(name, ['TodoItems']);
  await device.ask('sign_out', { discard: false });
};

describe('sign-in', () => {
  test('opens the tasks', async () => {
    const records = { TodoItems: [{ Title: 'Check pump 3' }] };
    const app = await signedOut({ records, before: chosenElsewhere });
    await fill(app, app.device.cable.url, app.name, app.name);
    expect((await screen.findAllByTestId('task-row')).length).toBe(1);
    expect(await app.device.ask('session', {})).toMatchObject({ signed_in: true, user: app.name });
  });

  test('says what is missing without asking the host', async () => {
    const { host, user } = await signedOut();
    await user.click(await findById('sign-in-submit'));
    expect(screen.getByText('Enter the address of your server.')).toBeTruthy();
    expect(screen.getByText('Enter your password.')).toBeTruthy();
    expect(host.called('sign_in')).toEqual([]);
  });

  test.each([
    ['a wrong password', '', 'sign-in-password', /password/],
    ['a wrong address', 'not an address', 'sign-in-server', /address/],
  ])('%s is said beside its field, and what was typed stays', async (_, address, field, words) => {
    const app = await signedOut();
    await fill(app, address || app.device.cable.url, app.name, 'nope');
    await waitFor(() => expect(byId(field).getAttribute('aria-invalid')).toBe('true'));
    const described = document.getElementById(byId(field).getAttribute('aria-describedby') ?? '');
    expect(described?.textContent).toMatch(words);
    expect((byId('sign-in-name') as HTMLInputElement).value).toBe(app.name);
  });

  test('no network is said in one sentence', async () => {
    const app = await signedOut({ before: ({ device }) => device.cable.unplug() });
    await fill(app, app.device.cable.url, app.name, app.name);
    expect((await findById('sign-in-error')).textContent).toContain('cannot be reached');
  });

  test('the demo is offered only where a server offers it', async () => {
    await signedOut();
    expect(allById('sign-in-demo')).toEqual([]);
  });

  test('one press opens the demo', async () => {
    const { device, user } = await signedOut({ demo: true });
    await user.click(await findById('sign-in-demo'));
    await waitFor(async () => expect((await device.ask('session', {})).user).toBe('demo'));
    await screen.findByTestId('first-choice-all');
  });
});

describe('the first choice', () => {
  const isKept = async ({ device }: Opened) => {
    const rows = await device.ask('entities', {});
    return rows.filter((row) => row.offline).map((row) => row.name);
  };

  test('is asked when nothing is kept offline, once', async () => {
    const app = await signedOut();
    await fill(app, app.device.cable.url, app.name, app.name);
    await app.user.click(await findById('entity-switch-TodoItems'));
    await waitFor(() => expect(byId('entity-switch-TodoItems').getAttribute('aria-checked')).toBe('true'));
    await waitFor(async () => expect(await isKept(app)).toEqual(['TodoItems']));
    await app.user.click(byId('first-choice-done'));
    await screen.findByTestId('status-bar');
    await app.device.ask('entity_off', { set: 'TodoItems', unsent: 'refuse' });
    await waitFor(() => expect(entities.none).toBe(true));
    await entities.load();
    app.host.emit('session-changed');
    await waitFor(() => expect(app.host.called('session').length).toBeGreaterThan(1));
    expect(allById('first-choice-done')).toEqual([]);
  });

  test('everything can be kept with one press', async () => {
    const app = await openApp({ offline: [] });
    await app.user.click(await findById('first-choice-all'));
    await waitFor(async () =>
      expect(await isKept(app)).toEqual(['TodoLists', 'TodoItems', 'Sites', 'Contacts', 'Meters']),
    );
  });

  test('is not asked when a choice came with the account', async () => {
    const app = await signedOut({ before: chosenElsewhere });
    await fill(app, app.device.cable.url, app.name, app.name);
    expect(await findById('status-bar')).toBeTruthy();
    expect(allById('first-choice-all')).toEqual([]);
  });
});

test('a host that cannot open its records says why, and is asked again', async () => {
  const { host, user } = await openApp({
    before: (world) => {
      // Only what the host says is shown; the first question fails.
      const newer = 'These records were written by a newer Tidemark. Update it.';
      world.host.failing.set('session', fault('newer_database', newer));
      setTimeout(() => document.body.insertAdjacentHTML('beforeend', '<i data-screen></i>'));
    },
  });
  expect(await screen.findByText(/written by a newer Tidemark/)).toBeTruthy();
  await user.click(screen.getByText('Try again'));
  expect(await findById('status-bar')).toBeTruthy();
  expect(host.called('session')).toHaveLength(2);
});
