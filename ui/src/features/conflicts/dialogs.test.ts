import { screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { fault, type FakeHost } from '../../../harness/fake-host';
import { scenes } from '../../../harness/scenes';
import type { ConflictView } from '../../ipc';
import { seriousFaults } from '../../test/axe';
import { allById, byId, findById, openApp } from '../../test/open-app';

async function open(nth: number, prepare?: (host: FakeHost) => void) {
  const app = await openApp({ tasks: 20 }, { screen: 'conflicts' }, (host) => {
    scenes['conflicts']?.(host);
    prepare?.(host);
  });
  await waitFor(() => expect(allById('conflict-row')).toHaveLength(4));
  await app.user.click(allById('conflict-open')[nth] as HTMLElement);
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

describe('both edited', () => {
  test('shows only what differs, with the word that changed and the value before', async () => {
    const { dialog } = await open(0);
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
    expect(dialog.textContent).toMatch(
      /You changed it .*Ana changed it yesterday|You changed it .*Ana changed it on/,
    );
  });

  test('Save waits until every property has a side, then sends exactly these sides', async () => {
    const { host, user } = await open(0);
    expect(disabled('conflict-save')).toBe(true);
    await user.click(byId('conflict-server-Notes'));
    expect(disabled('conflict-save')).toBe(true);
    expect(byId('conflict-preview').textContent).toContain('1 more difference');
    await user.click(byId('conflict-mine-Priority'));
    await waitFor(() => expect(byId('conflict-preview').textContent).toContain('the float was replaced'));
    expect(byId('conflict-preview').textContent).toContain('Low');
    await user.click(byId('conflict-save'));
    await closed();
    expect(host.called('resolve')).toEqual([
      { conflict: 'c1', resolution: 'merge', sides: { Notes: 'server', Priority: 'mine' } },
    ]);
    await waitFor(() => expect(allById('conflict-row')).toHaveLength(3));
  });

  test('Keep all mine chooses, and nothing is answered before Save', async () => {
    const { host, user } = await open(0);
    await user.click(byId('conflict-keep-all-mine'));
    expect([checked('conflict-mine-Notes'), checked('conflict-mine-Priority')]).toEqual([true, true]);
    expect(host.called('resolve')).toEqual([]);
    await user.click(byId('conflict-take-all-server'));
    await user.click(byId('conflict-save'));
    await closed();
    expect(host.called('resolve')[0]).toMatchObject({ resolution: 'take-server', sides: null });
  });

  test('arrows choose, Enter saves nothing while a choice is missing, Escape decides later', async () => {
    const { host, user } = await open(0);
    byId('conflict-mine-Notes').focus();
    await user.keyboard('{Enter}');
    expect(host.called('resolve')).toEqual([]);
    await user.keyboard(' {ArrowDown}');
    expect(checked('conflict-server-Notes')).toBe(true);
    await user.keyboard('{Escape}');
    await closed();
    expect(host.called('resolve')).toEqual([]);
  });

  test('one answer for all similar ones, only with one side throughout', async () => {
    const { host, user } = await open(0);
    expect(disabled('conflict-similar')).toBe(false);
    await user.click(byId('conflict-mine-Notes'));
    await user.click(byId('conflict-server-Priority'));
    expect(disabled('conflict-similar')).toBe(true);
    await user.click(byId('conflict-keep-all-mine'));
    await user.click(byId('conflict-similar'));
    await user.click(byId('conflict-save'));
    await closed();
    expect(host.called('resolve_similar')).toEqual([{ conflict: 'c1', resolution: 'keep-mine' }]);
    await waitFor(() => expect(allById('conflict-row')).toHaveLength(2));
    await undo(user);
    await waitFor(() => expect(allById('conflict-row')).toHaveLength(4));
    expect(host.called('undo_resolve')).toEqual([{ undo: 'c1' }, { undo: 'c4' }]);
  });
});

describe('deleted on the server', () => {
  test('says who deleted it and what was changed here; Restore has the focus', async () => {
    const { dialog } = await open(1);
    expect(dialog.textContent).toContain('Ben deleted “');
    expect(dialog.textContent).toContain('Restore it with your changes?');
    expect(dialog.textContent).toContain('wait for the gasket set');
    await waitFor(() => expect(document.activeElement).toBe(byId('conflict-restore')));
    expect(allById('conflict-similar')).toEqual([]);
  });

  test.each([
    ['conflict-restore', 'restore'],
    ['conflict-leave-deleted', 'accept-delete'],
  ])('%s answers %s', async (button, resolution) => {
    const { host, user } = await open(1);
    await user.click(byId(button));
    await closed();
    expect(host.called('resolve')).toEqual([{ conflict: 'c2', resolution, sides: null }]);
  });
});

describe('edited on the server', () => {
  test('shows what the other side changed; keeping it has the focus', async () => {
    const { dialog } = await open(2);
    expect(dialog.textContent).toContain('Somebody has changed it since');
    expect(dialog.textContent).toContain('What somebody changed');
    expect(dialog.textContent).toContain('Lock 4');
    await waitFor(() => expect(document.activeElement).toBe(byId('conflict-keep-theirs')));
  });

  test.each([
    ['conflict-delete', 'delete-anyway'],
    ['conflict-keep-theirs', 'keep-server'],
  ])('%s answers %s', async (button, resolution) => {
    const { host, user } = await open(2);
    await user.click(byId(button));
    await closed();
    expect(host.called('resolve')).toEqual([{ conflict: 'c3', resolution, sides: null }]);
  });
});

describe('whatever the kind', () => {
  test('an answer can be taken back: the question is open again', async () => {
    const { host, user } = await open(1);
    await user.click(byId('conflict-restore'));
    await waitFor(() => expect(allById('conflict-row')).toHaveLength(3));
    await undo(user);
    await waitFor(() => expect(allById('conflict-row')).toHaveLength(4));
    expect(host.called('undo_resolve')).toEqual([{ undo: 'c2' }]);
  });

  test('Decide later leaves everything as it is', async () => {
    const { host, user } = await open(2);
    await user.click(byId('conflict-later'));
    await closed();
    expect(host.called('resolve')).toEqual([]);
    expect(allById('conflict-row')).toHaveLength(4);
  });

  test('a newer version under the open dialog is shown and said; choices it touches are asked again', async () => {
    const { host, user } = await open(0);
    await user.click(byId('conflict-keep-all-mine'));
    const [first, ...rest] = host.conflicts as [ConflictView, ...ConflictView[]];
    host.conflicts = [{ ...first, id: 'c1b', server: { ...first.server, Priority: 2 } }, ...rest];
    host.emit('records-changed', { set: 'TodoItems', ids: [first.record_id] });
    await findById('conflict-newer');
    expect(byId('conflict-property-Priority').textContent).toContain('Medium');
    expect([checked('conflict-mine-Notes'), checked('conflict-mine-Priority')]).toEqual([true, false]);
    expect(disabled('conflict-save')).toBe(true);
    await user.click(byId('conflict-mine-Priority'));
    await user.click(byId('conflict-save'));
    await closed();
    expect(host.called('resolve')).toEqual([{ conflict: 'c1b', resolution: 'keep-mine', sides: null }]);
  });

  test('one that is settled elsewhere says so and offers no answer', async () => {
    const { host, user, dialog } = await open(0);
    host.conflicts = host.conflicts.slice(1);
    host.emit('status-changed', host.statusView());
    await waitFor(() => expect(dialog.textContent).toContain('nothing to decide here any more'));
    expect(allById('conflict-save')).toEqual([]);
    await user.click(within(dialog).getByText('Close'));
    await closed();
  });

  test('an answer that came too late is refused, said, and the newer version is read', async () => {
    const { host, user, dialog } = await open(1);
    host.failing.set('resolve', fault('no_such_conflict', 'there is no open conflict c2'));
    const reads = host.called('conflicts').length;
    await user.click(byId('conflict-restore'));
    await waitFor(() => expect(byId('conflict-failure').textContent).toContain('nothing was saved'));
    await waitFor(() => expect(host.called('conflicts').length).toBeGreaterThan(reads));
    expect(dialog.isConnected).toBe(true);
  });

  test.each([0, 1, 2])('axe finds nothing serious in dialog %i', async (nth) => {
    await open(nth);
    expect(await seriousFaults()).toEqual([]);
  });

  test('nothing opens by itself, and what is being typed stays', async () => {
    const { host, user } = await openApp({ tasks: 20 });
    await user.type(await findById('quick-add'), 'Check pu');
    scenes['conflicts']?.(host);
    host.emit('status-changed', host.statusView());
    host.emit('records-changed', { set: 'TodoItems', ids: null });
    await user.type(byId('quick-add'), 'mp');
    await waitFor(() => expect(byId('status-text').textContent).toBe('4 conflicts'));
    expect((byId('quick-add') as HTMLInputElement).value).toBe('Check pump');
    expect(allById('conflict-dialog')).toEqual([]);
  });
});

describe('reached from', () => {
  const route = { screen: 'tasks', view: 'conflicts', listId: null } as const;

  test('the mark of a record in its list', async () => {
    const { user } = await openApp({ tasks: 20 }, route, (host) => scenes['conflicts']?.(host));
    await waitFor(() => expect(allById('record-mark').length).toBeGreaterThan(0));
    await user.click(allById('record-mark')[0] as HTMLElement);
    await findById('conflict-dialog');
  });

  test('the banner of an open record, after what is typed there is stored', async () => {
    const { host, user } = await openApp({ tasks: 20 }, route, (fake) => scenes['conflicts']?.(fake));
    await waitFor(() => expect(allById('task-title').length).toBeGreaterThan(0));
    await user.click(allById('task-title')[0] as HTMLElement);
    await user.type(await findById('detail-assignee'), 'x');
    await user.click(byId('mark-decide'));
    await findById('conflict-dialog');
    expect(host.called('edit')).toHaveLength(1);
    expect(screen.queryByTestId('conflict-newer')).toBeNull();
  });
});
