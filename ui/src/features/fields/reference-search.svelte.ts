// The records that a reference field offers: found in the referenced set as somebody types.
import { host, idOf, textOf, toHostError } from '../../ipc';
import { session } from '../../state/session.svelte';

const SHOWN = 30;
const PAUSE_MS = 80;

export interface ReferenceOption {
  id: string;
  title: string;
}

export class ReferenceSearch {
  options = $state.raw<ReferenceOption[]>([]);
  failure = $state<string | null>(null);
  /** Whether an answer to the present words is still on its way. */
  busy = $state(false);
  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly set: string) {}

  /** Finds after a short pause, so that not every key is a question. */
  soon(words: string): void {
    this.busy = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.find(words), PAUSE_MS);
  }

  async find(words: string): Promise<void> {
    clearTimeout(this.#timer);
    const question = ++this.#asked;
    this.busy = true;
    try {
      const search = words.trim() === '' ? null : words.trim();
      const request = { set: this.set, filter: null, search, order_by: null, offset: 0, limit: SHOWN };
      const answer = await host.list(request);
      if (question !== this.#asked) return;
      const property = session.set(this.set)?.title_property ?? 'Id';
      this.options = answer.records.map((record) => ({ id: idOf(record), title: textOf(record, property) }));
      this.failure = null;
    } catch (cause) {
      if (question === this.#asked) this.failure = toHostError(cause).message;
    }
    if (question === this.#asked) this.busy = false;
  }
}
