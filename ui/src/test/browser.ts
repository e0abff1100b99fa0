// What a browser does by itself in front of a loopback host, and Node does not: it says which page asks, and it hears a
// stream of events (`EventSource`), as far as `harness/loopback-host.ts` needs it.
const asks = globalThis.fetch;

/** Says the page's origin to whoever is not the page's own. */
function fetchFromPage(input: string, init: RequestInit = {}): Promise<Response> {
  const headers = { ...(init.headers as Record<string, string>), origin: location.origin };
  return asks(input, { ...init, headers });
}

class PageEventSource extends EventTarget {
  readonly #stop = new AbortController();

  constructor(url: string) {
    super();
    void this.#hear(url).catch((cause: unknown) => {
      if (!this.#stop.signal.aborted) this.dispatchEvent(new ErrorEvent('error', { message: String(cause) }));
    });
  }

  close(): void {
    this.#stop.abort();
  }

  async #hear(url: string): Promise<void> {
    const answer = await fetchFromPage(url, { signal: this.#stop.signal });
    const decoder = new TextDecoder();
    let heard = '';
    for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
      const parts = (heard + decoder.decode(chunk, { stream: true })).split('\n\n');
      heard = parts.pop() ?? '';
      parts.forEach((part) => this.#tell(part));
    }
  }

  #tell(message: string): void {
    const field = (name: string) =>
      message
        .split('\n')
        .filter((line) => line.startsWith(`${name}:`))
        .map((line) => line.slice(name.length + 1).trimStart())
        .join('\n');
    const data = field('data');
    if (data !== '') this.dispatchEvent(new MessageEvent(field('event') || 'message', { data }));
  }
}

globalThis.fetch = fetchFromPage as typeof fetch;
globalThis.EventSource = PageEventSource as unknown as typeof EventSource;
