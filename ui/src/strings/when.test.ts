import { expect, test } from 'vitest';
import { when } from './when';

const at = (day: number, hour = 9, minute = 5) => new Date(2026, 10, day, hour, minute).getTime();
const NOW = at(24, 10);

test.each([
  [at(24), 'today at 09:05'],
  [at(23), 'yesterday at 09:05'],
  [at(21), 'on Saturday at 09:05'],
  [at(3), 'on Tue 3 Nov at 09:05'],
])('%i is %s', (ms, words) => {
  expect(when(ms, NOW)).toBe(words);
});
