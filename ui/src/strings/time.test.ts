import { describe, expect, test } from 'vitest';
import { dayName, due, duration, endOfDay, isWholeDay, moment, startOfDay } from './time';
import { bytes, plural, sentence } from './words';

const at = (day: number, hour = 12, minute = 0) => new Date(2026, 10, day, hour, minute).getTime();
const NOW = at(24, 10);

describe('days', () => {
  test.each([
    [24, 'Today'],
    [25, 'Tomorrow'],
    [23, 'Yesterday'],
    [27, 'Fri 27 Nov'],
    [2, 'Mon 2 Nov'],
  ])('the %i is %s', (day, name) => {
    expect(dayName(at(day), NOW)).toBe(name);
  });

  test('another year is named', () => {
    expect(dayName(new Date(2027, 0, 5).getTime(), NOW)).toBe('5 Jan 2027');
  });

  test('a minute before midnight is today, a minute after is tomorrow', () => {
    expect(dayName(at(24, 23, 59), NOW)).toBe('Today');
    expect(dayName(at(25, 0, 1), NOW)).toBe('Tomorrow');
  });

  test('a day ends where the next begins, also when the clocks change', () => {
    for (let day = 1; day <= 365; day += 1) {
      const noon = new Date(2026, 0, day, 12).getTime();
      expect(endOfDay(noon)).toBe(startOfDay(new Date(2026, 0, day + 1, 12).getTime()));
    }
  });
});

describe('due times', () => {
  test('23:59 means the day and is shown as the day', () => {
    expect(isWholeDay(at(25, 23, 59))).toBe(true);
    expect(due(at(25, 23, 59), NOW)).toBe('Tomorrow');
    expect(due(at(25, 14), NOW)).toBe('Tomorrow 14:00');
  });
});

describe('the past', () => {
  test.each([
    [at(24, 9, 5), 'Today 09:05'],
    [at(23, 9, 5), 'Yesterday 09:05'],
    [at(21, 9, 5), 'Saturday 09:05'],
    [at(3, 9, 5), 'Tue 3 Nov 09:05'],
  ])('%i is %s', (ms, words) => {
    expect(moment(ms, NOW)).toBe(words);
  });
});

test('sizes and lengths', () => {
  expect([0, 820, 14_200, 3_240_000, 12_400_000].map(bytes)).toEqual([
    '0 B',
    '820 B',
    '14 KB',
    '3.2 MB',
    '12 MB',
  ]);
  expect([80, 1400, 120_000].map(duration)).toEqual(['80 ms', '1.4 s', '2 min']);
});

test('a message of the host reads as a sentence', () => {
  expect(sentence('the disk is full; free some space')).toBe('The disk is full; free some space.');
  expect(sentence('Title is required.')).toBe('Title is required.');
  expect(sentence('nothing answers (error 502)')).toBe('Nothing answers (error 502).');
  expect(sentence('')).toBe('');
});

test('one and many', () => {
  expect([0, 1, 2, 1000].map((n) => plural(n, '# task', '# tasks'))).toEqual([
    '0 tasks',
    '1 task',
    '2 tasks',
    '1,000 tasks',
  ]);
});
