import { within } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { scenes } from '../../../harness/scenes';
import { findById, openApp } from '../../test/open-app';

describe('activity', () => {
  test('tells of what happened to the disk among the syncs', async () => {
    await openApp({ tasks: 20 }, { screen: 'activity' }, (host) => scenes['activity']?.(host));
    const row = await findById('incident-row');
    within(row).getByText(/was put back; nothing is lost/);
    expect(row.closest('ol')?.children.length).toBe(8);
  });
});
