// Which row has the cursor (its record is open in the detail pane) and which rows are picked for a common action.
import { SvelteSet } from 'svelte/reactivity';
import { idOf } from '../ipc';
import type { WindowedList } from './windowed-list.svelte';

/** More than this at once is not picked by hand. */
export const PICK_LIMIT = 1000;

export class Selection {
  /** The record under the cursor. */
  current = $state<string | null>(null);
  readonly picked = new SvelteSet<string>();
  /** Whether a plain click picks, for those without a Ctrl key at hand. */
  picking = $state(false);
  #cursor = 0;
  #anchor = 0;
  /** Whether the cursor stands on a row whose record is still being read. */
  #moving = false;

  constructor(readonly list: WindowedList) {}

  /** Puts the cursor on a row, which opens its record; a row that is not here yet is read first. */
  moveTo(index: number): void {
    this.#cursor = index;
    this.#anchor = index;
    const record = this.list.row(index);
    this.#moving = record === undefined;
    if (record !== undefined) this.current = idOf(record);
    else void this.#moveWhenRead(index);
  }

  async #moveWhenRead(index: number): Promise<void> {
    const record = await this.list.recordAt(index).catch(() => undefined);
    if (this.#cursor !== index) return;
    this.#moving = false;
    if (record !== undefined) this.current = idOf(record);
  }

  /** Opens a record wherever it is in the list. */
  open(id: string | null): void {
    this.current = id;
    const index = id === null ? -1 : this.list.indexOf(id);
    if (index >= 0) this.#cursor = this.#anchor = index;
  }

  /** Moves the cursor by `step` rows and returns the row it stands on. */
  step(step: number): number {
    const to = Math.min(Math.max(this.#from(step) + step, 0), Math.max(0, this.list.total - 1));
    this.moveTo(to);
    return to;
  }

  /** The row that a step starts from. */
  #from(step: number): number {
    if (this.current === null) return step > 0 ? -1 : this.list.total;
    if (this.#moving) return this.#cursor;
    const known = this.list.indexOf(this.current);
    if (known >= 0) return known;
    // The record left the list: the next one stands in its place now.
    return step > 0 ? this.#cursor - 1 : this.#cursor;
  }

  /** What a click on a row does. False: the range is larger than anyone picks by hand. */
  async click(index: number, keys: { shift: boolean; ctrl: boolean }): Promise<boolean> {
    const record = this.list.row(index);
    if (record === undefined) return true;
    const id = idOf(record);
    if (keys.shift) {
      if (Math.abs(index - this.#anchor) >= PICK_LIMIT) return false;
      for (const between of await this.list.idsBetween(this.#anchor, index)) this.picked.add(between);
      this.#cursor = index;
    } else if (keys.ctrl || this.picking) {
      if (keys.ctrl && this.picked.size === 0 && this.current !== null) this.picked.add(this.current);
      if (!this.picked.delete(id)) this.picked.add(id);
      this.#anchor = this.#cursor = index;
    } else {
      this.unpick();
      this.moveTo(index);
    }
    return true;
  }

  unpick(): void {
    this.picked.clear();
    this.picking = false;
  }

  /** What a common action works on: the picked rows, else the one under the cursor. */
  targets(): string[] {
    if (this.picked.size > 0) return [...this.picked];
    return this.current === null ? [] : [this.current];
  }
}
