import { beforeEach, describe, expect, test } from 'vitest';
import { Selection } from './selection.svelte';
import { WindowedList } from './windowed-list.svelte';

let selection: Selection;
const plain = { shift: false, ctrl: false };
const shift = { shift: true, ctrl: false };
const ctrl = { shift: false, ctrl: true };

beforeEach(async () => {
  const list = new WindowedList();
  list.open((offset, limit) =>
    Promise.resolve({
      records: Array.from({ length: Math.min(limit, 5000 - offset) }, (_, n) => ({ Id: `r${offset + n}` })),
      total: 5000,
      live: false,
    }),
  );
  await new Promise((resolve) => setTimeout(resolve));
  selection = new Selection(list);
});

describe('the cursor', () => {
  test('starts at the first row, goes to rows that are not read yet, and stays in the list', async () => {
    expect(selection.step(-1)).toBe(4999);
    await new Promise((resolve) => setTimeout(resolve));
    expect(selection.current).toBe('r4999');
    selection.open(null);
    expect(selection.step(1)).toBe(0);
    expect(selection.current).toBe('r0');
    selection.step(1);
    selection.step(-5);
    expect(selection.current).toBe('r0');
  });

  test('goes on from where a deleted record was', () => {
    selection.moveTo(4);
    selection.current = 'gone';
    expect(selection.step(1)).toBe(4);
  });
});

describe('picking', () => {
  test('Shift takes the range from the last plain click', async () => {
    await selection.click(2, plain);
    await selection.click(5, shift);
    expect([...selection.picked]).toEqual(['r2', 'r3', 'r4', 'r5']);
  });

  test('Ctrl adds and takes away; the open record is the first of them', async () => {
    await selection.click(1, plain);
    await selection.click(3, ctrl);
    expect([...selection.picked]).toEqual(['r1', 'r3']);
    await selection.click(1, ctrl);
    expect([...selection.picked]).toEqual(['r3']);
  });

  test('a plain click ends it', async () => {
    await selection.click(1, ctrl);
    await selection.click(2, plain);
    expect(selection.picked.size).toBe(0);
    expect(selection.targets()).toEqual(['r2']);
  });

  test('more than a thousand is refused', async () => {
    await selection.click(0, plain);
    selection.list.show(2000, 2010);
    await new Promise((resolve) => setTimeout(resolve));
    expect(await selection.click(2000, shift)).toBe(false);
    expect(selection.picked.size).toBe(0);
  });
});
