// Dates as people type them: "tomorrow 14:00", "next Monday", "3 Dec".
import { GB, type ParsedResult } from 'chrono-node/en';

/** A date found in a text. */
export interface TypedDate {
  /** Unix milliseconds; the hour means nothing unless `hasTime`. */
  at: number;
  hasTime: boolean;
  /** The words that say it, and where they stand. */
  text: string;
  index: number;
}

const HOUR_WORDS = /casualReference\/(tonight|morning|afternoon|evening|night|noon|midnight)/;

function hasTime(result: ParsedResult): boolean {
  return result.start.isCertain('hour') || [...result.tags()].some((tag) => HOUR_WORDS.test(tag));
}

/** "March" alone names no day, "10 min" is a length and "1/2" is a fraction: in a sentence they are no due date. */
function isDueDate(result: ParsedResult): boolean {
  const { start, text } = result;
  const saysWhen = start.isCertain('day') || start.isCertain('weekday') || hasTime(result);
  const isLength =
    result.tags().has('result/relativeDate') && /^(for\s+)?\d/i.test(text) && !/(now|later)$/i.test(text);
  const isFraction = /^\d+\/\d+$/.test(text);
  return saysWhen && !isLength && !isFraction;
}

function found(result: ParsedResult): TypedDate {
  return { at: result.date().getTime(), hasTime: hasTime(result), text: result.text, index: result.index };
}

/** `forward`: what has passed already is meant for next time. */
function read(text: string, now: number, forward: boolean): ParsedResult[] {
  return GB.parse(text, new Date(now), { forwardDate: forward });
}

/** The due dates that a sentence names, in order. */
export function datesIn(text: string, now: number): TypedDate[] {
  return read(text, now, true).filter(isDueDate).map(found);
}

/**
 * The date that a field holds; null where the text is more or less than one date. A weekday is the next one; a day of a
 * month is the nearest one, because a field may hold the past.
 */
export function dateOf(text: string, now: number): TypedDate | null {
  const trimmed = text.trim();
  const nearest = read(trimmed, now, false);
  const saysDay = nearest[0]?.start.isCertain('day') === true && nearest[0].start.isCertain('month');
  const [first, ...others] = saysDay ? nearest : read(trimmed, now, true);
  if (first === undefined || others.length > 0 || first.text.length !== trimmed.length) return null;
  return found(first);
}

/** The end of the day of `ms`: what a due date without a time is stored as. */
export function wholeDay(ms: number): number {
  return new Date(ms).setHours(23, 59, 0, 0);
}
