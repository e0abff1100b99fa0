import { describe, expect, test } from 'vitest';
import { wholeDay } from '../fields/typed-date';
import { impliedBy } from './implied';
import { completeList, listBeingTyped, parseQuickAdd } from './quick-add';

const NOW = new Date(2026, 10, 24, 10).getTime();
const LISTS = [
  { id: 'h', name: 'Harbour', open: 0 },
  { id: 'w', name: 'Weekly round', open: 0 },
  { id: 'wn', name: 'Weekly round north', open: 0 },
];

function parse(text: string, ...ignored: string[]) {
  return parseQuickAdd(text, { now: NOW, lists: LISTS, ignored: new Set(ignored) });
}

describe('quick add', () => {
  test('reads a title, a due date, a priority and a list out of one line', () => {
    const parsed = parse('Check pump 3 tomorrow 14:00 !2 #Harbour');
    expect(parsed.title).toBe('Check pump 3');
    expect(parsed.due).toMatchObject({
      text: 'tomorrow 14:00',
      value: { at: new Date(2026, 10, 25, 14).getTime(), whole: false },
    });
    expect(parsed.priority).toMatchObject({ value: 2, text: '!2' });
    expect(parsed.list?.value).toEqual({ id: 'h', name: 'Harbour' });
  });

  test('the order does not matter, nor does the case', () => {
    expect(parse('#harbour !3 Order gaskets')).toMatchObject({
      title: 'Order gaskets',
      priority: { value: 3 },
      list: { value: { id: 'h' } },
      due: null,
    });
  });

  test('a date without an hour is the end of that day', () => {
    const due = parse('Call Ana tomorrow').due;
    expect(due?.value).toEqual({ at: wholeDay(NOW + 86_400_000), whole: true });
  });

  test('the longest list name wins, with or without its spaces', () => {
    expect(parse('x #Weekly round north').list?.value.id).toBe('wn');
    expect(parse('x #weeklyround').list?.value.id).toBe('w');
    expect(parse('x #weekly-round today').list?.value.id).toBe('w');
  });

  test('what is no list, no priority and no date stays in the title', () => {
    expect(parse('Fix pump #3 at gate !4 wow!1').title).toBe('Fix pump #3 at gate !4 wow!1');
    expect(parse('#Harbourmaster calls').list).toBeNull();
  });

  test('what was taken back stays in the title, and the rest still counts', () => {
    const parsed = parse('Check pump tomorrow !2 #Harbour', 'tomorrow');
    expect(parsed).toMatchObject({ title: 'Check pump tomorrow', due: null, priority: { value: 2 } });
    expect(parse('a !2', '!2')).toMatchObject({ title: 'a !2', priority: null });
    expect(parse('a #Harbour', '#harbour')).toMatchObject({ title: 'a #Harbour', list: null });
  });

  test('the last of two wins', () => {
    expect(parse('a !1 !3').priority?.value).toBe(3);
  });

  test('a line of values alone has no title', () => {
    expect(parse('tomorrow !1 #Harbour').title).toBe('');
  });

  test('a name being typed is completed', () => {
    expect(listBeingTyped('Order gaskets #har')).toBe('har');
    expect(listBeingTyped('Order gaskets #')).toBe('');
    expect(listBeingTyped('Order #3 gaskets # ')).toBeNull();
    expect(listBeingTyped('no list')).toBeNull();
    expect(completeList('Order gaskets #har', 'Harbour')).toBe('Order gaskets #Harbour ');
  });
});

describe('what the view implies', () => {
  const name = () => 'Harbour';
  const in_ = (view: 'today' | 'mine' | 'all', listId: string | null = null, refused: 'today'[] = []) =>
    impliedBy({ screen: 'tasks', view, listId }, new Set(refused), 'ana', name);

  test('a task added in a view appears there', () => {
    expect(in_('today')).toEqual({ today: true, list: null, assignee: null });
    expect(in_('mine')).toEqual({ today: false, list: null, assignee: 'ana' });
    expect(in_('all', 'h')).toEqual({ today: false, list: { id: 'h', name: 'Harbour' }, assignee: null });
  });

  test('what was refused is not implied', () => {
    expect(in_('today', null, ['today']).today).toBe(false);
  });
});
