// Deleting, with a way back. The last deletion can be taken back from its toast or with Ctrl+Z.
import { host } from '../ipc';

/** A set of deletions that can be taken back together. */
export interface Removal {
  set: string;
  ids: readonly string[];
  undo: () => Promise<void>;
}

class Undo {
  last = $state.raw<Removal | null>(null);

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
