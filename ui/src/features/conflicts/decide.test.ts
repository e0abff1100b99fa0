import { screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { fault } from '../../../harness/fake-host';
import { scenes } from '../../../harness/scenes';
import { allById, byId, findById, openApp, valueOf } from '../../test/open-app';

const openWith = (scene: 'conflicts' | 'parked', screenName: 'conflicts' | 'activity') =>
  openApp({ tasks: 20 }, { screen: screenName }, (host) => scenes[scene]?.(host));

describe('conflicts', () => {
  test('each says what it is, who did it, and has its own answers', async () => {
    await openWith('conflicts', 'conflicts');
    await waitFor(() => expect(allById('conflict-row')).toHaveLength(3));
    const [both, deleted, edited] = allById('conflict-row');
    expect(both?.textContent).toContain('Ana changed it too');
    expect(both?.textContent).toContain('Waiting for the gasket set.');
    expect(both?.textContent).toContain('Done on Friday, parts are on the shelf.');
    expect(within(deleted as HTMLElement).getByText('Restore with my changes')).toBeTruthy();
    expect(edited?.textContent).toContain('Somebody has changed it since');
  });

  test('an answer closes it', async () => {
    const { host, user } = await openWith('conflicts', 'conflicts');
    await user.click(await findById('resolve-keep-mine'));
    await waitFor(() => expect(allById('conflict-row')).toHaveLength(2));
    expect(host.called('resolve')).toEqual([{ conflict: 'c1', resolution: 'keep-mine', sides: null }]);
  });

  test('an answer that came too late says so and is asked again', async () => {
    const { host, user } = await openWith('conflicts', 'conflicts');
    host.failing.set(
      'resolve',
      fault('conflict_moved', 'The server has a newer version. Look again and decide.'),
    );
    await user.click(await findById('resolve-keep-mine'));
    expect(await screen.findByText(/newer version/)).toBeTruthy();
    expect(allById('conflict-row')).toHaveLength(3);
  });

  test('one that is found while the screen is open appears', async () => {
    const { host } = await openApp({ tasks: 20 }, { screen: 'conflicts' });
    expect(await screen.findByText('Nothing to decide')).toBeTruthy();
    scenes['conflicts']?.(host);
    host.emit('status-changed', host.statusView());
    await waitFor(() => expect(allById('conflict-row')).toHaveLength(3));
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

  test('discarding is asked', async () => {
    const { host, user } = await openWith('parked', 'activity');
    await user.click(await findById('parked-discard'));
    const dialog = await screen.findByRole('dialog');
    expect(host.called('discard_parked')).toEqual([]);
    await user.click(within(dialog).getByText('Discard'));
    await waitFor(() => expect(host.called('discard_parked')).toHaveLength(1));
  });
});
