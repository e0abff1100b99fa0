// What a reference is called. Rows show the title of what they point at; the ids that are in view are asked for together.
import { untrack } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import { host, idOf, textOf } from '../ipc';
import { watchRecords } from './changes';
import { coalesce } from './coalesce';
import { session } from './session.svelte';

const AT_ONCE = 50;
const KEPT = 2000;

class TitlesOfSet {
  readonly #titles = new SvelteMap<string, string | null>();
  readonly #wanted = new Set<string>();
  readonly #read = coalesce(() => this.#readWanted(), 0, 0);

  constructor(readonly set: string) {
    watchRecords(set, (ids) => this.#changed(ids));
  }

  title(id: string): string | null | undefined {
    const known = this.#titles.get(id);
    if (known === undefined && !this.#wanted.has(id)) {
      this.#wanted.add(id);
      this.#read();
    }
    return known;
  }

  learn(id: string, title: string): void {
    this.#titles.set(id, title);
  }

  /** The old title stays in view until the new one is here. */
  #changed(ids: readonly string[] | null): void {
    const stale = ids ?? [...this.#titles.keys()].slice(-AT_ONCE);
    if (ids === null) for (const id of [...this.#titles.keys()].slice(0, -AT_ONCE)) this.#titles.delete(id);
    for (const id of stale) if (this.#titles.has(id)) this.#wanted.add(id);
    if (this.#wanted.size > 0) this.#read();
  }

  async #readWanted(): Promise<void> {
    const ids = [...this.#wanted].slice(0, AT_ONCE);
    const property = session.set(this.set)?.title_property;
    if (ids.length === 0 || property === undefined) return;
    const found = new Map<string, string>();
    try {
      const filter = `Id in (${ids.join(',')})`;
      const request = { set: this.set, filter, search: null, order_by: null, offset: 0, limit: ids.length };
      for (const record of (await host.list(request)).records) {
        found.set(idOf(record), textOf(record, property));
      }
    } catch {
      // Not kept offline and no network: the row says so instead of a name.
    }
    for (const id of ids) {
      this.#wanted.delete(id);
      this.#titles.set(id, found.get(id) ?? null);
    }
    for (const id of [...this.#titles.keys()].slice(0, Math.max(0, this.#titles.size - KEPT))) {
      this.#titles.delete(id);
    }
    if (this.#wanted.size > 0) this.#read();
  }
}

const sets = new Map<string, TitlesOfSet>();

function ofSet(set: string): TitlesOfSet {
  // Made outside the effect that asks first: Svelte does not track what an effect makes for itself.
  const known = sets.get(set) ?? untrack(() => new TitlesOfSet(set));
  sets.set(set, known);
  return known;
}

/** The title of a record: undefined while it is being read, null where it cannot be read. */
export function titleOf(set: string, id: string): string | null | undefined {
  return ofSet(set).title(id);
}

/** Notes a title that is known already, so that it is not asked for. */
export function learnTitle(set: string, id: string, title: string): void {
  ofSet(set).learn(id, title);
}

/** Forgets every title: another account signed in. */
export function forgetTitles(): void {
  sets.clear();
}
