// What only a person can decide: open conflicts, and changes that the server refuses.
import { type ConflictView, host, type ParkedView, type Resolution, type StatusView } from '../ipc';
import { coalesce } from './coalesce';

class Decisions {
  conflicts = $state.raw<ConflictView[]>([]);
  parked = $state.raw<ParkedView[]>([]);
  loaded = $state(false);
  readonly reload = coalesce(() => this.load());

  async load(): Promise<void> {
    const [conflicts, parked] = await Promise.all([host.conflicts(), host.parked()]);
    this.conflicts = conflicts;
    this.parked = parked;
    this.loaded = true;
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

  async resolve(conflict: string, resolution: Resolution): Promise<void> {
    await host.resolve(conflict, resolution);
    await this.load();
  }

  async retry(parked: ParkedView): Promise<void> {
    await host.retryParked(parked.entity_set, parked.record_id);
    await this.load();
  }

  async discard(parked: ParkedView): Promise<void> {
    await host.discardParked(parked.entity_set, parked.record_id);
    await this.load();
  }

  forget(): void {
    this.conflicts = [];
    this.parked = [];
    this.loaded = false;
  }
}

export const decisions = new Decisions();
