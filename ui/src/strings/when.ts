// A moment inside a sentence: today at 14:02, on Monday at 14:02, on Tue 3 Nov at 14:02.
import { dayName, startOfDay, timeOfDay } from './time';

const DAY_MS = 86_400_000;
const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'long' });

/** When something happened, as the end of a sentence says it. */
export function when(ms: number, now: number): string {
  const days = Math.round((startOfDay(now) - startOfDay(ms)) / DAY_MS);
  const time = timeOfDay(ms);
  if (days === 0) return `today at ${time}`;
  if (days === 1) return `yesterday at ${time}`;
  return `on ${days > 1 && days < 7 ? weekday.format(ms) : dayName(ms, now)} at ${time}`;
}
