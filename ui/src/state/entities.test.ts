import { expect, test } from 'vitest';
import type { EntityView } from '../ipc';
import { FaultHost } from '../../harness/fault-host';
import { useHost } from '../../harness/host';
import { entities } from './entities.svelte';

test('an older answer that arrives late does not replace a newer one', async () => {
  const host = useHost(new FaultHost());
  const records = () => entities.find('TodoItems')?.records;
  const figures = (records: number) => [{ name: 'TodoItems', records } as EntityView];
  let answerFirst = (_: EntityView[]) => {};
  // The first question is answered last, with what was true when it was asked.
  host.says('entities', () => new Promise((answer) => (answerFirst = answer)));
  const first = entities.load();
  host.says('entities', () => figures(4));
  await entities.load();
  expect(records()).toBe(4);
  answerFirst(figures(3));
  await first;
  expect(records()).toBe(4);
});
