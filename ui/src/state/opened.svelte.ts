// The record that a detail pane shows: read once, then again exactly when it changes.
import { host, isDeleted, type RecordView, toHostError } from '../ipc';
import { watchRecords } from './changes';
import { Draft } from './draft.svelte';

export class Opened {
  draft = $state.raw<Draft | null>(null);
  /** Whether the record disappeared while it was open. */
  gone = $state(false);
  #stop: (() => void) | undefined;

  constructor(readonly set: string) {}

  /** Starts hearing changes; the returned function stops it and stores what is typed. */
  start(): () => void {
    this.#stop = watchRecords(this.set, (ids) => {
      const id = this.draft?.id;
      if (id !== undefined && (ids === null || ids.includes(id))) void this.#again(id);
    });
    return () => {
      this.#stop?.();
      void this.draft?.commit();
    };
  }

  /** Shows another record; `known` is what the list has of it. What was typed into the last one is stored first. */
  async show(id: string | null, known?: RecordView): Promise<void> {
    if (this.draft?.id === id) return;
    void this.draft?.commit();
    this.gone = false;
    if (id === null) this.draft = null;
    else if (known !== undefined) this.#open(known);
    else {
      this.draft = null;
      const record = await this.#read(id);
      if (typeof record === 'object') this.#open(record);
    }
  }

  #open(record: RecordView): void {
    this.draft = new Draft(this.set, record);
    this.gone = isDeleted(record);
  }

  async #again(id: string): Promise<void> {
    const record = await this.#read(id);
    if (this.draft?.id !== id || record === 'unknown') return;
    this.gone = record === 'gone' || isDeleted(record);
    if (record !== 'gone') this.draft.refreshed(record);
  }

  /** A record that cannot be read now is not one that is gone: what is open stays, and the next change tries again. */
  async #read(id: string): Promise<RecordView | 'gone' | 'unknown'> {
    try {
      return await host.get(this.set, id);
    } catch (cause) {
      return toHostError(cause).code === 'not_found' ? 'gone' : 'unknown';
    }
  }
}
