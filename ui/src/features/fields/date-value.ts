// A stored date and the three ways one is meant: a day, a moment, and a due time whose 23:59 stands for "that day".
import { dayName, due, isWholeDay, timeOfDay } from '../../strings';
import { wholeDay } from './typed-date';

/** `day` is Edm.Date; `moment` and `due` are Edm.DateTimeOffset. */
export type DateKind = 'day' | 'moment' | 'due';

export interface DateValue {
  at: number | null;
  /** How the field shows it. */
  text: string;
  /** Its time of day, where it has one. */
  time: string;
}

const two = (n: number) => String(n).padStart(2, '0');

/** Reads a stored value. */
export function readDate(kind: DateKind, value: unknown, now: number): DateValue {
  const text = value === null || value === undefined ? '' : String(value);
  const at = Date.parse(kind === 'day' ? `${text}T12:00:00` : text);
  if (Number.isNaN(at)) return { at: null, text, time: '' };
  if (kind === 'day') return { at, text: dayName(at, now), time: '' };
  if (kind === 'due') return { at, text: due(at, now), time: isWholeDay(at) ? '' : timeOfDay(at) };
  return { at, text: `${dayName(at, now)} ${timeOfDay(at)}`, time: timeOfDay(at) };
}

/** Writes a value as it is stored. */
export function writeDate(kind: DateKind, at: number, hasTime: boolean): string {
  const day = new Date(at);
  if (kind === 'day') return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
  if (!hasTime && kind === 'due') return instant(wholeDay(at));
  return instant(hasTime ? day.setSeconds(0, 0) : day.setHours(0, 0, 0, 0));
}

/** An instant as `Edm.DateTimeOffset`, in UTC and without needless fractions. */
export function instant(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

/** Puts a time of day ("14:05", "9", "9.30") onto a day; null where it is none. */
export function withTime(at: number, time: string): number | null {
  const match = /^(\d{1,2})(?:[:.h]?(\d{2}))?$/.exec(time.trim());
  const hour = Number(match?.[1]);
  const minute = Number(match?.[2] ?? 0);
  if (match === null || hour > 23 || minute > 59) return null;
  return new Date(at).setHours(hour, minute, 0, 0);
}
