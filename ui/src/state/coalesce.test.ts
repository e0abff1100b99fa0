import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { coalesce } from './coalesce';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a burst is one read', async () => {
  const work = vi.fn();
  const soon = coalesce(work);
  for (let n = 0; n < 500; n += 1) soon();
  await vi.advanceTimersByTimeAsync(30);
  expect(work).toHaveBeenCalledTimes(1);
});

test('a stream is a few reads a second, and the last change is read', async () => {
  const work = vi.fn();
  const soon = coalesce(work, 200);
  for (let n = 0; n < 100; n += 1) {
    soon();
    await vi.advanceTimersByTimeAsync(10);
  }
  await vi.advanceTimersByTimeAsync(300);
  expect(work.mock.calls.length).toBeLessThanOrEqual(7);
  expect(work.mock.calls.length).toBeGreaterThanOrEqual(4);
});

test('never two at a time; what came meanwhile is read after', async () => {
  let running = 0;
  let most = 0;
  const work = vi.fn(async () => {
    most = Math.max(most, (running += 1));
    await new Promise((resolve) => setTimeout(resolve, 500));
    running -= 1;
  });
  const soon = coalesce(work, 50);
  soon();
  await vi.advanceTimersByTimeAsync(100);
  soon();
  soon();
  await vi.advanceTimersByTimeAsync(2000);
  expect(most).toBe(1);
  expect(work).toHaveBeenCalledTimes(2);
});
