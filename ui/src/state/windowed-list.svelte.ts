// A window onto a list that may have 100,000 records: pages are read where the user looks, and few are kept.
//
// What is on screen stays until its newer version has arrived, so a change in the background never blanks a row, and
// typing in the search field never blanks the list.
import { SvelteMap } from 'svelte/reactivity';
import { type HostError, idOf, type ListView, type RecordView, toHostError } from '../ipc';
import { coalesce } from './coalesce';

export const PAGE = 100;
const KEPT_PAGES = 12;
const AT_ONCE = 2;

/** Reads `limit` records from `offset` of one question. */
export type ReadPage = (offset: number, limit: number) => Promise<ListView>;

export class WindowedList {
  total = $state(0);
  live = $state(false);
  /** Whether the first page of the present question has arrived. */
  ready = $state(false);
  failure = $state.raw<HostError | null>(null);
  readonly #pages = new SvelteMap<number, RecordView[]>();
  readonly #readIn = new Map<number, number>();
  readonly #reading = new Map<number, number>();
  #read: ReadPage | null = null;
  #generation = 0;
  #question = 0;
  #shownQuestion = 0;
  #first = 0;
  #last = 0;
  /** Reads again what is in view, soon; call it when records changed. */
  readonly refresh = coalesce(() => this.#refresh());

  /** Asks another question; the old answer stays in view until the new one is here. */
  open(read: ReadPage): void {
    this.#read = read;
    this.#question += 1;
    this.#generation += 1;
    this.ready = false;
    this.#last -= this.#first;
    this.#first = 0;
    this.#pump();
  }

  /** Tells which rows are in view. */
  show(first: number, last: number): void {
    this.#first = Math.max(0, first);
    this.#last = Math.max(this.#first, last);
    this.#pump();
  }

  /** The record at `index`, or undefined while it is being read. */
  row(index: number): RecordView | undefined {
    return this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** Where a record is, if its page is here; -1 otherwise. */
  indexOf(id: string): number {
    for (const [page, records] of this.#pages) {
      const at = records.findIndex((record) => idOf(record) === id);
      if (at >= 0) return page * PAGE + at;
    }
    return -1;
  }

  byId(id: string): RecordView | undefined {
    const index = this.indexOf(id);
    return index < 0 ? undefined : this.row(index);
  }

  /** Shows a change before the host has answered; the next refresh replaces it by the truth. */
  patch(id: string, changes: RecordView): void {
    const index = this.indexOf(id);
    const page = Math.floor(index / PAGE);
    const records = this.#pages.get(page);
    if (index < 0 || records === undefined) return;
    this.#pages.set(
      page,
      records.map((record) => (idOf(record) === id ? { ...record, ...changes } : record)),
    );
  }

  /** The record at `index`, read by itself where its page is not here. */
  async recordAt(index: number): Promise<RecordView | undefined> {
    const here = this.row(index);
    if (here !== undefined || this.#read === null || index < 0 || index >= this.total) return here;
    return (await this.#read(index, 1)).records[0];
  }

  /** The ids from one row to another, both included, reading what is not here. */
  async idsBetween(from: number, to: number): Promise<string[]> {
    const [first, last] = from < to ? [from, to] : [to, from];
    const held = Array.from({ length: last - first + 1 }, (_, step) => this.row(first + step));
    if (held.every((record) => record !== undefined)) return held.map(idOf);
    const answer = await this.#read?.(first, last - first + 1);
    return answer?.records.map(idOf) ?? [];
  }

  /** How many records are held now. */
  get held(): number {
    return [...this.#pages.values()].reduce((sum, records) => sum + records.length, 0);
  }

  async #refresh(): Promise<void> {
    this.#generation += 1;
    this.#pump();
    // The next refresh waits for this one, so that a slow host is not asked faster than it answers.
    while (this.#reading.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  #wantedPages(): number[] {
    const first = Math.floor(this.#first / PAGE);
    const last = Math.floor(this.#last / PAGE);
    const inView = Array.from({ length: last - first + 1 }, (_, step) => first + step);
    const beside = [last + 1, first - 1].filter((page) => page >= 0 && page * PAGE < this.total);
    // Until the total of this question is known, only what is in view is asked for.
    return this.ready
      ? [...inView.filter((page) => page === 0 || page * PAGE < this.total), ...beside]
      : inView;
  }

  #pump(): void {
    for (const page of this.#wantedPages()) {
      if (this.#readIn.get(page) === this.#generation) continue;
      if (this.#reading.get(page) === this.#generation) continue;
      if (this.#reading.size >= AT_ONCE) return;
      void this.#readPage(page);
    }
  }

  async #readPage(page: number): Promise<void> {
    const read = this.#read;
    if (read === null) return;
    const generation = this.#generation;
    const question = this.#question;
    this.#reading.set(page, generation);
    try {
      const answer = await read(page * PAGE, PAGE);
      if (question === this.#question) this.#take(page, generation, answer);
    } catch (cause) {
      if (question === this.#question) {
        this.failure = toHostError(cause);
        // Not asked again until something changes: a failing host is not hammered.
        this.#readIn.set(page, generation);
        this.ready = true;
      }
    } finally {
      if (this.#reading.get(page) === generation) this.#reading.delete(page);
      this.#pump();
    }
  }

  #take(page: number, generation: number, answer: ListView): void {
    if (this.#shownQuestion !== this.#question) {
      this.#shownQuestion = this.#question;
      this.#pages.clear();
      this.#readIn.clear();
    }
    this.#pages.set(page, answer.records);
    this.#readIn.set(page, generation);
    this.total = answer.total;
    this.live = answer.live;
    this.failure = null;
    this.ready = true;
    this.#trim();
  }

  #trim(): void {
    const middle = Math.floor((this.#first + this.#last) / 2 / PAGE);
    const byDistance = [...this.#pages.keys()].sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle));
    for (const [nth, page] of byDistance.entries()) {
      if (nth >= KEPT_PAGES || page * PAGE >= Math.max(1, this.total)) {
        this.#pages.delete(page);
        this.#readIn.delete(page);
      }
    }
  }
}
