import { screen, waitFor, within } from '@testing-library/svelte';
import { tick } from 'svelte';
import { describe, expect, test } from 'vitest';
import { fault } from '../../../harness/fault-host';
import { guid } from '../../../harness/sample-records';
import { navigation } from '../../state/navigation.svelte';
import { allById, byId, findById, openApp, type Opening, valueOf } from '../../test/open-app';
import { clash, sync, unsent } from '../../../harness/real/happened';
import type { World } from '../../test/world';

const titles = () => allById('task-title').map((title) => title.getAttribute('title'));
const row = (title: string) => {
  const found = allById('task-row').find((one) => within(one).queryByTitle(title) !== null);
  if (found === undefined) throw new Error(`no row ${title}`);
  return found;
};

const TASKS = 'TodoItems';
/** A few tasks whose names a test can say. */
const [alpha, bravo, charlie, delta] = [0, 1, 2, 3].map((n) => guid(4, n)) as [
  string,
  string,
  string,
  string,
];
const NAMED = [
  { Id: alpha, Title: 'Alpha', Priority: 3 },
  { Id: bravo, Title: 'Bravo', Priority: 2 },
  { Id: charlie, Title: 'Charlie', Priority: 1 },
  { Id: delta, Title: 'Delta', Priority: 0 },
];
const HARBOUR = { Id: guid(1, 1), Name: 'Harbour' };

async function openTasks(more: Opening = {}) {
  const app = await openApp({ records: { TodoItems: NAMED, TodoLists: [HARBOUR] }, ...more });
  await waitFor(() => expect(titles()).toEqual(['Alpha', 'Bravo', 'Charlie', 'Delta']));
  return app;
}

/** The task on the server, once everything that waits was sent. */
async function onServer(world: World, id: string) {
  await sync(world);
  return world.office.get(TASKS, id);
}

/** The tasks of a title on the server, once everything that waits was sent. */
async function made(world: World, title: string) {
  await waitFor(() => expect(titles()).toContain(title));
  await sync(world);
  return (await world.office.list(TASKS)).filter((task) => task['Title'] === title);
}

describe('the list', () => {
  test('reads one page, whatever the list holds', async () => {
    const many = Array.from({ length: 450 }, (_, n) => ({ Id: guid(4, n), Title: `Task ${n}` }));
    const { host } = await openApp({ records: { TodoItems: many } });
    await waitFor(() => expect(allById('task-row').length).toBeGreaterThan(5));
    expect(allById('task-row').length).toBeLessThan(40);
    const asked = host
      .called('todo_list')
      .map((call) => call['request'] as { offset: number; limit: number });
    expect(asked.every((request) => request.limit === 100 && request.offset <= 100)).toBe(true);
  });

  test('a change from another laptop appears without a reload', async () => {
    const { office } = await openTasks();
    await office.edit(TASKS, bravo, { Title: 'Bravo, changed by Ben' });
    await waitFor(() => expect(titles()).toContain('Bravo, changed by Ben'));
    await office.remove(TASKS, charlie);
    await waitFor(() => expect(titles()).not.toContain('Charlie'));
  });

  test('search asks for what is typed', async () => {
    const { user } = await openTasks();
    await user.type(byId('search'), 'bra');
    await waitFor(() => expect(titles()).toEqual(['Bravo']));
    await user.keyboard('{Escape}');
    await waitFor(() => expect(titles()).toHaveLength(4));
  });

  test('an empty search says why and offers a way out', async () => {
    const { user } = await openTasks();
    await user.type(byId('search'), 'zeppelin');
    await user.click(await screen.findByText('Clear the search'));
    await waitFor(() => expect(titles()).toHaveLength(4));
  });

  test('a mark has words', async () => {
    const app = await openTasks();
    await clash(app, [{ set: TASKS, id: alpha, mine: { Priority: 1 }, theirs: { Priority: 2 } }]);
    await waitFor(() => expect(within(row('Alpha')).getByText('In conflict')).toBeTruthy());
  });

  test('done shows at once and can be taken back', async () => {
    const { device, host, user } = await openTasks();
    const isDone = async () => (await device.get(TASKS, bravo))['IsDone'];
    const free = host.hold('edit');
    await user.click(within(row('Bravo')).getByTestId('task-done'));
    expect(within(row('Bravo')).getByTestId('task-done').getAttribute('aria-checked')).toBe('true');
    expect(await isDone()).toBe(false);
    free();
    await waitFor(async () => expect(await isDone()).toBe(true));
    await user.click(await screen.findByText('Undo'));
    await waitFor(async () => expect(await isDone()).toBe(false));
  });
});

