// A record while somebody edits it: what is stored, and what is typed and not yet stored.
//
// A newer version of the record from the background replaces what is stored; what is typed stays typed, and goes to the
// host with what stood on the screen when the typing began: an edit never rests on a version that nobody has seen. An edit
// that the host refuses stays typed too, with the reason beside it: nothing a person wrote is thrown away.
import { host, type HostError, idOf, type RecordView, shownOf, toHostError } from '../ipc';

const PAUSE_MS = 700;
/** How long what is typed waits for an answer to what somebody else made of it; then it is stored, and asked about. */
const ANSWER_MS = 10_000;

export type DraftState = 'clean' | 'typing' | 'saving' | 'saved' | 'failed';

export class Draft {
  stored = $state.raw<RecordView>({});
  state = $state<DraftState>('clean');
  failure = $state.raw<HostError | null>(null);
  readonly id: string;
  #typed = $state.raw<RecordView>({});
  /** The version that was shown when each property began to be typed into. */
  #bases = $state.raw<Record<string, RecordView>>({});
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Runs from when an answer was first waited for, however much is typed since. */
  #answer: ReturnType<typeof setTimeout> | undefined;
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

  /** Notes what is being typed; it is stored at a pause, on Enter and when the field is left (`rest`). */
  type(property: string, value: unknown): void {
    if (!(property in this.#typed)) this.#bases = { ...this.#bases, [property]: this.stored };
    this.#typed = { ...this.#typed, [property]: value };
    this.state = 'typing';
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.rest(), PAUSE_MS);
  }

  /** Stores a choice at once. */
  put(property: string, value: unknown): Promise<void> {
    this.type(property, value);
    return this.commit();
  }

  /** Stores what is typed, unless somebody else changed it meanwhile: whoever types may say first which stands. */
  rest(): Promise<void> {
    if (this.moved.length === 0 || this.state !== 'typing') return this.commit();
    clearTimeout(this.#timer);
    this.#answer ??= setTimeout(() => void this.commit(), ANSWER_MS);
    return Promise.resolve();
  }

  /** Stores what is typed. Edits reach the host in the order they were made. */
  commit(): Promise<void> {
    clearTimeout(this.#timer);
    clearTimeout(this.#answer);
    this.#answer = undefined;
    this.#last = this.#last.then(() => this.#store());
    return this.#last;
  }

  /** Takes a newer version of the record from the background. */
  refreshed(record: RecordView): void {
    this.stored = record;
  }

  /** Properties that somebody else changed while they were being typed into. */
  get moved(): string[] {
    if (this.state === 'saving') return [];
    return Object.entries(this.#bases)
      .filter(([property, base]) => {
        const now = this.stored[property] ?? null;
        return now !== (base[property] ?? null) && now !== this.#typed[property];
      })
      .map(([property]) => property);
  }

  /** What is typed is meant to stand on the version that is shown now. */
  keepMine(): Promise<void> {
    this.#bases = Object.fromEntries(Object.keys(this.#typed).map((property) => [property, this.stored]));
    return this.commit();
  }

  /** Gives up what was typed where somebody else changed it. */
  takeTheirs(): Promise<void> {
    const moved = this.moved;
    this.#keep((property) => !moved.includes(property));
    return this.commit();
  }

  errorFor(property: string): string | null {
    return this.failure?.property === property ? this.failure.message : null;
  }

  async #store(): Promise<void> {
    // What was typed back to what was shown, or is there by now, is no edit.
    this.#keep((property) => this.#isEdit(property));
    const sent = this.#typed;
    if (Object.keys(sent).length === 0) {
      this.failure = null;
      if (this.state === 'typing' || this.state === 'failed') this.state = 'clean';
      return;
    }
    this.state = 'saving';
    try {
      this.stored = await host.edit(this.set, this.id, sent, shownOf(this.#bases, Object.keys(sent)));
      this.#settle(sent);
      this.failure = null;
      this.state = Object.keys(this.#typed).length === 0 ? 'saved' : 'typing';
    } catch (cause) {
      this.failure = toHostError(cause);
      this.state = 'failed';
      if (this.failure.code === 'changed_meanwhile') await this.#look();
    }
  }

  /** Shows the newer version beside what was typed. */
  async #look(): Promise<void> {
    try {
      this.refreshed(await host.get(this.set, this.id));
    } catch {
      // It cannot be read now, or is gone: whoever opened the record hears of it.
    }
  }

  #isEdit(property: string): boolean {
    const value = this.#typed[property];
    const base = this.#bases[property] ?? this.stored;
    return value !== (base[property] ?? null) && value !== (this.stored[property] ?? null);
  }

  /** Forgets what was typed and is stored now, unless it was typed anew meanwhile: that is typed over what was stored. */
  #settle(sent: RecordView): void {
    this.#keep((property) => !(property in sent) || sent[property] !== this.#typed[property]);
    const anew = Object.keys(this.#bases).filter((property) => property in sent);
    this.#bases = { ...this.#bases, ...Object.fromEntries(anew.map((property) => [property, this.stored])) };
  }

  #keep(stays: (property: string) => boolean): void {
    const kept = <T>(all: Record<string, T>) =>
      Object.fromEntries(Object.entries(all).filter(([property]) => stays(property)));
    // Both by what is typed now: one after the other would judge the second by the first.
    const [typed, bases] = [kept(this.#typed), kept(this.#bases)];
    this.#typed = typed;
    this.#bases = bases;
  }
}
