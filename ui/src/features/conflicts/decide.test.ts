import { screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { scenes } from '../../../harness/scenes';
import { allById, byId, findById, openApp, valueOf } from '../../test/open-app';

const openWith = (scene: 'conflicts' | 'parked', screenName: 'conflicts' | 'activity') =>
  openApp({ tasks: 20 }, { screen: screenName }, (host) => scenes[scene]?.(host));

describe('conflicts', () => {
  test('each says what kind it is, about what, who and when', async () => {
    await openWith('conflicts', 'conflicts');
    await waitFor(() => expect(allById('conflict-row')).toHaveLength(4));
    const [both, deleted, edited, own] = allById('conflict-row').map((row) => row.textContent);
    expect(both).toContain('Both sides edited it');
    expect(both).toMatch(/Ana changed it too (yesterday|on)/);
    expect(both).toContain('About: Notes, Priority');
    expect(deleted).toMatch(/Ben deleted it/);
    expect(edited).toContain('You deleted it; somebody changed it');
    expect(own).toContain('You, on another device, changed it too');
  });

  test('one that is found while the screen is open appears', async () => {
    const { host } = await openApp({ tasks: 20 }, { screen: 'conflicts' });
    expect(await screen.findByText('Nothing to decide')).toBeTruthy();
    scenes['conflicts']?.(host);
    host.emit('status-changed', host.statusView());
    await waitFor(() => expect(allById('conflict-row')).toHaveLength(4));
  });
});

describe('what was decided', () => {
  test('is listed in Activity, and what did not stand can be brought back', async () => {
    const { host, user } = await openApp({ tasks: 20 }, { screen: 'activity' }, (fake) =>
      scenes['decisions']?.(fake),
    );
    await waitFor(() => expect(allById('decision-row')).toHaveLength(3));
    expect(allById('decision-row')[1]?.textContent).toContain('By the settings');
    expect(allById('decision-bring-back')).toHaveLength(2);
    await user.click(allById('decision-bring-back')[0] as HTMLElement);
    await waitFor(() => expect(host.called('bring_back')).toHaveLength(1));
    await waitFor(() => expect(allById('decision-bring-back')).toHaveLength(1));
  });
});

describe('changes that the server refuses', () => {
  test('have their reason, and can be tried again', async () => {
    const { host, user } = await openWith('parked', 'activity');
    expect((await findById('parked-reason')).textContent).toContain('Priority must be between 0 and 3');
    await user.click(byId('parked-retry'));
    await waitFor(() => expect(host.called('retry_parked')).toHaveLength(1));
    await waitFor(() => expect(allById('parked-row')).toEqual([]));
  });

  test('Edit opens the record', async () => {
    const { host, user } = await openWith('parked', 'activity');
    await user.click(await findById('parked-edit'));
    const title = host.parked[0]?.record['Title'];
    await waitFor(() => expect(valueOf('detail-title')).toBe(title));
    expect(screen.getByText(/did not accept this change/)).toBeTruthy();
  });

  test('what is in the way is named, and the rest is sent once that is confirmed', async () => {
    const { host, user } = await openWith('parked', 'activity');
    expect((await findById('parked-unfit')).textContent).toContain('Priority');
    await user.click(byId('parked-send-rest'));
    const dialog = await screen.findByRole('dialog');
    expect(dialog.textContent).toContain('without Priority');
    expect(host.called('send_rest_of_parked')).toEqual([]);
    await user.click(within(dialog).getByText('Send the rest'));
    await waitFor(() => expect(host.called('send_rest_of_parked')).toHaveLength(1));
    await waitFor(() => expect(allById('parked-row')).toEqual([]));
  });

  test('where nothing is in the way there is nothing to leave out', async () => {
    const { host } = await openApp({ tasks: 20 }, { screen: 'activity' }, (fake) => {
      scenes['parked']?.(fake);
      fake.parked = fake.parked.map((one) => ({ ...one, unfit: [] }));
    });
    expect(host.parked).toHaveLength(1);
    await findById('parked-retry');
    expect(allById('parked-send-rest')).toEqual([]);
  });

  test('discarding is asked', async () => {
    const { host, user } = await openWith('parked', 'activity');
    await user.click(await findById('parked-discard'));
    const dialog = await screen.findByRole('dialog');
    expect(host.called('discard_parked')).toEqual([]);
    await user.click(within(dialog).getByText('Discard'));
    await waitFor(() => expect(host.called('discard_parked')).toHaveLength(1));
  });
});