describe('quick add', () => {
  test('makes a task of what is typed', async () => {
    const app = await openTasks();
    await app.user.type(byId('quick-add'), 'Check pump 3 tomorrow 14:00 !2 #Harbour');
    expect(byId('chip-due').textContent).toContain('Due Tomorrow 14:00');
    await app.user.keyboard('{Enter}');
    await waitFor(() => expect(valueOf('quick-add')).toBe(''));
    expect(document.activeElement).toBe(byId('quick-add'));
    const tomorrow = new Date();
    tomorrow.setDate(tomorrow.getDate() + 1);
    tomorrow.setHours(14, 0, 0, 0);
    const tasks = await made(app, 'Check pump 3');
    expect(tasks).toMatchObject([{ Priority: 2, TodoListId: HARBOUR.Id }]);
    expect(Date.parse(String(tasks[0]?.['DueAt']))).toBe(tomorrow.getTime());
  });

  test('a chip that is removed stays in the title', async () => {
    const app = await openTasks();
    await app.user.type(byId('quick-add'), 'Check pump tomorrow !2');
    await app.user.click(byId('chip-due'));
    expect(allById('chip-due')).toEqual([]);
    await app.user.keyboard('{Enter}');
    expect(await made(app, 'Check pump tomorrow')).toMatchObject([{ Priority: 2, DueAt: null }]);
  });

  test('a refused line comes back with its reason', async () => {
    const { user } = await openTasks();
    const long = 'x'.repeat(201);
    await user.click(byId('quick-add'));
    await user.paste(long);
    await user.keyboard('{Enter}');
    expect(await screen.findByText(/Title .*200 characters/)).toBeTruthy();
    expect(valueOf('quick-add')).toBe(long);
  });

  test('a task added to a list belongs to it', async () => {
    const app = await openTasks();
    navigation.tasks('all', HARBOUR.Id);
    await waitFor(() => expect(titles()).toEqual([]));
    await app.user.type(await findById('quick-add'), 'Order seals{Enter}');
    expect(await made(app, 'Order seals')).toMatchObject([{ TodoListId: HARBOUR.Id }]);
  });
});

describe('the detail pane', () => {
  test('stores a title as it is left', async () => {
    const app = await openTasks();
    await app.user.click(within(row('Bravo')).getByTestId('task-title'));
    await app.user.clear(await findById('detail-title'));
    await app.user.type(byId('detail-title'), 'Bravo two');
    await app.user.tab();
    await waitFor(() => expect(byId('save-state').textContent).toContain('Saved on this device'));
    await waitFor(() => expect(titles()).toContain('Bravo two'));
    expect((await onServer(app, bravo))['Title']).toBe('Bravo two');
  });

  test('never overwrites what is being typed, and takes the rest', async () => {
    const { office, host, user } = await openTasks();
    await user.click(within(row('Bravo')).getByTestId('task-title'));
    // However long the other side takes: what is typed is not stored before it is there.
    host.hold('edit');
    await user.type(await findById('detail-title'), ' mine');
    await office.edit(TASKS, bravo, { Title: 'From Ben', Notes: 'Bring the long ladder.' });
    await waitFor(() => expect(valueOf('detail-notes')).toBe('Bring the long ladder.'));
    expect(valueOf('detail-title')).toBe('Bravo mine');
  });

  test('shows another version at once where nothing is typed', async () => {
    const { office, user } = await openTasks();
    await user.click(within(row('Bravo')).getByTestId('task-title'));
    await user.click(await findById('detail-title'));
    await office.edit(TASKS, bravo, { Title: 'From Ben' });
    await waitFor(() => expect(valueOf('detail-title')).toBe('From Ben'));
  });

  test('says when the open task was deleted elsewhere', async () => {
    const { office, user } = await openTasks();
    await user.click(within(row('Bravo')).getByTestId('task-title'));
    await findById('detail-title');
    await office.remove(TASKS, bravo);
    expect(await screen.findByText('This task was deleted.')).toBeTruthy();
    expect((byId('detail-title') as HTMLTextAreaElement).disabled).toBe(true);
  });

  test('a task that cannot be read just now is not gone, and is read again at the next change', async () => {
    const { host, office, user } = await openTasks();
    await user.click(within(row('Bravo')).getByTestId('task-title'));
    await findById('detail-title');
    host.failing.set('get', fault('offline', 'the server cannot be reached'));
    await office.edit(TASKS, bravo, { Notes: 'new' });
    await waitFor(() => expect(host.called('get')).toHaveLength(1));
    await tick();
    expect(screen.queryByText('This task was deleted.')).toBeNull();
    expect(valueOf('detail-notes')).toBe('');
    await office.edit(TASKS, bravo, { Notes: 'newer' });
    await waitFor(() => expect(valueOf('detail-notes')).toBe('newer'));
  });

  test('a deletion that waits can be taken back', async () => {
    const app = await openTasks();
    await unsent(app, TASKS, charlie, null);
    navigation.tasks('not_sent');
    await waitFor(() => expect(titles()).toEqual(['Charlie']));
    expect(row('Charlie').textContent).toContain('Deleted');
    await app.user.click(within(row('Charlie')).getByTestId('task-title'));
    await app.user.click(await findById('bring-back'));
    await waitFor(() => expect(titles()).toEqual([]));
    app.device.cable.plugIn();
    expect((await onServer(app, charlie))['Title']).toBe('Charlie');
  });

  test('a version that did not stand can stand again', async () => {
    const app = await openTasks();
    await app.device.ask('set_policy', { set: TASKS, policy: 'server' });
    const mine = { Title: 'Bravo of old', Notes: 'Dry' };
    await clash(app, [{ set: TASKS, id: bravo, mine, theirs: { Title: 'From Ben', Notes: 'Wet' } }]);
    await waitFor(() => expect(titles()).toContain('From Ben'));
    await app.user.click(within(row('From Ben')).getByTestId('task-title'));
    await app.user.click(await screen.findByText('History'));
    expect(await screen.findByText(/the server’s version was taken, as the settings say/)).toBeTruthy();
    await app.user.click(screen.getByText('The version that did not stand'));
    await app.user.click(byId('history-bring-back'));
    await waitFor(() => expect(titles()).toContain('Bravo of old'));
    expect(await onServer(app, bravo)).toMatchObject(mine);
  });

  test('what is typed is stored when another task is opened', async () => {
    const app = await openTasks();
    await app.user.click(within(row('Bravo')).getByTestId('task-title'));
    await app.user.type(await findById('detail-notes'), 'Wet');
    await app.user.click(within(row('Delta')).getByTestId('task-title'));
    await waitFor(() => expect(valueOf('detail-title')).toBe('Delta'));
    expect(valueOf('detail-notes')).toBe('');
    await waitFor(async () => expect((await app.device.get(TASKS, bravo))['Notes']).toBe('Wet'));
  });

  test('deleting can be undone from the toast', async () => {
    const app = await openTasks();
    await app.user.click(within(row('Charlie')).getByTestId('task-title'));
    await app.user.click(await findById('detail-delete'));
    await waitFor(() => expect(titles()).toEqual(['Alpha', 'Bravo', 'Delta']));
    expect(allById('detail-title')).toEqual([]);
    await app.user.click(await screen.findByText('Undo'));
    await waitFor(() => expect(titles()).toEqual(['Alpha', 'Bravo', 'Charlie', 'Delta']));
    expect((await onServer(app, charlie))['Title']).toBe('Charlie');
  });
});

