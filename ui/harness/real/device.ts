// A laptop: a real `App` in `tidemark-harness-host` on a data dir of its own, behind a cable to the server. What a person
// would do on it is asked through the table of commands, as the UI asks.
import type { Commands } from '../../src/ipc/commands';
import type { RecordView } from '../../src/ipc/record';
import { Cable } from './cable';
import { folder, type Running, serve } from './programs';

export interface DeviceOptions {
  /** The page that is answered. */
  origin: string;
  /** A server that offers the demo. */
  demoServer?: string;
}

export class Device {
  readonly cable: Cable;
  /** Where a page finds it. */
  readonly url: string;
  readonly #origin: string;
  readonly #running: Running;
  readonly #dir: ReturnType<typeof folder>;

  private constructor(cable: Cable, running: Running, dir: ReturnType<typeof folder>, origin: string) {
    this.cable = cable;
    this.#running = running;
    this.#dir = dir;
    this.url = running.url;
    this.#origin = origin;
  }

  /** Starts it; it is signed in nowhere. */
  static async start(server: string, { origin, demoServer }: DeviceOptions): Promise<Device> {
    const dir = folder('device');
    const demo = demoServer === undefined ? [] : ['--demo-server', demoServer];
    const args = ['--data-dir', dir.path, '--origin', origin, ...demo];
    const [cable, running] = await Promise.all([Cable.to(server), serve('tidemark-harness-host', args)]);
    return new Device(cable, running, dir, origin);
  }

  /** Asks the host past the UI; a refusal is thrown as the host said it. */
  async ask<Name extends keyof Commands>(
    command: Name,
    asked: Commands[Name]['asks'],
  ): Promise<Commands[Name]['answers']> {
    const headers = { 'content-type': 'application/json', origin: this.#origin };
    const init = { method: 'POST', headers, body: JSON.stringify(asked) };
    const answer = await fetch(`${this.url}/command/${command}`, init);
    const said: unknown = await answer.json();
    if (!answer.ok) throw said;
    return said as Commands[Name]['answers'];
  }

  /** Signs in through the cable, keeps the sets offline and fetches them. */
  async signIn(name: string, sets: readonly string[]): Promise<void> {
    await this.ask('sign_in', { server: this.cable.url, name, password: name });
    for (const set of sets) await this.ask('entity_on', { set });
    await this.ask('sync_now', {});
  }

  get(set: string, id: string): Promise<RecordView> {
    return this.ask('get', { set, id });
  }

  /** Edits a record as it stands here. */
  async edit(set: string, id: string, changes: RecordView): Promise<RecordView> {
    return this.ask('edit', { set, id, changes, shown: await this.get(set, id) });
  }

  async remove(set: string, id: string): Promise<void> {
    await this.ask('remove', { set, id, shown: await this.get(set, id) });
  }

  async stop(): Promise<void> {
    this.cable.close();
    await this.#running.stop();
    this.#dir.remove();
  }
}
