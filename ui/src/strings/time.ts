// Times as people say them, in this computer's time zone.
import { plural } from './words';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const dayThisYear = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short' });
const dayOtherYear = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'long' });

/** This computer's midnight before `ms`. */
export function startOfDay(ms: number): number {
  const day = new Date(ms);
  day.setHours(0, 0, 0, 0);
  return day.getTime();
}

/** This computer's midnight after `ms`; 23 or 25 hours away when the clocks change. */
export function endOfDay(ms: number): number {
  const day = new Date(startOfDay(ms));
  day.setDate(day.getDate() + 1);
  return day.getTime();
}

/** The time of day: 14:02. */
export const timeOfDay = (ms: number): string => clock.format(ms);

/** The day by name where it is near: Today, Tomorrow, Yesterday, Tue 24 Nov, 24 Nov 2027. */
export function dayName(ms: number, now: number): string {
  const days = Math.round((startOfDay(ms) - startOfDay(now)) / DAY_MS);
  if (days === 0) return 'Today';
  if (days === 1) return 'Tomorrow';
  if (days === -1) return 'Yesterday';
  const sameYear = new Date(ms).getFullYear() === new Date(now).getFullYear();
  return (sameYear ? dayThisYear : dayOtherYear).format(ms).replace(',', '');
}

/** A due time of 23:59 means "some time that day" and is shown as the day alone. */
export function isWholeDay(ms: number): boolean {
  const at = new Date(ms);
  return at.getHours() === 23 && at.getMinutes() === 59;
}

/** When something is due: Today, Tomorrow 14:00, Tue 24 Nov. */
export function due(ms: number, now: number): string {
  return isWholeDay(ms) ? dayName(ms, now) : `${dayName(ms, now)} ${timeOfDay(ms)}`;
}

/** How long ago: just now, 2 min ago, 3 h ago, 5 days ago. */
export function ago(ms: number, now: number): string {
  const minutes = Math.floor((now - ms) / MINUTE_MS);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return plural(Math.floor(minutes / (24 * 60)), '# day ago', '# days ago');
}

/** A moment of the past: Today 14:02, Monday 14:02, Tue 3 Nov 14:02. */
export function moment(ms: number, now: number): string {
  const days = Math.round((startOfDay(now) - startOfDay(ms)) / DAY_MS);
  const day = days > 1 && days < 7 ? weekday.format(ms) : dayName(ms, now);
  return `${day} ${timeOfDay(ms)}`;
}

/** A length of time: 80 ms, 1.4 s, 2 min. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.round(ms / 60_000)} min`;
}
