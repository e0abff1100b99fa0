import { screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { model } from '../../../harness/real/model';
import { clash, sync } from '../../../harness/real/happened';
import { allById, byId, findById, openApp, valueOf } from '../../test/open-app';
import {
  both,
  deleted,
  edited,
  fourQuestions,
  onServer,
  own,
  records,
  refusing,
  TASKS,
} from '../../test/questions';

describe('conflicts', () => {
  test('each says what kind it is, about what, who and when', async () => {
    const { office } = await openApp({ records, route: { screen: 'conflicts' }, before: fourQuestions });
    await waitFor(() => expect(allById('conflict-row')).toHaveLength(4));
    const rows = allById('conflict-row').map((row) => row.textContent ?? '');
    const about = ({ Title }: { Title: string }) => rows.find((row) => row.includes(Title));
    expect(about(both)).toContain('Both sides edited it');
    expect(about(both)).toMatch(new RegExp(`${office.name} changed it too today at`));
    expect(about(both)).toContain('About: Notes, Priority');
    expect(about(deleted)).toContain(`${office.name} deleted it`);
    expect(about(edited)).toContain(`You deleted it; ${office.name} changed it`);
    expect(about(own)).toContain('You, on another device, changed it too');
  });

  test('one that is found while the screen is open appears', async () => {
    const app = await openApp({ records, route: { screen: 'conflicts' } });
    expect(await screen.findByText('Nothing to decide')).toBeTruthy();
    await fourQuestions(app);
    await waitFor(() => expect(allById('conflict-row')).toHaveLength(4));
  });
});

describe('what was decided', () => {
  test('is listed in Activity, and what did not stand can be brought back', async () => {
    const app = await openApp({
      records,
      route: { screen: 'activity' },
      before: async (world) => {
        await world.device.ask('set_policy', { set: TASKS, policy: 'mine' });
        await clash(world, [{ set: TASKS, id: own.Id, mine: { Priority: 1 }, theirs: { Priority: 3 } }]);
        await world.device.ask('set_policy', { set: TASKS, policy: 'ask' });
        await clash(world, [{ set: TASKS, id: both.Id, mine: { Priority: 1 }, theirs: { Priority: 3 } }]);
        const [question] = await world.device.ask('conflicts', {});
        const answer = { conflict: question?.id ?? '', resolution: 'take-server', sides: null } as const;
        await world.device.ask('resolve', answer);
      },
    });
    await waitFor(() => expect(allById('decision-row')).toHaveLength(2));
    const [person, policy] = allById('decision-row');
    expect(person?.textContent).toContain(both.Title);
    expect(person?.textContent).not.toContain('By the settings');
    expect(policy?.textContent).toContain('By the settings');
    expect(allById('decision-bring-back')).toHaveLength(2);
    await app.user.click(allById('decision-bring-back')[0] as HTMLElement);
    await waitFor(async () =>
      expect(await app.device.get(TASKS, both.Id)).toMatchObject({ Priority: 1, _Mark: 'waiting' }),
    );
    await waitFor(() => expect(allById('decision-row')[0]?.textContent).toContain('Brought back'));
    expect(allById('decision-row')).toHaveLength(3);
  });
});

describe('changes that the server refuses', () => {
  const openRefused = () => openApp({ ...refusing, route: { screen: 'activity' } });

  test('have their reason, and can be tried again', async () => {
    const app = await openRefused();
    expect((await findById('parked-reason')).textContent).toContain('Assignee must be at most 3 characters');
    await app.server.remodel(model());
    await app.user.click(byId('parked-retry'));
    await waitFor(() => expect(allById('parked-row')).toEqual([]));
    expect(await onServer(app, both.Id)).toMatchObject({ Assignee: 'Ana Pereira', Priority: 2 });
  });

  test('Edit opens the record', async () => {
    const { user } = await openRefused();
    await user.click(await findById('parked-edit'));
    await waitFor(() => expect(valueOf('detail-title')).toBe(both.Title));
    expect(screen.getByText(/did not accept this change/)).toBeTruthy();
  });

  test('what is in the way is named, and the rest is sent once that is confirmed', async () => {
    const app = await openRefused();
    expect((await findById('parked-unfit')).textContent).toContain('Assignee');
    await app.user.click(byId('parked-send-rest'));
    const dialog = await screen.findByRole('dialog');
    expect(dialog.textContent).toContain('without Assignee');
    await sync(app);
    expect(await app.office.get(TASKS, both.Id)).toMatchObject({ Priority: 0 });
    await app.user.click(within(dialog).getByText('Send the rest'));
    await waitFor(() => expect(allById('parked-row')).toEqual([]));
    expect(await onServer(app, both.Id)).toMatchObject({ Assignee: null, Priority: 2 });
  });

  test('where nothing is in the way there is nothing to leave out', async () => {
    const { host } = await openApp({
      ...refusing,
      route: { screen: 'activity' },
      before: async (world) => {
        await refusing.before(world);
        // Something between the two that refuses a record for ever is not waited for.
        world.host.says('parked', async () =>
          (await world.device.ask('parked', {})).map((one) => ({ ...one, unfit: [] })),
        );
      },
    });
    expect(host.called('parked').length).toBeGreaterThan(0);
    await findById('parked-retry');
    expect(allById('parked-send-rest')).toEqual([]);
  });

  test('discarding is asked', async () => {
    const { device, user } = await openRefused();
    await user.click(await findById('parked-discard'));
    const dialog = await screen.findByRole('dialog');
    expect(await device.get(TASKS, both.Id)).toMatchObject({ Priority: 2 });
    await user.click(within(dialog).getByText('Discard'));
    await waitFor(() => expect(allById('parked-row')).toEqual([]));
    expect(await device.get(TASKS, both.Id)).toMatchObject({ Priority: 0, _State: 'none' });
  });
});
