// What a line of quick add means: a title, and the values that were typed into it.
//
// `!1` to `!3` is a priority, `#name` a list, and words such as "tomorrow 14:00" a due date. What the person takes back
// (a chip that was removed) is ignored and stays in the title.
import type { TodoListView } from '../../ipc';
import { datesIn, wholeDay } from '../fields/typed-date';

interface Found<T> {
  value: T;
  /** The words that say it; taking the value back ignores them. */
  text: string;
}

export interface QuickAdd {
  title: string;
  due: Found<{ at: number; whole: boolean }> | null;
  priority: Found<number> | null;
  list: Found<{ id: string; name: string }> | null;
}

interface Span {
  from: number;
  to: number;
}

export interface Surroundings {
  now: number;
  lists: readonly TodoListView[];
  /** Words that were taken back, in lower case. */
  ignored: ReadonlySet<string>;
}

const PRIORITY = /(?<=^|\s)!([1-3])(?=\s|$)/g;
const HASH = /(?<=^|\s)#(?=\S)/g;

function findPriority(text: string, ignored: ReadonlySet<string>): (Found<number> & Span) | null {
  const match = [...text.matchAll(PRIORITY)].findLast((found) => !ignored.has(found[0]));
  if (match === undefined) return null;
  return { value: Number(match[1]), text: match[0], from: match.index, to: match.index + match[0].length };
}

/** A list may be typed as it is named, or without its spaces: `#North harbour`, `#northharbour`. */
function spellings(name: string): string[] {
  const lower = name.toLowerCase();
  return [lower, lower.replace(/\s+/g, ''), lower.replace(/\s+/g, '-')];
}

function findList(text: string, { lists, ignored }: Surroundings) {
  for (const { index } of [...text.matchAll(HASH)].reverse()) {
    const rest = text.slice(index + 1).toLowerCase();
    const fits = lists
      .flatMap((list) => spellings(list.name).map((spelling) => ({ list, spelling })))
      .filter(({ spelling }) => rest.startsWith(spelling) && /^(\s|$)/.test(rest.slice(spelling.length)))
      .filter(({ spelling }) => !ignored.has(`#${spelling}`))
      .sort((a, b) => b.spelling.length - a.spelling.length);
    const best = fits[0];
    if (best !== undefined) {
      const to = index + 1 + best.spelling.length;
      const value = { id: best.list.id, name: best.list.name };
      return { value, text: text.slice(index, to), from: index, to };
    }
  }
  return null;
}

function findDue(text: string, { now, ignored }: Surroundings) {
  const date = datesIn(text, now).findLast((found) => !ignored.has(found.text.toLowerCase()));
  if (date === undefined) return null;
  const value = { at: date.hasTime ? date.at : wholeDay(date.at), whole: !date.hasTime };
  return { value, text: date.text, from: date.index, to: date.index + date.text.length };
}

/** Blanks a span, so that what stands elsewhere keeps its place. */
function blank(text: string, span: Span | null): string {
  if (span === null) return text;
  return text.slice(0, span.from) + ' '.repeat(span.to - span.from) + text.slice(span.to);
}

/** Reads one line. */
export function parseQuickAdd(text: string, surroundings: Surroundings): QuickAdd {
  const priority = findPriority(text, surroundings.ignored);
  const withoutPriority = blank(text, priority);
  const list = findList(withoutPriority, surroundings);
  const withoutList = blank(withoutPriority, list);
  const due = findDue(withoutList, surroundings);
  const title = blank(withoutList, due).replace(/\s+/g, ' ').trim();
  return { title, due, priority, list };
}

/** The part of a list's name that is being typed at the end of the line, or null: `…#har`. */
export function listBeingTyped(text: string): string | null {
  return /(?:^|\s)#([^#\s][^#]*|)$/.exec(text)?.[1]?.toLowerCase() ?? null;
}

/** Replaces the name being typed by a whole one. */
export function completeList(text: string, name: string): string {
  return text.replace(/#[^#]*$/, `#${name} `);
}
