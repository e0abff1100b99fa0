// Deleting and deciding, with a way back: the last of either can be taken back from its toast or with Ctrl+Z.
import { host } from '../ipc';

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

  /** Deletes records and remembers how to bring them back; stops at the first one the host refuses. */
  async remove(set: string, ids: readonly string[]): Promise<Removal> {
    const gone: string[] = [];
    const removal: Removal = { set, ids: gone, undo: () => this.#restore(removal) };
    this.last = removal;
    for (const id of ids) {
      await host.remove(set, id);
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
