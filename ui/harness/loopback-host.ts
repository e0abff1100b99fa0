// A real host for the harness: `tidemark-harness-host` asks a real `App` over the loopback. It knows no command; what it
// is asked for goes through, and what happens comes back as it is.
import type { Host } from './host';

export class LoopbackHost implements Host {
  readonly #url: string;
  readonly #events: EventSource;

  constructor(url: string) {
    this.#url = url.replace(/\/$/, '');
    this.#events = new EventSource(`${this.#url}/events`);
  }

  async invoke(command: string, args: Record<string, unknown>): Promise<unknown> {
    const answer = await fetch(`${this.#url}/command/${command}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(args),
    });
    // What went wrong before a command was reached is said in words, not as an ErrorView.
    const isJson = answer.headers.get('content-type')?.startsWith('application/json') ?? false;
    const said: unknown = isJson ? await answer.json() : await answer.text();
    if (!answer.ok) throw said;
    return said;
  }

  listen(event: string, hear: (payload: unknown) => void): () => void {
    const heard = (message: MessageEvent<string>) => hear(JSON.parse(message.data));
    this.#events.addEventListener(event, heard);
    return () => this.#events.removeEventListener(event, heard);
  }

  /** Hears nothing any more. */
  close(): void {
    this.#events.close();
  }
}
