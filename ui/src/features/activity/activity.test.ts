import { within } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { modelWithout } from '../../../harness/real/model';
import { sync } from '../../../harness/real/happened';
import { allById, findById, openApp } from '../../test/open-app';
import { refusing } from '../../test/questions';

describe('activity', () => {
  test('tells of what happened to the disk among the syncs', async () => {
    const incident = 'A saved change was missing from the offline database and was put back; nothing is lost';
    await openApp({
      route: { screen: 'activity' },
      before: ({ device, host }) =>
        // A disk that loses a write is not to be had.
        host.says('activity', async (asked) => [
          { started_at: Date.now(), sync: null, incident },
          ...(await device.ask('activity', asked)),
        ]),
    });
    const row = await findById('incident-row');
    within(row).getByText(/was put back; nothing is lost/);
    expect(row.closest('ol')?.children.length).toBeGreaterThan(1);
  });

  test('shows what was written into a set that left the model, and offers nothing that cannot be', async () => {
    await openApp({
      ownServer: true,
      route: { screen: 'activity' },
      before: async (world) => {
        world.device.cable.unplug();
        const record = { Name: 'Pump house', Phone: '12 34 56' };
        await world.device.ask('add', { set: 'Contacts', record });
        await world.server.remodel(modelWithout('Contact', 'Contacts'));
        world.device.cable.plugIn();
        await sync(world);
      },
    });
    const row = within(await findById('parked-row'));
    row.getByText('Pump house');
    row.getByText('12 34 56');
    row.getByTestId('parked-discard');
    for (const offer of ['parked-retry', 'parked-edit', 'explain-open']) {
      expect(row.queryByTestId(offer)).toBeNull();
    }
  });

  test('says a reason once, with the value that stands in the way', async () => {
    await openApp({ ...refusing, route: { screen: 'activity' } });
    const row = within(await findById('parked-row'));
    expect(row.getAllByText(/must be at most 3 characters/)).toHaveLength(1);
    expect(row.getByTestId('parked-unfit').textContent).toContain('Ana Pereira');
    expect(allById('parked-row')).toHaveLength(1);
  });
});
