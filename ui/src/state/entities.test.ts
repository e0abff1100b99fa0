import { expect, test } from 'vitest';
import { FakeHost } from '../../harness/fake-host';
import { useHost } from '../../harness/host';
import { entities } from './entities.svelte';

test('an older answer that arrives late does not replace a newer one', async () => {
  const host = useHost(new FakeHost({ tasks: 3 }));
  const records = () => entities.find('TodoItems')?.records;
  // The first question is answered last, with what was true when it was asked.
  const before = await host.invoke('entities', {});
  const slow = { invoke: () => new Promise((resolve) => setTimeout(() => resolve(before), 60)) };
  useHost(slow as unknown as FakeHost);
  const first = entities.load();
  useHost(host);
  host.pull('TodoItems', 'another', { Title: 'From another device' });
  await entities.load();
  expect(records()).toBe(4);
  await first;
  expect(records()).toBe(4);
});
