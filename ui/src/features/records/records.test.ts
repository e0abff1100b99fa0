import { screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { guid } from '../../../harness/sample-records';
import type { Route } from '../../state/navigation.svelte';
import { sync } from '../../../harness/real/happened';
import { allById, byId, findById, openApp, valueOf } from '../../test/open-app';

const meters: Route = { screen: 'records', set: 'Meters' };
const sites: Route = { screen: 'records', set: 'Sites' };
const LOCK = { Id: guid(2, 2), Name: 'Lock 4' };
const METER = { Id: guid(5, 1), Code: 'M-1001', BuiltOn: '2019-05-04' };
const options = {
  records: { Sites: [LOCK, { Id: guid(2, 1), Name: 'North reservoir' }], Meters: [METER] },
  offline: ['TodoItems', 'TodoLists', 'Sites', 'Meters'],
};

async function openFirst(user: { click: (element: Element) => Promise<void> }, title: string) {
  await waitFor(() => expect(allById('record-row').length).toBeGreaterThan(0));
  await user.click(screen.getByTitle(title));
}

describe('a set that the UI has never heard of', () => {
  test('has a list and a form from its model, one field per property', async () => {
    const { device, user } = await openApp({ ...options, route: meters });
    await openFirst(user, 'M-1001');
    await findById('field-Code');
    const { sets } = await device.ask('model', {});
    const properties = sets.find((set) => set.name === 'Meters')?.properties ?? [];
    expect(properties).toHaveLength(11);
    for (const property of properties)
      expect(screen.getAllByText(property.label).length, property.name).toBeGreaterThan(0);
    expect(valueOf('field-BuiltOn')).toBe('4 May 2019');
  });

  test('stores a number, a date and a yes as what they are', async () => {
    const { device, user } = await openApp({ ...options, route: meters });
    await openFirst(user, 'M-1001');
    await user.clear(await findById('field-Digits'));
    await user.type(byId('field-Digits'), '8');
    await user.clear(byId('field-BuiltOn'));
    await user.type(byId('field-BuiltOn'), '3 Dec 2020{Enter}');
    await user.click(byId('field-IsActive'));
    await waitFor(async () =>
      expect(await device.get('Meters', METER.Id)).toMatchObject({
        Digits: 8,
        BuiltOn: '2020-12-03',
        IsActive: false,
      }),
    );
  });

  test('what is no number stays in the field and is not sent', async () => {
    const { host, user } = await openApp({ ...options, route: meters });
    await openFirst(user, 'M-1001');
    await user.clear(await findById('field-Digits'));
    await user.type(byId('field-Digits'), 'six');
    await user.tab();
    expect(screen.getByText('Enter a whole number.')).toBeTruthy();
    expect(valueOf('field-Digits')).toBe('six');
    const sent = host.called('edit').map((call) => (call['changes'] as { Digits?: unknown }).Digits);
    expect(sent).not.toContain('six');
  });

  test('a new record shows what the host says beside its field, and keeps what was typed', async () => {
    const app = await openApp({ ...options, route: meters });
    await app.user.click(await findById('record-new'));
    await app.user.type(await findById('field-Remarks'), 'by the gate');
    await app.user.click(byId('record-create'));
    expect(await screen.findByText('Code is required; nothing was saved.')).toBeTruthy();
    expect(valueOf('field-Remarks')).toBe('by the gate');
    await app.user.type(byId('field-Code'), 'M-2000');
    await app.user.click(byId('record-create'));
    await waitFor(() => expect(screen.getByRole('heading', { level: 2, name: 'M-2000' })).toBeTruthy());
    await sync(app);
    const made = (await app.office.list('Meters')).filter((meter) => meter['Code'] === 'M-2000');
    expect(made).toMatchObject([{ Remarks: 'by the gate', IsActive: true, Digits: 6 }]);
  });

  test('a reference is picked by title', async () => {
    const { device, user } = await openApp({ ...options, route: meters });
    const site = async () => (await device.get('Meters', METER.Id))['SiteId'];
    await openFirst(user, 'M-1001');
    await user.type(await findById('field-SiteId'), 'lock');
    await user.click(await screen.findByRole('option', { name: 'Lock 4' }));
    await waitFor(async () => expect(await site()).toBe(LOCK.Id));
    await user.clear(byId('field-SiteId'));
    await user.tab();
    await waitFor(async () => expect(await site()).toBeNull());
  });
});

test('records come from a file and go into one', async () => {
  const { host, user } = await openApp({ ...options, route: sites });
  // Picking a file takes a window.
  host.says('import_file', () => ({ imported: 6 }));
  host.says('export_file', () => null);
  await user.click(await findById('more'));
  await user.click(await screen.findByText('Import from a file'));
  expect(await screen.findByText('6 records imported')).toBeTruthy();
  await user.click(byId('more'));
  await user.click(await screen.findByText('Export to a file'));
  await waitFor(() => expect(host.called('export_file')).toEqual([{ set: 'Sites' }]));
});

describe('a set that is not kept here', () => {
  const live = { ...options, route: sites, offline: ['TodoItems', 'TodoLists'] };

  test('is read live while online, and says so', async () => {
    const { device, user } = await openApp(live);
    expect(await screen.findByText(/Sites are read live from the server/)).toBeTruthy();
    await waitFor(() => expect(screen.getByTitle('Lock 4')).toBeTruthy());
    await user.click(byId('keep-offline'));
    await waitFor(() => expect(screen.queryByText(/are read live/)).toBeNull());
    const rows = await device.ask('entities', {});
    expect(rows.find((row) => row.name === 'Sites')?.offline).toBe(true);
  });

  test('offline says why, and offers to keep it', async () => {
    const app = await openApp({ ...live, before: ({ device }) => device.cable.unplug() });
    expect(await screen.findByText('Sites are not on this laptop')).toBeTruthy();
    await app.user.click(byId('keep-offline'));
    await waitFor(() => expect(app.host.called('entity_on')).toHaveLength(1));
    app.device.cable.plugIn();
    await sync(app);
    await waitFor(() => expect(screen.getByTitle('Lock 4')).toBeTruthy());
  });

  test('deleting is asked, because it cannot be undone', async () => {
    const { office, user } = await openApp(live);
    const names = async () => (await office.list('Sites')).map((site) => site['Name']);
    await openFirst(user, 'Lock 4');
    await user.click(await findById('detail-delete'));
    const dialog = await screen.findByRole('dialog');
    expect(await names()).toContain('Lock 4');
    await user.click(within(dialog).getByText('Delete'));
    await waitFor(async () => expect(await names()).toEqual(['North reservoir']));
  });
});