describe('many at once, and the keyboard', () => {
  test('Shift picks a range; one press ticks it off', async () => {
    const app = await openTasks();
    await app.user.click(within(row('Alpha')).getByTestId('task-title'));
    await app.user.keyboard('{Shift>}');
    await app.user.click(within(row('Charlie')).getByTestId('task-title'));
    await app.user.keyboard('{/Shift}');
    await waitFor(() => expect(byId('selected-count').textContent).toBe('3 selected'));
    await app.user.click(byId('bulk-done'));
    await waitFor(() => expect(titles()).toEqual(['Delta']));
    for (const id of [alpha, bravo, charlie]) expect((await onServer(app, id))['IsDone']).toBe(true);
  });

  test('j, k, Space and Delete work on the row under the cursor', async () => {
    const { device, user } = await openTasks();
    await user.keyboard('jjj');
    await waitFor(() => expect(valueOf('detail-title')).toBe('Charlie'));
    await user.keyboard('k');
    await waitFor(() => expect(valueOf('detail-title')).toBe('Bravo'));
    await user.keyboard(' ');
    await waitFor(() => expect(titles()).toEqual(['Alpha', 'Charlie', 'Delta']));
    expect((await device.get(TASKS, bravo))['IsDone']).toBe(true);
    await user.keyboard('{Escape}j{Delete}');
    await waitFor(() => expect(titles()).toHaveLength(2));
  });

  test('n and / go to their fields, and letters stay letters there', async () => {
    const { user } = await openTasks();
    await user.keyboard('n');
    expect(document.activeElement).toBe(byId('quick-add'));
    await user.keyboard('jnk');
    expect(valueOf('quick-add')).toBe('jnk');
    await user.keyboard('{Escape}/');
    expect(document.activeElement).toBe(byId('search'));
  });

  test('Ctrl+K finds a task and opens it', async () => {
    const { user } = await openTasks();
    await user.keyboard('{Control>}k{/Control}');
    await user.type(await findById('palette-input'), 'delt');
    await waitFor(() => expect(within(byId('palette')).getByText('Delta')).toBeTruthy());
    await user.keyboard('{Enter}');
    await waitFor(() => expect(valueOf('detail-title')).toBe('Delta'));
  });
});
