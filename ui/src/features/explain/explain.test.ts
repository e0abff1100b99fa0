import { waitFor } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { seriousFaults } from '../../test/axe';
import { clash } from '../../../harness/real/happened';
import { allById, byId, findById, openApp } from '../../test/open-app';
import { both, fourQuestions, LOCK, onServer, own, records, refusing, TASKS } from '../../test/questions';

describe('explain this record', () => {
  test('from a refused change: the sentence, the versions side by side, what the server answered', async () => {
    const { device, user } = await openApp({ ...refusing, route: { screen: 'activity' } });
    await user.click(await findById('explain-open'));
    const panel = await findById('explain-panel');
    await waitFor(() => expect(panel.textContent).toContain('The server refuses it'));
    const heads = [...panel.querySelectorAll('thead th')].map((head) => head.textContent?.trim());
    expect(heads).toEqual(['Property', 'Last agreed', 'On this laptop', 'On the server']);
    expect(panel.textContent).toContain('Assignee must be at most 3 characters');
    const { base_etag } = await device.ask('explain', { set: TASKS, id: both.Id });
    expect(panel.textContent).toContain(base_etag);
    expect(await seriousFaults()).toEqual([]);
    // It follows the record while it is open.
    await device.edit(TASKS, both.Id, { Assignee: 'Ana' });
    await waitFor(() => expect(panel.textContent).toContain('It was changed here'));
    await user.click(byId('explain-close'));
    await waitFor(() => expect(allById('explain-panel')).toEqual([]));
  });

  test('from a conflict it leads to the question', async () => {
    const route = { screen: 'tasks', view: 'conflicts', listId: null } as const;
    const { user } = await openApp({ records, route, before: fourQuestions });
    await waitFor(() => expect(allById('task-title').length).toBeGreaterThan(0));
    await user.click(allById('task-title')[0] as HTMLElement);
    await user.click(await findById('explain-open'));
    const panel = await findById('explain-panel');
    await user.click(await findById('explain-decide'));
    await findById('conflict-dialog');
    // It keeps its words while it leaves.
    expect(panel.textContent).toMatch(/^\W*Why “(Check|Mend|Read|Order)/);
    await waitFor(() => expect(allById('explain-panel')).toEqual([]));
  });
});

describe('the history of a record', () => {
  test('says who, what, when and from which device, and brings back what did not stand', async () => {
    const app = await openApp({
      records: { ...records, TodoItems: [own] },
      before: async (world) => {
        const changes = { mine: { Priority: 1 }, theirs: { Priority: 3, SiteId: LOCK.Id } };
        await world.device.ask('set_policy', { set: TASKS, policy: 'server' });
        await clash(world, [{ set: TASKS, id: own.Id, ...changes }]);
        await world.device.ask('set_policy', { set: TASKS, policy: 'ask' });
        await clash(world, [{ set: TASKS, id: own.Id, mine: { Notes: 'a' }, theirs: { Notes: 'b' } }]);
        const [question] = await world.device.ask('conflicts', {});
        const conflict = question?.id ?? '';
        await world.device.ask('resolve', { conflict, resolution: 'keep-mine', sides: null });
        await onServer(world, own.Id);
      },
    });
    await waitFor(() => expect(allById('task-title').length).toBeGreaterThan(0));
    await app.user.click(allById('task-title')[0] as HTMLElement);
    await app.user.click(await findById('history-open'));
    await waitFor(() => expect(allById('history-entry')).toHaveLength(6));
    const [edited, chosen, theirs, policy, before, added] = allById('history-entry').map(
      (entry) => entry.textContent ?? '',
    );
    const { device } = await app.device.ask('session', {});
    expect(edited).toContain(`You · on ${device}`);
    expect(chosen).toContain('this device’s version was kept');
    expect(chosen).toContain('Notes · this device’s');
    expect(theirs).toContain(app.office.name);
    expect(policy).toContain('the server’s version was taken, as the settings say');
    expect(policy).toContain('Priority · the server’s');
    expect(policy).toContain('now:High');
    expect(before).toContain('now:Lock 4');
    expect(added).toContain('Order seals');
    // The side that the policy gave up: this device's priority.
    await app.user.click(allById('history-bring-back')[1] as HTMLElement);
    await waitFor(() => expect(allById('history-entry').length).toBeGreaterThan(6));
    expect(await onServer(app, own.Id)).toMatchObject({ Priority: 1 });
    expect(await seriousFaults()).toEqual([]);
  });
});
