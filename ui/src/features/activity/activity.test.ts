import { within } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { guid } from '../../../harness/sample-records';
import { scenes } from '../../../harness/scenes';
import { findById, openApp } from '../../test/open-app';

describe('activity', () => {
  test('tells of what happened to the disk among the syncs', async () => {
    await openApp({ tasks: 20 }, { screen: 'activity' }, (host) => scenes['activity']?.(host));
    const row = await findById('incident-row');
    within(row).getByText(/was put back; nothing is lost/);
    expect(row.closest('ol')?.children.length).toBe(8);
  });

  test('shows what was written into a set that left the model, and offers nothing that cannot be', async () => {
    await openApp({ tasks: 20 }, { screen: 'activity' }, (host) => {
      scenes['parked']?.(host);
      const left = host.sets.find((set) => set.name === 'Sites') ?? null;
      const record = { Id: guid(4, 6), Name: 'Pump house', Address: '12 Quay Road' };
      const reason = 'the server has no Sites any more';
      host.parked = [{ entity_set: 'Gone', record_id: guid(4, 6), reason, record, unfit: [], left }];
    });
    const row = within(await findById('parked-row'));
    row.getByText('Pump house');
    row.getByText('12 Quay Road');
    row.getByTestId('parked-discard');
    for (const offer of ['parked-retry', 'parked-edit', 'explain-open']) {
      expect(row.queryByTestId(offer)).toBeNull();
    }
  });

  test('says a reason once, with the value that stands in the way', async () => {
    await openApp({ tasks: 20 }, { screen: 'activity' }, (host) => {
      scenes['parked']?.(host);
      host.parked = host.parked.map((one) => ({ ...one, reason: one.unfit[0]?.problem ?? '' }));
    });
    const row = within(await findById('parked-row'));
    expect(row.getAllByText(/must be between 0 and 3/)).toHaveLength(1);
    expect(row.getByTestId('parked-unfit').textContent).toContain('12');
  });
});
