import { waitFor } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { scenes } from '../../../harness/scenes';
import { seriousFaults } from '../../test/axe';
import { allById, byId, findById, openApp } from '../../test/open-app';

describe('explain this record', () => {
  test('from a refused change: the sentence, the versions side by side, what the server answered', async () => {
    const { host, user } = await openApp({ tasks: 20 }, { screen: 'activity' }, (fake) =>
      scenes['parked']?.(fake),
    );
    await user.click(await findById('explain-open'));
    const panel = await findById('explain-panel');
    await waitFor(() => expect(panel.textContent).toContain('The server refuses it'));
    const heads = [...panel.querySelectorAll('thead th')].map((head) => head.textContent?.trim());
    expect(heads).toEqual(['Property', 'Last agreed', 'On this laptop', 'On the server']);
    expect(panel.textContent).toContain('Priority must be between 0 and 3');
    expect(panel.textContent).toContain('W/"4711.9f2c61d0"');
    expect(await seriousFaults()).toEqual([]);
    const reads = host.called('explain').length;
    host.emit('records-changed', { set: 'TodoItems', ids: [host.parked[0]?.record_id] });
    await waitFor(() => expect(host.called('explain').length).toBeGreaterThan(reads));
    await user.click(byId('explain-close'));
    await waitFor(() => expect(allById('explain-panel')).toEqual([]));
  });

  test('from a conflict it leads to the question', async () => {
    const { user } = await openApp(
      { tasks: 20 },
      { screen: 'tasks', view: 'conflicts', listId: null },
      (fake) => scenes['conflicts']?.(fake),
    );
    await waitFor(() => expect(allById('task-title').length).toBeGreaterThan(0));
    await user.click(allById('task-title')[0] as HTMLElement);
    await user.click(await findById('explain-open'));
    await user.click(await findById('explain-decide'));
    await findById('conflict-dialog');
    expect(allById('explain-panel')).toEqual([]);
  });
});

describe('the history of a record', () => {
  test('says who, what, when and from which device, and brings back what did not stand', async () => {
    const { host, user } = await openApp({ tasks: 20 }, undefined, (fake) => scenes['history']?.(fake));
    await waitFor(() => expect(allById('task-title').length).toBeGreaterThan(0));
    await user.click(allById('task-title')[0] as HTMLElement);
    await user.click(await findById('history-open'));
    await waitFor(() => expect(allById('history-entry')).toHaveLength(4));
    const [chosen, policy, edited] = allById('history-entry').map((entry) => entry.textContent ?? '');
    expect(chosen).toContain('Decided property by property');
    expect(chosen).toContain('You · on field-laptop-7');
    expect(chosen).toContain('Priority · this device’s');
    expect(chosen).toContain('High');
    expect(policy).toContain('as the settings say');
    expect(edited).toContain('on tablet-2');
    expect(edited).toContain('Harbour pumping station');
    const reads = host.called('history').length;
    await user.click(allById('history-bring-back')[0] as HTMLElement);
    await waitFor(() =>
      expect(host.called('bring_back')[0]).toMatchObject({ set: 'TodoItems', entry: '17' }),
    );
    await waitFor(() => expect(host.called('history').length).toBeGreaterThan(reads));
    expect(await seriousFaults()).toEqual([]);
  });
});
