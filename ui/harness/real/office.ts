// The office: the same records through plain OData, as a script or a spreadsheet reads and writes them. Whatever the
// server refuses fails here with the server's words.
import type { RecordView } from '../../src/ipc/record';

/** How many records go in one `$batch`. */
const TOGETHER = 200;

export class Office {
  readonly name: string;
  readonly #root: string;
  readonly #headers: Record<string, string>;

  constructor(server: string, name: string) {
    this.name = name;
    this.#root = `${server}/odata`;
    this.#headers = { authorization: `Basic ${btoa(`${name}:${name}`)}`, 'content-type': 'application/json' };
  }

  async #ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const init = {
      method,
      headers: this.#headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    const answer = await fetch(`${this.#root}/${path}`, init);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  }

  /** Makes one record; the server gives it an Id where it has none. */
  async add(set: string, record: RecordView): Promise<RecordView> {
    return (await this.#ask('POST', set, record)) as RecordView;
  }

  /** Makes many records. */
  async fill(set: string, records: readonly RecordView[]): Promise<void> {
    for (let first = 0; first < records.length; first += TOGETHER) {
      const requests = records.slice(first, first + TOGETHER).map((body, n) => ({
        id: String(n),
        method: 'POST',
        url: set,
        headers: { 'content-type': 'application/json', prefer: 'return=minimal' },
        body,
      }));
      const { responses } = (await this.#ask('POST', '$batch', { requests })) as {
        responses: { status: number }[];
      };
      const refused = responses.find((one) => one.status >= 300);
      if (refused !== undefined) throw new Error(`${set}: ${JSON.stringify(refused)}`);
    }
  }

  async edit(set: string, id: string, changes: RecordView): Promise<void> {
    await this.#ask('PATCH', `${set}(${id})`, changes);
  }

  async remove(set: string, id: string): Promise<void> {
    await this.#ask('DELETE', `${set}(${id})`);
  }

  async get(set: string, id: string): Promise<RecordView> {
    return (await this.#ask('GET', `${set}(${id})`)) as RecordView;
  }

  /** The records of a set, as many as one page holds. */
  async list(set: string): Promise<RecordView[]> {
    return ((await this.#ask('GET', set)) as { value: RecordView[] }).value;
  }
}
