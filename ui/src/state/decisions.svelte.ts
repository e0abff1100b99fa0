// What only a person can decide: open conflicts, and changes that the server refuses.
import { type ConflictView, host, type ParkedView, type StatusView } from '../ipc';
import { coalesce } from './coalesce';
import { Newest } from './newest';

class Decisions {
  conflicts = $state.raw<ConflictView[]>([]);
  parked = $state.raw<ParkedView[]>([]);
  loaded = $state(false);
  readonly reload = coalesce(() => this.load());

  readonly #newest = new Newest(
    () => Promise.all([host.conflicts(), host.parked()]),
    ([conflicts, parked]) => {
      this.conflicts = conflicts;
      this.parked = parked;
      this.loaded = true;
    },
  );

  /** Reads both lists. */
  load(): Promise<void> {
    return this.#newest.read();
  }

  /** Reads again when the status line counts other ones than are shown. */
  heard(status: StatusView): void {
    if (status.conflicts !== this.conflicts.length || status.parked !== this.parked.length) this.reload();
  }

  /** Reads again when a record that is asked about changed. */
  changed(set: string): void {
    const asked = (one: { entity_set: string }) => one.entity_set === set;
    if (this.conflicts.some(asked) || this.parked.some(asked)) this.reload();
  }

  /** The open question about a record; there is one at most. */
  of(set: string, id: string): ConflictView | undefined {
    return this.conflicts.find((one) => one.entity_set === set && one.record_id === id);
  }

  async retry(parked: ParkedView): Promise<void> {
    await host.retryParked(parked.entity_set, parked.record_id);
    await this.load();
  }

  /** Sends a parked change without the values that the model has no place for. */
  async sendRest(parked: ParkedView): Promise<void> {
    await host.sendRestOfParked(parked.entity_set, parked.record_id);
    await this.load();
  }

  async discard(parked: ParkedView): Promise<void> {
    await host.discardParked(parked.entity_set, parked.record_id);
    await this.load();
  }

  forget(): void {
    this.#newest.forget();
    this.conflicts = [];
    this.parked = [];
    this.loaded = false;
  }
}

export const decisions = new Decisions();
