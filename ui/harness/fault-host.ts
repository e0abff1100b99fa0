// A host in front of a real one, for what the real one cannot be made to do when a test or a picture wants it: a command
// that fails as a broken disk makes it fail, an answer that takes its time, a state that takes days (a stale status), an
// event of a window (`close-requested`). It remembers what was asked. It knows no record and no rule: what nobody scripted
// goes to the host behind it, and without one is refused.
import type { ErrorView } from '../src/ipc/bindings';
import type { Commands } from '../src/ipc/commands';
import type { Host } from './host';

export type Args = Record<string, unknown>;
type Answer<Name extends keyof Commands> = (
  asked: Commands[Name]['asks'],
) => Commands[Name]['answers'] | Promise<Commands[Name]['answers']>;

export class FaultHost implements Host {
  readonly calls: { command: string; args: Args }[] = [];
  /** Makes the next call of a command fail. */
  readonly failing = new Map<string, ErrorView>();
  readonly #behind: Host | null;
  readonly #scripts = new Map<string, (asked: never) => unknown>();
  readonly #hearers = new Map<string, Set<(payload: unknown) => void>>();
  readonly #running = new Set<Promise<unknown>>();
  readonly #held = new Set<() => void>();

  constructor(behind: Host | null = null) {
    this.#behind = behind;
  }

  invoke(command: string, args: Args): Promise<unknown> {
    this.calls.push({ command, args });
    const running = this.#answer(command, args);
    this.#running.add(running);
    const ended = () => this.#running.delete(running);
    running.then(ended, ended);
    return running;
  }

  /** Frees what is held, and waits until every call has its answer. */
  async settled(): Promise<void> {
    for (const free of this.#held) free();
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  async #answer(command: string, args: Args): Promise<unknown> {
    const failure = this.failing.get(command);
    if (this.failing.delete(command)) throw failure;
    const script = this.#scripts.get(command) as ((asked: Args) => unknown) | undefined;
    if (script === undefined) return this.#past(command, args);
    // What crosses the boundary is JSON: nobody shares an object with the host.
    const answer = await script(args);
    return answer === undefined ? undefined : JSON.parse(JSON.stringify(answer));
  }

  listen(event: string, hear: (payload: unknown) => void): () => void {
    const hearers = this.#hearers.get(event) ?? new Set();
    this.#hearers.set(event, hearers.add(hear));
    const stop = this.#behind?.listen(event, hear);
    return () => {
      hearers.delete(hear);
      stop?.();
    };
  }

  /** Answers a command from here on. */
  says<Name extends keyof Commands>(command: Name, answer: Answer<Name>): void {
    this.#scripts.set(command, answer as (asked: never) => unknown);
  }

  /** Leaves a command to the host behind again. */
  leave(command: keyof Commands): void {
    this.#scripts.delete(command);
  }

  /** Keeps the calls of a command waiting until the returned function is called. */
  hold(command: keyof Commands): () => void {
    let go = () => {};
    const freed = new Promise<void>((done) => (go = done));
    this.#scripts.set(command, (async (asked: Args) => {
      await freed;
      return this.#past(command, asked);
    }) as (asked: never) => unknown);
    const free = () => {
      this.#scripts.delete(command);
      this.#held.delete(free);
      go();
    };
    this.#held.add(free);
    return free;
  }

  /** Asks the host behind, whatever is scripted. */
  real<Name extends keyof Commands>(
    command: Name,
    asked: Commands[Name]['asks'],
  ): Promise<Commands[Name]['answers']> {
    return this.#past(command, asked as Args) as Promise<Commands[Name]['answers']>;
  }

  async #past(command: string, args: Args): Promise<unknown> {
    if (this.#behind === null) throw new Error(`nothing was scripted for ${command}`);
    return this.#behind.invoke(command, args);
  }

  emit(event: string, payload: unknown = null): void {
    for (const hear of this.#hearers.get(event) ?? []) hear(JSON.parse(JSON.stringify(payload)));
  }

  called(command: keyof Commands): Args[] {
    return this.calls.filter((call) => call.command === command).map((call) => call.args);
  }
}

export function fault(code: string, message: string, property: string | null = null): ErrorView {
  return { code, message, property };
}
