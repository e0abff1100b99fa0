import { describe, expect, test, vi } from 'vitest';
import type { ListView } from '../ipc';
import { PAGE, type ReadPage, WindowedList } from './windowed-list.svelte';

/** A list of `total` records whose answers come when the test says so. */
function source(total: number, version = 1) {
  const waiting: { offset: number; answer: () => void; fail: () => void }[] = [];
  const read: ReadPage = (offset, limit) =>
    new Promise<ListView>((resolve, reject) => {
      const count = Math.max(0, Math.min(limit, total - offset));
      const records = Array.from({ length: count }, (_, n) => ({ Id: `${offset + n}`, v: version }));
      waiting.push({
        offset,
        answer: () => resolve({ records, total, live: false }),
        fail: () => reject({ code: 'offline', message: 'No network.', property: null }),
      });
    });
  return { read, waiting };
}

async function settle() {
  for (let n = 0; n < 10; n += 1) await Promise.resolve();
}

async function answerAll(waiting: { answer: () => void }[]) {
  await settle();
  while (waiting.length > 0) {
    waiting.shift()?.answer();
    await settle();
  }
}

describe('a window onto 100,000 records', () => {
  test('reads the page in view and its neighbour, and no other', async () => {
    const { read, waiting } = source(100_000);
    const offsets: number[] = [];
    const list = new WindowedList();
    list.open((offset, limit) => {
      offsets.push(offset);
      return read(offset, limit);
    });
    list.show(0, 12);
    await answerAll(waiting);
    expect(list.total).toBe(100_000);
    expect(list.row(12)).toMatchObject({ Id: '12' });
    expect(offsets).toEqual([0, PAGE]);
  });

  test('never holds more than a dozen pages', async () => {
    const { read, waiting } = source(100_000);
    const list = new WindowedList();
    list.open(read);
    await answerAll(waiting);
    for (let row = 0; row < 99_000; row += 1500) {
      list.show(row, row + 12);
      await answerAll(waiting);
      expect(list.row(row)).toMatchObject({ Id: `${row}` });
    }
    expect(list.held).toBeLessThanOrEqual(12 * PAGE);
  });

  test('a fast scroll asks for where it ends, not for every page on the way', async () => {
    const { read, waiting } = source(100_000);
    const asked = vi.fn(read);
    const list = new WindowedList();
    list.open(asked);
    await answerAll(waiting);
    asked.mockClear();
    for (let row = 5_000; row <= 50_000; row += 1_000) list.show(row, row + 12);
    await answerAll(waiting);
    const offsets = asked.mock.calls.map(([offset]) => offset);
    expect(offsets).toContain(50_000);
    expect(offsets.length).toBeLessThanOrEqual(6);
  });

  test('at most two questions are open at once', async () => {
    const { read, waiting } = source(100_000);
    const list = new WindowedList();
    list.open(read);
    await answerAll(waiting);
    for (let row = 10_000; row < 20_000; row += 500) {
      list.show(row, row + 12);
      expect(waiting.length).toBeLessThanOrEqual(2);
    }
  });
});

describe('changes in the background', () => {
  test('what is in view stays until its newer version is here', async () => {
    const first = source(300, 1);
    const list = new WindowedList();
    let read = first.read;
    list.open((offset, limit) => read(offset, limit));
    await answerAll(first.waiting);
    const second = source(299, 2);
    read = second.read;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    list.refresh();
    list.refresh();
    await vi.advanceTimersByTimeAsync(50);
    vi.useRealTimers();
    expect(list.row(5)).toMatchObject({ v: 1 });
    await answerAll(second.waiting);
    expect(list.row(5)).toMatchObject({ v: 2 });
    expect(list.total).toBe(299);
  });

  test('a new question keeps the old rows until its answer, and drops late answers to the old one', async () => {
    const slow = source(300, 1);
    const fast = source(2, 2);
    const list = new WindowedList();
    list.open(slow.read);
    await settle();
    const late = slow.waiting.shift();
    list.open(fast.read);
    await answerAll(fast.waiting);
    expect(list.total).toBe(2);
    late?.answer();
    await settle();
    expect(list.total).toBe(2);
    expect(list.row(0)).toMatchObject({ v: 2 });
    expect(list.row(5)).toBeUndefined();
  });

  test('an edit shows before the host has answered', async () => {
    const { read, waiting } = source(10);
    const list = new WindowedList();
    list.open(read);
    await answerAll(waiting);
    list.patch('3', { v: 9 });
    expect(list.row(3)).toMatchObject({ Id: '3', v: 9 });
    expect(list.row(4)).toMatchObject({ v: 1 });
    list.patch('nobody', { v: 9 });
  });
});

describe('what can go wrong', () => {
  test('a failure is kept with its code, and the next question clears it', async () => {
    const bad = source(10);
    const list = new WindowedList();
    list.open(bad.read);
    await settle();
    bad.waiting.shift()?.fail();
    await settle();
    expect(list.failure?.code).toBe('offline');
    expect(bad.waiting).toEqual([]);
    const good = source(10);
    list.open(good.read);
    await answerAll(good.waiting);
    expect(list.failure).toBeNull();
  });

  test('an empty list is ready and has no rows', async () => {
    const { read, waiting } = source(0);
    const list = new WindowedList();
    list.open(read);
    await answerAll(waiting);
    expect(list.ready).toBe(true);
    expect(list.row(0)).toBeUndefined();
  });

  test('a range across pages that are not here is read', async () => {
    const { read, waiting } = source(1000);
    const list = new WindowedList();
    list.open(read);
    await answerAll(waiting);
    const ids = list.idsBetween(450, 310);
    await answerAll(waiting);
    expect((await ids).length).toBe(141);
    expect((await ids)[0]).toBe('310');
  });
});
