import { expect, test } from 'vitest';
import { FaultHost } from '../../harness/fault-host';
import { useHost } from '../../harness/host';
import type { ConflictView } from '../ipc';
import { decisions } from './decisions.svelte';

test('whoever has the questions read sees the newest ones, also when another reading has overtaken theirs', async () => {
  const host = useHost(new FaultHost());
  const questions = (id: string) => [{ id } as ConflictView];
  const answers: ((conflicts: ConflictView[]) => void)[] = [];
  host.says('conflicts', () => new Promise((answer) => answers.push(answer)));
  host.says('parked', () => []);
  const mine = decisions.load().then(() => decisions.conflicts[0]?.id);
  const another = decisions.load();
  answers[0]?.(questions('older'));
  await Promise.resolve();
  answers[1]?.(questions('newer'));
  expect(await mine).toBe('newer');
  await another;
  expect(decisions.conflicts[0]?.id).toBe('newer');
});
