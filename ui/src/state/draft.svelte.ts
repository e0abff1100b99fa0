// A record while somebody edits it: what is stored, and what is typed and not yet stored.
//
// A newer version of the record from the background replaces what is stored; what is typed stays typed. An edit that the
// host refuses stays typed too, with the reason beside it: nothing a person wrote is thrown away.
import { host, type HostError, idOf, type RecordView, toHostError } from '../ipc';

const PAUSE_MS = 700;

export type DraftState = 'clean' | 'typing' | 'saving' | 'saved' | 'failed';

export class Draft {
  stored = $state.raw<RecordView>({});
  state = $state<DraftState>('clean');
  failure = $state.raw<HostError | null>(null);
  readonly id: string;
  #typed = $state.raw<RecordView>({});
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(
    readonly set: string,
    record: RecordView,
  ) {
    this.stored = record;
    this.id = idOf(record);
  }

  value(property: string): unknown {
    return property in this.#typed ? this.#typed[property] : this.stored[property];
  }

  text(property: string): string {
    const value = this.value(property);
    return value === null || value === undefined ? '' : String(value);
  }

  /** Notes what is being typed; it is stored at a pause, on Enter and when the field is left. */
  type(property: string, value: unknown): void {
    this.#typed = { ...this.#typed, [property]: value };
    this.state = 'typing';
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.commit(), PAUSE_MS);
  }

  /** Stores a choice at once. */
  put(property: string, value: unknown): Promise<void> {
    this.type(property, value);
    return this.commit();
  }

  /** Stores what is typed. Edits reach the host in the order they were made. */
  commit(): Promise<void> {
    clearTimeout(this.#timer);
    this.#last = this.#last.then(() => this.#store());
    return this.#last;
  }

  /** Takes a newer version of the record from the background. */
  refreshed(record: RecordView): void {
    this.stored = record;
  }

  errorFor(property: string): string | null {
    return this.failure?.property === property ? this.failure.message : null;
  }

  async #store(): Promise<void> {
    const sent = Object.fromEntries(
      Object.entries(this.#typed).filter(([property, value]) => value !== (this.stored[property] ?? null)),
    );
    if (Object.keys(sent).length === 0) {
      this.#settle(this.#typed);
      this.failure = null;
      if (this.state === 'typing' || this.state === 'failed') this.state = 'clean';
      return;
    }
    this.state = 'saving';
    try {
      this.stored = await host.edit(this.set, this.id, sent);
      this.#settle(sent);
      this.failure = null;
      this.state = Object.keys(this.#typed).length === 0 ? 'saved' : 'typing';
    } catch (cause) {
      this.failure = toHostError(cause);
      this.state = 'failed';
    }
  }

  /** Forgets what was typed and is stored now, unless it was typed anew meanwhile. */
  #settle(sent: RecordView): void {
    this.#typed = Object.fromEntries(
      Object.entries(this.#typed).filter(
        ([property, value]) => !(property in sent) || sent[property] !== value,
      ),
    );
  }
}
