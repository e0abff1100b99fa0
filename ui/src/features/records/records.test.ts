import { screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { fault } from '../../../harness/fake-host';
import { METERS, SAMPLE_SETS } from '../../../harness/sample-model';
import type { Route } from '../../state/navigation.svelte';
import { allById, byId, findById, openApp, valueOf } from '../../test/open-app';

const meters: Route = { screen: 'records', set: 'Meters' };
const sites: Route = { screen: 'records', set: 'Sites' };
const options = {
  sets: [...SAMPLE_SETS, METERS],
  tasks: 3,
  offline: ['TodoItems', 'TodoLists', 'Sites', 'Meters'],
};

async function openFirst(user: { click: (element: Element) => Promise<void> }, title: string) {
  await waitFor(() => expect(allById('record-row').length).toBeGreaterThan(0));
  await user.click(screen.getByTitle(title));
}

describe('a set that the UI has never heard of', () => {
  test('has a list and a form from its model, one field per property', async () => {
    const { user } = await openApp(options, meters);
    await openFirst(user, 'M-1001');
    await findById('field-Code');
    const fields = METERS.properties.filter((property) => property.name !== 'Id');
    for (const property of fields)
      expect(screen.getAllByText(property.label).length, property.name).toBeGreaterThan(0);
    expect(valueOf('field-BuiltOn')).toBe('4 May 2019');
  });

  test('stores a number, a date and a yes as what they are', async () => {
    const { host, user } = await openApp(options, meters);
    await openFirst(user, 'M-1002');
    await user.clear(await findById('field-Digits'));
    await user.type(byId('field-Digits'), '8');
    await user.clear(byId('field-BuiltOn'));
    await user.type(byId('field-BuiltOn'), '3 Dec 2020{Enter}');
    await user.click(byId('field-IsActive'));
    await waitFor(() => {
      const sent = Object.assign({}, ...host.called('edit').map((call) => call['changes'])) as object;
      expect(sent).toMatchObject({
        Digits: 8,
        BuiltOn: '2020-12-03',
        IsActive: expect.any(Boolean) as boolean,
      });
    });
  });

  test('what is no number stays in the field and is not sent', async () => {
    const { host, user } = await openApp(options, meters);
    await openFirst(user, 'M-1002');
    await user.clear(await findById('field-Digits'));
    await user.type(byId('field-Digits'), 'six');
    await user.tab();
    expect(screen.getByText('Enter a whole number.')).toBeTruthy();
    expect(valueOf('field-Digits')).toBe('six');
    expect(
      host
        .called('edit')
        .filter(
          (call) =>
            'Digits' in (call['changes'] as object) &&
            (call['changes'] as { Digits: unknown }).Digits === 'six',
        ),
    ).toEqual([]);
  });

  test('a new record shows what the host says beside its field, and keeps what was typed', async () => {
    const { host, user } = await openApp(options, meters);
    host.failing.set('add', fault('invalid', 'Code must not be empty.', 'Code'));
    await user.click(await findById('record-new'));
    await user.type(await findById('field-Remarks'), 'by the gate');
    await user.click(byId('record-create'));
    expect(await screen.findByText('Code must not be empty.')).toBeTruthy();
    expect(valueOf('field-Remarks')).toBe('by the gate');
    await user.type(byId('field-Code'), 'M-2000');
    await user.click(byId('record-create'));
    await waitFor(() => expect(host.all('Meters').some((meter) => meter['Code'] === 'M-2000')).toBe(true));
    await waitFor(() => expect(screen.getByRole('heading', { level: 2, name: 'M-2000' })).toBeTruthy());
  });

  test('a reference is picked by title', async () => {
    const { host, user } = await openApp(options, meters);
    const meter = host.all('Meters').find((one) => one['Code'] === 'M-1003');
    host.pull('Meters', String(meter?.['Id']), { SiteId: null });
    await openFirst(user, 'M-1003');
    await user.type(await findById('field-SiteId'), 'lock');
    await user.click(await screen.findByRole('option', { name: 'Lock 4' }));
    const lock = host.all('Sites').find((site) => site['Name'] === 'Lock 4');
    await waitFor(() => expect(host.called('edit').at(-1)?.['changes']).toEqual({ SiteId: lock?.['Id'] }));
    await user.clear(byId('field-SiteId'));
    await user.tab();
    await waitFor(() => expect(host.called('edit').at(-1)?.['changes']).toEqual({ SiteId: null }));
  });
});

test('records come from a file and go into one', async () => {
  const { host, user } = await openApp(options, sites);
  await user.click(await findById('more'));
  await user.click(await screen.findByText('Import from a file'));
  expect(await screen.findByText('6 records imported')).toBeTruthy();
  await user.click(byId('more'));
  await user.click(await screen.findByText('Export to a file'));
  await waitFor(() => expect(host.called('export_file')).toEqual([{ set: 'Sites' }]));
});

describe('a set that is not kept here', () => {
  const live = { ...options, offline: ['TodoItems', 'TodoLists'] };

  test('is read live while online, and says so', async () => {
    const { host, user } = await openApp(live, sites);
    expect(await screen.findByText(/Sites are read live from the server/)).toBeTruthy();
    await user.click(byId('keep-offline'));
    await waitFor(() => expect(host.offline.has('Sites')).toBe(true));
    await waitFor(() => expect(screen.queryByText(/are read live/)).toBeNull());
  });

  test('offline says why, and offers to keep it', async () => {
    const { host, user } = await openApp({ ...live, online: false }, sites);
    expect(await screen.findByText('Sites are not on this laptop')).toBeTruthy();
    await user.click(byId('keep-offline'));
    await waitFor(() => expect(host.called('entity_on')).toEqual([{ set: 'Sites' }]));
    await waitFor(() => expect(allById('record-row').length).toBeGreaterThan(0));
  });

  test('deleting is asked, because it cannot be undone', async () => {
    const { host, user } = await openApp(live, sites);
    await openFirst(user, 'Lock 4');
    await user.click(await findById('detail-delete'));
    const dialog = await screen.findByRole('dialog');
    expect(host.called('remove')).toEqual([]);
    await user.click(within(dialog).getByText('Delete'));
    await waitFor(() => expect(host.called('remove')).toHaveLength(1));
  });
});
