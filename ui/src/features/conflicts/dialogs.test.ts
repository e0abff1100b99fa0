import { screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { decisions } from '../../state/decisions.svelte';
import { seriousFaults } from '../../test/axe';
import { clash, sync } from '../../../harness/real/happened';
import { allById, byId, findById, openApp } from '../../test/open-app';
import {
  both,
  deleted,
  edited,
  fourQuestions,
  LOCK,
  MINE,
  onServer,
  own,
  records,
  TASKS,
  THEIRS,
} from '../../test/questions';
import type { World } from '../../test/world';

async function open({ Title }: { Title: string }) {
  const app = await openApp({ records, route: { screen: 'conflicts' }, before: fourQuestions });
  await waitFor(() => expect(allById('conflict-row')).toHaveLength(4));
  const row = allById('conflict-row').find((one) => one.textContent?.includes(Title)) as HTMLElement;
  await app.user.click(within(row).getByTestId('conflict-open'));
  return { ...app, dialog: await findById('conflict-dialog') };
}

/** The newest message with a way back; older ones may still be leaving. */
const undo = async (user: { click: (element: Element) => Promise<void> }) => {
  await waitFor(() => expect(allById('undo-toast-action').length).toBeGreaterThan(0));
  await user.click(allById('undo-toast-action')[0] as HTMLElement);
};
const closed = () => waitFor(() => expect(allById('conflict-dialog')).toEqual([]));
const checked = (id: string) => (byId(id) as HTMLInputElement).checked;
const disabled = (id: string) => (byId(id) as HTMLButtonElement).disabled;
/** How many questions the host has open. */
const asked = async ({ device }: World) => (await device.ask('conflicts', {})).length;

describe('both edited', () => {
  test('shows only what differs, with the word that changed and the value before', async () => {
    const { dialog, office } = await open(both);
    expect(
      within(dialog)
        .getAllByRole('group')
        .map((group) => group.getAttribute('data-testid')),
    ).toEqual(['conflict-property-Notes', 'conflict-property-Priority']);
    const notes = byId('conflict-property-Notes');
    expect(notes.querySelector('ins')?.textContent).toContain('added:');
    expect([...notes.querySelectorAll('del')].at(-1)?.textContent).toContain('removed:');
    const priority = byId('conflict-property-Priority');
    expect(priority.textContent).toContain('Low');
    expect(priority.textContent).toContain('High');
    expect(priority.textContent).toContain('Before: None');
    expect(dialog.textContent).toMatch(new RegExp(`You changed it .*${office.name} changed it`));
  });

  test('Save waits until every property has a side, then exactly these sides stand', async () => {
    const app = await open(both);
    expect(disabled('conflict-save')).toBe(true);
    await app.user.click(byId('conflict-server-Notes'));
    expect(disabled('conflict-save')).toBe(true);
    expect(byId('conflict-preview').textContent).toContain('1 more difference');
    await app.user.click(byId('conflict-mine-Priority'));
    await waitFor(() => expect(byId('conflict-preview').textContent).toContain('the float was replaced'));
    expect(byId('conflict-preview').textContent).toContain('Low');
    await app.user.click(byId('conflict-save'));
    await closed();
    await waitFor(() => expect(allById('conflict-row')).toHaveLength(3));
    const stands = { Notes: THEIRS, Priority: 1, Assignee: 'Demo', SiteId: LOCK.Id };
    expect(await onServer(app, both.Id)).toMatchObject(stands);
  });

  test('Keep all mine chooses, and nothing is answered before Save', async () => {
    const app = await open(both);
    await app.user.click(byId('conflict-keep-all-mine'));
    expect([checked('conflict-mine-Notes'), checked('conflict-mine-Priority')]).toEqual([true, true]);
    expect(await asked(app)).toBe(4);
    await app.user.click(byId('conflict-take-all-server'));
    await app.user.click(byId('conflict-save'));
    await closed();
    expect(await onServer(app, both.Id)).toMatchObject({ Notes: THEIRS, Priority: 3 });
  });

  test('arrows choose, Enter saves nothing while a choice is missing, Escape decides later', async () => {
    const { host, user } = await open(both);
    byId('conflict-mine-Notes').focus();
    await user.keyboard('{Enter}');
    await user.keyboard(' {ArrowDown}');
    expect(checked('conflict-server-Notes')).toBe(true);
    await user.keyboard('{Escape}');
    await closed();
    expect(host.called('resolve')).toEqual([]);
  });

  test('one answer for all similar ones, only with one side throughout', async () => {
    const app = await open(both);
    const priorities = async () =>
      Promise.all([both, own].map(async ({ Id }) => (await app.device.get(TASKS, Id))['Priority']));
    // What was sent cannot be taken back.
    app.device.cable.unplug();
    expect(disabled('conflict-similar')).toBe(false);
    await app.user.click(byId('conflict-mine-Notes'));
    await app.user.click(byId('conflict-server-Priority'));
    expect(disabled('conflict-similar')).toBe(true);
    await app.user.click(byId('conflict-take-all-server'));
    await app.user.click(byId('conflict-similar'));
    await app.user.click(byId('conflict-save'));
    await closed();
    await waitFor(() => expect(allById('conflict-row')).toHaveLength(2));
    expect(await priorities()).toEqual([3, 3]);
    await undo(app.user);
    await waitFor(() => expect(allById('conflict-row')).toHaveLength(4));
    expect(await priorities()).toEqual([1, 1]);
  });
});

describe('deleted on the server', () => {
  test('says who deleted it and what was changed here; Restore has the focus', async () => {
    const { dialog, office } = await open(deleted);
    expect(dialog.textContent).toContain(`${office.name} deleted “`);
    expect(dialog.textContent).toContain('Restore it with your changes?');
    expect(dialog.textContent).toContain('wait for the gasket set');
    await waitFor(() => expect(document.activeElement).toBe(byId('conflict-restore')));
    expect(allById('conflict-similar')).toEqual([]);
  });

  test('Restore brings it back to the server with what was changed here', async () => {
    const app = await open(deleted);
    await app.user.click(byId('conflict-restore'));
    await closed();
    expect(await onServer(app, deleted.Id)).toMatchObject({ Notes: MINE, Priority: 1, Assignee: 'Demo' });
  });

  test('Leave deleted leaves it deleted, here too', async () => {
    const app = await open(deleted);
    await app.user.click(byId('conflict-leave-deleted'));
    await closed();
    expect(await onServer(app, deleted.Id)).toBeNull();
    const all = { view: 'all', list_id: null, search: null, sort: 'title', offset: 0, limit: 9 } as const;
    const request = { ...all, day_start: 0, day_end: 1 };
    const { records: here } = await app.device.ask('todo_list', { request });
    expect(here.map((record) => record['Title'])).not.toContain(deleted.Title);
  });
});

describe('edited on the server', () => {
  test('shows what the other side changed; keeping it has the focus', async () => {
    const { dialog, office } = await open(edited);
    expect(dialog.textContent).toContain(`${office.name} has changed it since`);
    expect(dialog.textContent).toContain(`What ${office.name} changed`);
    expect(dialog.textContent).toContain('Lock 4');
    await waitFor(() => expect(document.activeElement).toBe(byId('conflict-keep-theirs')));
  });

  test('Delete all the same deletes it on the server', async () => {
    const app = await open(edited);
    await app.user.click(byId('conflict-delete'));
    await closed();
    expect(await onServer(app, edited.Id)).toBeNull();
  });

  test('keeping it leaves their version', async () => {
    const app = await open(edited);
    await app.user.click(byId('conflict-keep-theirs'));
    await closed();
    expect(await onServer(app, edited.Id)).toMatchObject({ Notes: THEIRS });
    expect(await app.device.get(TASKS, edited.Id)).toMatchObject({ Notes: THEIRS, _State: 'none' });
  });
});

describe('whatever the kind', () => {
  test('an answer can be taken back: the question is open again', async () => {
    const app = await open(deleted);
    app.device.cable.unplug();
    await app.user.click(byId('conflict-restore'));
    await waitFor(() => expect(allById('conflict-row')).toHaveLength(3));
    await undo(app.user);
    await waitFor(() => expect(allById('conflict-row')).toHaveLength(4));
    expect(await asked(app)).toBe(4);
  });

  test('Decide later leaves everything as it is', async () => {
    const app = await open(edited);
    await app.user.click(byId('conflict-later'));
    await closed();
    expect(await asked(app)).toBe(4);
    expect(allById('conflict-row')).toHaveLength(4);
  });

  test('a newer version under the open dialog is shown and said; choices it touches are asked again', async () => {
    const app = await open(both);
    await app.user.click(byId('conflict-keep-all-mine'));
    await app.office.edit(TASKS, both.Id, { Priority: 2 });
    await sync(app);
    await findById('conflict-newer');
    expect(byId('conflict-property-Priority').textContent).toContain('Medium');
    expect([checked('conflict-mine-Notes'), checked('conflict-mine-Priority')]).toEqual([true, false]);
    expect(disabled('conflict-save')).toBe(true);
    await app.user.click(byId('conflict-mine-Priority'));
    await app.user.click(byId('conflict-save'));
    await closed();
    expect(await onServer(app, both.Id)).toMatchObject({ Notes: MINE, Priority: 1 });
  });

  test('one that is settled elsewhere says so and offers no answer', async () => {
    const app = await open(both);
    const { office, user, dialog } = app;
    // The office writes what stands here too: the sides come together.
    await office.edit(TASKS, both.Id, { Notes: MINE, Priority: 1 });
    await sync(app);
    await waitFor(() => expect(dialog.textContent).toContain('nothing to decide here any more'));
    expect(allById('conflict-save')).toEqual([]);
    await user.click(within(dialog).getByText('Close'));
    await closed();
  });

  test('an answer that came too late is refused, said, and the newer version is read', async () => {
    const app = await open(both);
    const { device, dialog, host, office, user } = app;
    await user.click(byId('conflict-keep-all-mine'));
    // The newer version gets here between the press and the answer.
    host.says('resolve', async (answer) => {
      host.leave('resolve');
      await office.edit(TASKS, both.Id, { Priority: 2 });
      await sync(app);
      return device.ask('resolve', answer);
    });
    await user.click(byId('conflict-save'));
    await waitFor(() => expect(byId('conflict-failure').textContent).toContain('nothing was saved'));
    await waitFor(() => expect(byId('conflict-property-Priority').textContent).toContain('Medium'));
    expect(dialog.isConnected).toBe(true);
    expect(await asked(app)).toBe(4);
  });

  test.each([both, deleted, edited])('axe finds nothing serious about $Title', async (record) => {
    await open(record);
    expect(await seriousFaults()).toEqual([]);
  });

  test('nothing opens by itself, and what is being typed stays', async () => {
    const app = await openApp({ records });
    await app.user.type(await findById('quick-add'), 'Check pu');
    await fourQuestions(app);
    await app.user.type(byId('quick-add'), 'mp');
    await waitFor(() => expect(byId('status-text').textContent).toBe('4 conflicts'));
    expect((byId('quick-add') as HTMLInputElement).value).toBe('Check pump');
    expect(allById('conflict-dialog')).toEqual([]);
  });
});

describe('reached from', () => {
  const route = { screen: 'tasks', view: 'conflicts', listId: null } as const;
  const oneQuestion = (world: World) =>
    clash(world, [{ set: TASKS, id: both.Id, mine: { Notes: MINE }, theirs: { Notes: THEIRS } }]);
  const opening = { records: { TodoItems: [both] }, route, before: oneQuestion };

  test('the mark of a record in its list', async () => {
    const { user } = await openApp(opening);
    await waitFor(() => expect(allById('record-mark').length).toBeGreaterThan(0));
    await user.click(allById('record-mark')[0] as HTMLElement);
    await findById('conflict-dialog');
  });

  test('the banner of an open record, after what is typed there is stored', async () => {
    const { device, host, user } = await openApp(opening);
    await waitFor(() => expect(allById('task-title').length).toBeGreaterThan(0));
    await user.click(allById('task-title')[0] as HTMLElement);
    // The list of questions is a moment behind.
    const free = host.hold('conflicts');
    await user.type(await findById('detail-assignee'), 'x');
    const reads = host.called('conflicts').length;
    await user.click(byId('mark-decide'));
    await waitFor(() => expect(host.called('conflicts').length).toBeGreaterThan(reads));
    free();
    await waitFor(() => expect(decisions.of(TASKS, both.Id)?.mine['Assignee']).toBe('x'));
    await findById('conflict-dialog');
    expect((await device.get(TASKS, both.Id))['Assignee']).toBe('x');
    expect(screen.queryByTestId('conflict-newer')).toBeNull();
  });
});
