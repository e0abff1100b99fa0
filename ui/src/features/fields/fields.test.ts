import { describe, expect, test } from 'vitest';
import type { PropertyView } from '../../ipc';
import { readDate, withTime, writeDate } from './date-value';
import { dateOf, datesIn } from './typed-date';
import { numberOf } from './typed-number';

const NOW = new Date(2026, 10, 24, 10).getTime();
const local = (month: number, day: number, hour = 0, minute = 0) =>
  new Date(2026, month - 1, day, hour, minute).getTime();

describe('dates in a sentence', () => {
  test.each([
    ['Check pump 3 tomorrow 14:00', 'tomorrow 14:00', local(11, 25, 14)],
    ['Call Ana Friday 5pm', 'Friday 5pm', local(11, 27, 17)],
    ['water the plants tonight', 'tonight', local(11, 24, 22)],
  ])('%s', (text, words, at) => {
    expect(datesIn(text, NOW)).toMatchObject([{ text: words, at, hasTime: true }]);
  });

  test('a day without an hour has no time', () => {
    expect(datesIn('Call Ana Monday', NOW)).toMatchObject([{ text: 'Monday', hasTime: false }]);
  });

  test.each([
    'Inspect for 10 min',
    'Replace the 1/2 inch valve',
    'check the March notes',
    'Check 2 valves at dock 4',
  ])('%s names no due date', (text) => {
    expect(datesIn(text, NOW)).toEqual([]);
  });
});

describe('a date field', () => {
  test('wants one date and nothing else', () => {
    expect(dateOf(' 3 Dec 09:30 ', NOW)).toMatchObject({ at: local(12, 3, 9, 30), hasTime: true });
    expect(dateOf('Monday', NOW)).toMatchObject({ hasTime: false });
    expect(dateOf('Monday', NOW)?.at).toBeGreaterThan(NOW);
    expect(dateOf('soon', NOW)).toBeNull();
    expect(dateOf('tomorrow or so', NOW)).toBeNull();
  });

  test('reads back what it shows', () => {
    for (const at of [local(11, 24, 14), local(11, 25, 9, 5), local(12, 3, 23, 58), local(11, 2, 7)]) {
      const { text } = readDate('moment', new Date(at).toISOString(), NOW);
      const again = dateOf(text, NOW);
      expect(again?.at, text).toBe(at);
    }
  });

  test('a due day is stored as its last minute, a moment as it is, a day as a date', () => {
    const noon = local(11, 26, 12);
    expect(writeDate('due', noon, false)).toBe(
      new Date(local(11, 26, 23, 59)).toISOString().replace('.000', ''),
    );
    expect(writeDate('moment', noon, true)).toBe(new Date(noon).toISOString().replace('.000', ''));
    expect(writeDate('day', noon, false)).toBe('2026-11-26');
    expect(readDate('day', '2026-11-26', NOW).text).toBe('Thu 26 Nov');
  });

  test('shows what it cannot read as it is', () => {
    expect(readDate('moment', 'nonsense', NOW)).toEqual({ at: null, text: 'nonsense', time: '' });
  });

  test.each([
    ['9', 9, 0],
    ['9:30', 9, 30],
    ['0930', 9, 30],
    ['23.59', 23, 59],
  ])('the time %s', (text, hour, minute) => {
    expect(withTime(NOW, text)).toBe(local(11, 24, hour, minute));
  });

  test.each(['24', '9:75', 'noon', ''])('%s is no time', (text) => {
    expect(withTime(NOW, text)).toBeNull();
  });
});

describe('a number field', () => {
  const of = (kind: string) => ({ kind }) as PropertyView;

  test.each<[string, string, number | string | null | undefined]>([
    ['Edm.Int32', '12', 12],
    ['Edm.Int32', '-3', -3],
    ['Edm.Int32', '1.5', undefined],
    ['Edm.Int32', 'twelve', undefined],
    ['Edm.Int32', '  ', null],
    ['Edm.Int64', '9223372036854775807', '9223372036854775807'],
    ['Edm.Double', '0,25', 0.25],
    ['Edm.Double', '1e3', 1000],
    ['Edm.Double', '1.2.3', undefined],
    ['Edm.Double', '9007199254740993', '9007199254740993'],
    ['Edm.Decimal', '12.50', 12.5],
    ['Edm.Decimal', '12345678901234567.89', '12345678901234567.89'],
  ])('%s %s', (kind, text, value) => {
    expect(numberOf(of(kind), text)).toBe(value);
  });
});
