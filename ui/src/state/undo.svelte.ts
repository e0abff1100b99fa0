// Deleting and deciding, with a way back: the last of either can be taken back from its toast or with Ctrl+Z.
import { host, type RecordView } from '../ipc';

/** Something that can be taken back. */
export interface Undoable {
  undo: () => Promise<void>;
}

/** A set of deletions that can be taken back together. */
export interface Removal extends Undoable {
  set: string;
  ids: readonly string[];
}

class Undo {
  last = $state.raw<Undoable | null>(null);

  /**
   * Deletes records as they were shown and remembers how to bring them back; stops at the first one the host refuses.
   */
  async remove(
    set: string,
    ids: readonly string[],
    shown: (id: string) => RecordView | undefined,
  ): Promise<Removal> {
    const gone: string[] = [];
    const removal: Removal = { set, ids: gone, undo: () => this.#restore(removal) };
    this.last = removal;
    // What is on the screen now, not what it will have become when the turn of the last one comes.
    const records = ids.map((id) => [id, shown(id) ?? null] as const);
    for (const [id, record] of records) {
      await host.remove(set, id, record);
      gone.push(id);
    }
    return removal;
  }

  async #restore(removal: Removal): Promise<void> {
    if (this.last === removal) this.last = null;
    for (const id of removal.ids) await host.undoRemove(removal.set, id);
  }
}

export const undo = new Undo();
