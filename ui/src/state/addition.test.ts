import { beforeEach, expect, test } from 'vitest';
import { FaultHost, fault } from '../../harness/fault-host';
import { useHost } from '../../harness/host';
import { Addition } from './addition';

let host: FaultHost;

beforeEach(() => {
  host = useHost(new FaultHost());
  host.says('add', ({ record }) => record);
  host.says('edit', ({ changes }) => changes);
});

const sent = () => host.called('add').map((call) => (call['record'] as { Id: string }).Id);

test('a form that is sent again after a lost answer is the same record', async () => {
  const addition = new Addition();
  host.failing.set('add', fault('unanswered', 'The answer did not arrive.'));
  await expect(addition.save('Sites', { Name: 'Quay' })).rejects.toMatchObject({ code: 'unanswered' });
  await addition.save('Sites', { Name: 'Quay' });
  expect(sent()).toEqual([addition.id, addition.id]);
  expect(addition.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(new Addition().id).not.toBe(addition.id);
});

test('what was typed since the attempt that arrived is an edit of it', async () => {
  const addition = new Addition();
  host.failing.set('add', fault('unanswered', 'The answer did not arrive.'));
  await expect(addition.save('Sites', { Name: 'Quay' })).rejects.toMatchObject({ code: 'unanswered' });
  host.failing.set('add', fault('exists', 'There is such a record.'));
  await addition.save('Sites', { Name: 'Quay 2', Notes: 'n' });
  expect(host.called('edit')).toEqual([
    {
      set: 'Sites',
      id: addition.id,
      changes: { Name: 'Quay 2', Notes: 'n' },
      shown: { Name: 'Quay', Notes: null },
    },
  ]);
});

test('a record that somebody else made is not edited', async () => {
  const addition = new Addition();
  host.failing.set('add', fault('exists', 'There is such a record.'));
  await expect(addition.save('Sites', { Name: 'Quay' })).rejects.toMatchObject({ code: 'exists' });
  expect(host.called('edit')).toEqual([]);
});
