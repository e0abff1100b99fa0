import { screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { type FakeHost, fault } from '../../../harness/fake-host';
import { guid } from '../../../harness/sample-records';
import { navigation } from '../../state/navigation.svelte';
import { allById, byId, findById, openApp, valueOf } from '../../test/open-app';

const titles = () => allById('task-title').map((title) => title.getAttribute('title'));
const row = (title: string) => {
  const found = allById('task-row').find((one) => within(one).queryByTitle(title) !== null);
  if (found === undefined) throw new Error(`no row ${title}`);
  return found;
};

/** A few tasks whose names a test can say. */
function named(host: FakeHost) {
  for (const [n, Title] of ['Alpha', 'Bravo', 'Charlie', 'Delta'].entries()) {
    const record = host.record('TodoItems', guid(4, n));
    Object.assign(record ?? {}, { Title, IsDone: false, DueAt: null, Notes: null, Priority: 4 - n });
  }
}

async function openTasks() {
  const app = await openApp({ tasks: 4 }, undefined, named);
  await waitFor(() => expect(titles()).toEqual(['Alpha', 'Bravo', 'Charlie', 'Delta']));
  return app;
}

describe('the list', () => {
  test('reads one page, whatever the list holds', async () => {
    const { host } = await openApp({ tasks: 20_000 });
    await waitFor(() => expect(allById('task-row').length).toBeGreaterThan(5));
    expect(allById('task-row').length).toBeLessThan(40);
    const asked = host
      .called('todo_list')
      .map((call) => call['request'] as { offset: number; limit: number });
    expect(asked.every((request) => request.limit === 100 && request.offset <= 100)).toBe(true);
  });

  test('a change from another laptop appears without a reload', async () => {
    const { host } = await openTasks();
    host.pull('TodoItems', guid(4, 1), { Title: 'Bravo, changed by Ben' });
    await waitFor(() => expect(titles()).toContain('Bravo, changed by Ben'));
    host.pull('TodoItems', guid(4, 2), null);
    await waitFor(() => expect(titles()).not.toContain('Charlie'));
  });

  test('search asks for what is typed', async () => {
    const { host, user } = await openTasks();
    await user.type(byId('search'), 'bra');
    await waitFor(() => expect(titles()).toEqual(['Bravo']));
    const searches = host.called('todo_list').map((call) => (call['request'] as { search: string }).search);
    expect(searches).toContain('bra');
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
    const { host } = await openTasks();
    host.pull('TodoItems', guid(4, 0), { _Mark: 'conflict' });
    await waitFor(() => expect(within(row('Alpha')).getByText('In conflict')).toBeTruthy());
  });

  test('done shows at once and can be taken back', async () => {
    const { host, user } = await openTasks();
    host.latencyMs = 200;
    await user.click(within(row('Bravo')).getByTestId('task-done'));
    expect(within(row('Bravo')).getByTestId('task-done').getAttribute('aria-checked')).toBe('true');
    await waitFor(() => expect(host.record('TodoItems', guid(4, 1))?.['IsDone']).toBe(true));
    host.latencyMs = 0;
    await user.click(await screen.findByText('Undo', undefined, { timeout: 2000 }));
    await waitFor(() => expect(host.record('TodoItems', guid(4, 1))?.['IsDone']).toBe(false));
  });
});

describe('quick add', () => {
  test('makes a task of what is typed', async () => {
    const { host, user } = await openTasks();
    await user.type(byId('quick-add'), 'Check pump 3 tomorrow 14:00 !2 #Harbour');
    expect(byId('chip-due').textContent).toContain('Due Tomorrow 14:00');
    await user.keyboard('{Enter}');
    await waitFor(() => expect(host.called('add')).toHaveLength(1));
    const harbour = host.all('TodoLists').find((list) => list['Name'] === 'Harbour');
    expect(host.called('add')[0]?.['record']).toMatchObject({
      Title: 'Check pump 3',
      Priority: 2,
      TodoListId: harbour?.['Id'],
      DueAt: expect.stringMatching(/Z$/) as string,
    });
    expect(valueOf('quick-add')).toBe('');
    expect(document.activeElement).toBe(byId('quick-add'));
  });

  test('a chip that is removed stays in the title', async () => {
    const { host, user } = await openTasks();
    await user.type(byId('quick-add'), 'Check pump tomorrow !2');
    await user.click(byId('chip-due'));
    expect(allById('chip-due')).toEqual([]);
    await user.keyboard('{Enter}');
    await waitFor(() =>
      expect(host.called('add')[0]?.['record']).toMatchObject({ Title: 'Check pump tomorrow', Priority: 2 }),
    );
  });

  test('a refused line comes back with its reason', async () => {
    const { host, user } = await openTasks();
    host.failing.set('add', fault('invalid', 'Title must have at most 200 characters.', 'Title'));
    const long = 'x'.repeat(201);
    await user.click(byId('quick-add'));
    await user.paste(long);
    await user.keyboard('{Enter}');
    expect(await screen.findByText('Title must have at most 200 characters.')).toBeTruthy();
    expect(valueOf('quick-add')).toBe(long);
  });

  test('a task added to a list belongs to it', async () => {
    const { host, user } = await openTasks();
    navigation.tasks('all', guid(1, 1));
    await user.type(await findById('quick-add'), 'Order seals{Enter}');
    await waitFor(() =>
      expect(host.called('add')[0]?.['record']).toMatchObject({
        Title: 'Order seals',
        TodoListId: guid(1, 1),
      }),
    );
  });
});

describe('the detail pane', () => {
  test('stores a title as it is left', async () => {
    const { host, user } = await openTasks();
    await user.click(within(row('Bravo')).getByTestId('task-title'));
    await user.clear(await findById('detail-title'));
    await user.type(byId('detail-title'), 'Bravo two');
    await user.tab();
    await waitFor(() => expect(byId('save-state').textContent).toContain('Saved on this device'));
    expect(host.record('TodoItems', guid(4, 1))?.['Title']).toBe('Bravo two');
    await waitFor(() => expect(titles()).toContain('Bravo two'));
  });

  test('never overwrites what is being typed, and takes the rest', async () => {
    const { host, user } = await openTasks();
    await user.click(within(row('Bravo')).getByTestId('task-title'));
    await user.type(await findById('detail-title'), ' mine');
    host.pull('TodoItems', guid(4, 1), { Title: 'From Ben', Notes: 'Bring the long ladder.' });
    await waitFor(() => expect(valueOf('detail-notes')).toBe('Bring the long ladder.'));
    expect(valueOf('detail-title')).toBe('Bravo mine');
  });

  test('shows another version at once where nothing is typed', async () => {
    const { host, user } = await openTasks();
    await user.click(within(row('Bravo')).getByTestId('task-title'));
    await user.click(await findById('detail-title'));
    host.pull('TodoItems', guid(4, 1), { Title: 'From Ben' });
    await waitFor(() => expect(valueOf('detail-title')).toBe('From Ben'));
  });

  test('says when the open task was deleted elsewhere', async () => {
    const { host, user } = await openTasks();
    await user.click(within(row('Bravo')).getByTestId('task-title'));
    await findById('detail-title');
    host.pull('TodoItems', guid(4, 1), null);
    expect(await screen.findByText('This task was deleted.')).toBeTruthy();
    expect((byId('detail-title') as HTMLTextAreaElement).disabled).toBe(true);
  });

  test('a task that cannot be read just now is not gone', async () => {
    const { host, user } = await openTasks();
    await user.click(within(row('Bravo')).getByTestId('task-title'));
    await findById('detail-title');
    host.failing.set('get', fault('offline', 'the server cannot be reached'));
    host.pull('TodoItems', guid(4, 1), { Notes: 'new' });
    await waitFor(() => expect(host.called('get')).toHaveLength(1));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(screen.queryByText('This task was deleted.')).toBeNull();
  });

  test('a deletion that waits can be taken back', async () => {
    const { host, user } = await openTasks();
    const deleted = { ...host.record('TodoItems', guid(4, 2)), _State: 'delete', _Mark: 'waiting' };
    host.pull('TodoItems', guid(4, 2), deleted);
    navigation.tasks('not_sent');
    await waitFor(() => expect(titles()).toEqual(['Charlie']));
    expect(row('Charlie').textContent).toContain('Deleted');
    await user.click(within(row('Charlie')).getByTestId('task-title'));
    await user.click(await findById('bring-back'));
    await waitFor(() => expect(host.called('undo_remove')).toEqual([{ set: 'TodoItems', id: guid(4, 2) }]));
  });

  test('a version that did not stand can stand again', async () => {
    const { host, user } = await openTasks();
    const record = { ...host.record('TodoItems', guid(4, 1)), Title: 'Bravo of old', Notes: 'Dry' };
    const line = { entry: '12', by_policy: true, by: 'Ben', device: null, mine: false, changes: [] };
    host.history = [{ ...line, at: Date.now(), event: 'took_server', record }];
    await user.click(within(row('Bravo')).getByTestId('task-title'));
    await user.click(await screen.findByText('History'));
    expect(await screen.findByText(/the server’s version was taken, as the settings say/)).toBeTruthy();
    await user.click(screen.getByText('The version that did not stand'));
    await user.click(byId('history-bring-back'));
    await waitFor(() =>
      expect(host.record('TodoItems', guid(4, 1))).toMatchObject({ Title: 'Bravo of old', Notes: 'Dry' }),
    );
  });

  test('what is typed is stored when another task is opened', async () => {
    const { host, user } = await openTasks();
    await user.click(within(row('Bravo')).getByTestId('task-title'));
    await user.type(await findById('detail-notes'), 'Wet');
    await user.click(within(row('Delta')).getByTestId('task-title'));
    await waitFor(() => expect(host.record('TodoItems', guid(4, 1))?.['Notes']).toBe('Wet'));
    await waitFor(() => expect(valueOf('detail-title')).toBe('Delta'));
    expect(valueOf('detail-notes')).toBe('');
  });

  test('deleting can be undone from the toast', async () => {
    const { host, user } = await openTasks();
    await user.click(within(row('Charlie')).getByTestId('task-title'));
    await user.click(await findById('detail-delete'));
    await waitFor(() => expect(titles()).toEqual(['Alpha', 'Bravo', 'Delta']));
    expect(allById('detail-title')).toEqual([]);
    await user.click(await screen.findByText('Undo'));
    await waitFor(() => expect(titles()).toEqual(['Alpha', 'Bravo', 'Charlie', 'Delta']));
    expect(host.called('undo_remove')).toEqual([{ set: 'TodoItems', id: guid(4, 2) }]);
  });
});

describe('many at once, and the keyboard', () => {
  test('Shift picks a range; one press ticks it off', async () => {
    const { host, user } = await openTasks();
    await user.click(within(row('Alpha')).getByTestId('task-title'));
    await user.keyboard('{Shift>}');
    await user.click(within(row('Charlie')).getByTestId('task-title'));
    await user.keyboard('{/Shift}');
    await waitFor(() => expect(byId('selected-count').textContent).toBe('3 selected'));
    await user.click(byId('bulk-done'));
    await waitFor(() => expect(host.called('edit')).toHaveLength(3));
    await waitFor(() => expect(titles()).toEqual(['Delta']));
  });

  test('j, k, Space and Delete work on the row under the cursor', async () => {
    const { host, user } = await openTasks();
    await user.keyboard('jjj');
    await waitFor(() => expect(valueOf('detail-title')).toBe('Charlie'));
    await user.keyboard('k');
    await waitFor(() => expect(valueOf('detail-title')).toBe('Bravo'));
    await user.keyboard(' ');
    await waitFor(() => expect(host.record('TodoItems', guid(4, 1))?.['IsDone']).toBe(true));
    await user.keyboard('{Escape}j{Delete}');
    await waitFor(() => expect(host.called('remove')).toHaveLength(1));
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
