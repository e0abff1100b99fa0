import { screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { guid } from '../../../harness/sample-records';
import { bytes } from '../../strings';
import { sync, unsent } from '../../../harness/real/happened';
import { allById, byId, findById, openApp, type Opening } from '../../test/open-app';
import type { World } from '../../test/world';

const TASKS = 'TodoItems';
const tasks = Array.from({ length: 5 }, (_, n) => ({ Id: guid(4, n), Title: `Task ${n}` }));
const records = { TodoItems: tasks, Sites: [{ Name: 'Lock 4' }, { Name: 'Mill weir' }] };

/** Two tasks are edited while the network is away. */
const twoWait = async (world: World) => {
  for (const n of [0, 1]) await unsent(world, TASKS, guid(4, n), { Title: `Edited ${n}` });
};

const openSettings = (more: Opening = {}) => openApp({ records, route: { screen: 'settings' }, ...more });

const isOn = (set: string) => byId(`entity-switch-${set}`).getAttribute('aria-checked') === 'true';
const figures = async ({ device }: World, set: string) =>
  (await device.ask('entities', {})).find((row) => row.name === set);
const edited = async ({ office }: World) =>
  (await office.list(TASKS)).filter((task) => String(task['Title']).startsWith('Edited')).length;

describe('offline settings', () => {
  test('one row per set with its real figures', async () => {
    const before = async (world: World) => {
      await world.device.ask('refresh_server_counts', {});
      await twoWait(world);
    };
    const app = await openSettings({ before });
    const row = within(await findById('entity-row-TodoItems'));
    await waitFor(() => expect(row.getAllByText('5')).toHaveLength(2));
    expect(row.getByText('2')).toBeTruthy();
    const held = (await figures(app, TASKS))?.bytes ?? 0;
    expect(held).toBeGreaterThan(0);
    expect(row.getByText(bytes(held))).toBeTruthy();
  });

  test('a set without unsent changes goes at once', async () => {
    const app = await openSettings();
    await app.user.click(await findById('entity-switch-Sites'));
    await waitFor(async () => expect((await figures(app, 'Sites'))?.offline).toBe(false));
    await waitFor(() => expect(isOn('Sites')).toBe(false));
    expect(allById('unsent-dialog')).toEqual([]);
  });

  test('a set is not let go of without a network before somebody has said so', async () => {
    const app = await openSettings({ before: ({ device }) => device.cable.unplug() });
    const leaves = async () => {
      await app.user.click(await findById('entity-switch-Sites'));
      return findById('leave-dialog');
    };
    expect((await leaves()).textContent).toContain('2 records of Sites leave this laptop');
    expect(document.activeElement).toBe(byId('leave-cancel'));
    await app.user.click(byId('leave-cancel'));
    await waitFor(() => expect(allById('leave-dialog')).toEqual([]));
    expect(isOn('Sites')).toBe(true);
    expect(await figures(app, 'Sites')).toMatchObject({ offline: true, records: 2 });
    await leaves();
    await app.user.click(byId('leave-confirm'));
    await waitFor(async () => expect((await figures(app, 'Sites'))?.offline).toBe(false));
    expect(allById('leave-dialog')).toEqual([]);
  });

  test('progress can be paused and goes on', async () => {
    const before = async ({ device }: World) => {
      device.cable.decide(() => 'waits');
      await device.ask('entity_on', { set: 'Sites' });
    };
    const app = await openSettings({ offline: [TASKS], before });
    expect(await screen.findByText(/^Fetching/)).toBeTruthy();
    await app.user.click(screen.getByText('Pause'));
    expect(await screen.findByText(/^Paused/)).toBeTruthy();
    expect((await figures(app, 'Sites'))?.paused).toBe(true);
    await app.user.click(screen.getByText('Resume'));
    expect(await screen.findByText(/^Fetching/)).toBeTruthy();
    app.device.cable.decide(() => 'passes');
    await waitFor(() => expect(allById('entity-progress-Sites')).toEqual([]));
    expect(await figures(app, 'Sites')).toMatchObject({ offline: true, paused: false, records: 2 });
  });

  test('a policy is chosen and shown', async () => {
    const app = await openSettings();
    await app.user.click(await findById('entity-policy-Sites'));
    await app.user.click(await screen.findByText('Server wins', { selector: '[role=option] *' }));
    await waitFor(() => expect(byId('entity-policy-Sites').textContent).toContain('Server wins'));
    await waitFor(async () => expect((await figures(app, 'Sites'))?.policy).toBe('server'));
  });
});

describe('switching off with unsent changes asks', () => {
  async function openQuestion() {
    const app = await openSettings({ before: twoWait });
    await app.user.click(await findById('entity-switch-TodoItems'));
    expect((await findById('unsent-dialog')).textContent).toContain('2 changes to Tasks exist only here');
    expect(byId('unsent-dialog').textContent).toContain('they cannot come back before there is one');
    return app;
  }
  const isGone = async (app: World) => {
    await waitFor(() => expect(allById('unsent-dialog')).toEqual([]));
    expect(await figures(app, TASKS)).toMatchObject({ offline: false });
  };

  test('and nothing has happened yet', async () => {
    const app = await openQuestion();
    await app.user.click(screen.getByText('Cancel'));
    await waitFor(() => expect(allById('unsent-dialog')).toEqual([]));
    expect(isOn(TASKS)).toBe(true);
    expect(await figures(app, TASKS)).toMatchObject({ offline: true, pending: 2 });
  });

  test('sending first sends, and then lets go', async () => {
    const app = await openQuestion();
    app.device.cable.plugIn();
    await app.user.click(byId('unsent-send-first'));
    await isGone(app);
    expect(await edited(app)).toBe(2);
  });

  test('keeping until they are sent lets go now, and sends later', async () => {
    const app = await openQuestion();
    await app.user.click(byId('unsent-keep'));
    await isGone(app);
    expect(await edited(app)).toBe(0);
    app.device.cable.plugIn();
    await sync(app);
    expect(await edited(app)).toBe(2);
  });

  test('discarding wants a typed word', async () => {
    const app = await openQuestion();
    const discard = byId('unsent-discard') as HTMLButtonElement;
    expect(discard.disabled).toBe(true);
    await app.user.type(byId('unsent-confirm'), 'disc');
    expect(discard.disabled).toBe(true);
    await app.user.type(byId('unsent-confirm'), 'ard');
    await app.user.click(discard);
    await isGone(app);
    app.device.cable.plugIn();
    await sync(app);
    expect(await edited(app)).toBe(0);
  });

  test('sending first without a network says so and keeps everything', async () => {
    const app = await openQuestion();
    await app.user.click(byId('unsent-send-first'));
    expect(await screen.findByText(/its changes could not be sent/)).toBeTruthy();
    expect(await figures(app, TASKS)).toMatchObject({ offline: true, pending: 2 });
  });
});

test('the figures follow the records while the screen is open, here and on the server', async () => {
  const { office } = await openSettings();
  const row = await findById('entity-row-TodoItems');
  await waitFor(() => expect(row.textContent).toMatch(/On this laptop\s*5\s*On the server\s*5/));
  await office.add(TASKS, { Title: 'From another laptop' });
  await waitFor(() => expect(row.textContent).toMatch(/On this laptop\s*6\s*On the server\s*6/));
});
