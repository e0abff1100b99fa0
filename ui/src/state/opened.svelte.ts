// The record that a detail pane shows: read once, then again exactly when it changes.
import { host, type RecordView } from '../ipc';
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
    else if (known !== undefined) this.draft = new Draft(this.set, known);
    else {
      this.draft = null;
      const record = await this.#read(id);
      if (record !== null) this.draft = new Draft(this.set, record);
    }
  }

  async #again(id: string): Promise<void> {
    const record = await this.#read(id);
    if (this.draft?.id !== id) return;
    this.gone = record === null;
    if (record !== null) this.draft.refreshed(record);
  }

  async #read(id: string): Promise<RecordView | null> {
    try {
      return await host.get(this.set, id);
    } catch {
      // Gone, or not readable now: what is open stays as it is, and the next change tries again.
      return null;
    }
  }
}
