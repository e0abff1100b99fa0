// A real `tidemark-server` on a database of its own, with accounts that are made as one asks for them. Every account's
// password is its name; whoever shares a workspace shares its records.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, run, type Running, serve } from './programs';

/** An entity model, as CSDL JSON. */
export type Csdl = Record<string, unknown>;

export class Server {
  readonly url: string;
  readonly #dir: ReturnType<typeof folder>;
  #running: Running;

  private constructor(dir: ReturnType<typeof folder>, running: Running) {
    this.#dir = dir;
    this.#running = running;
    this.url = running.url;
  }

  /** Starts it with an entity model. */
  static async start(model: Csdl, more: readonly string[] = []): Promise<Server> {
    const dir = folder('server');
    return new Server(dir, await Server.#serve(dir.path, '127.0.0.1:0', model, more));
  }

  static #serve(dir: string, listen: string, model: Csdl, more: readonly string[] = []): Promise<Running> {
    writeFileSync(join(dir, 'model.json'), JSON.stringify(model));
    return serve('tidemark-server', ['serve', '--listen', listen, ...more, ...Server.#common(dir)]);
  }

  static #common(dir: string): string[] {
    return ['--database', `sqlite:${join(dir, 'server.db')}`, '--model', join(dir, 'model.json')];
  }

  async addUser(name: string, workspace: string): Promise<void> {
    const common = Server.#common(this.#dir.path);
    await run('tidemark-server', ['user', 'add', name, '--workspace', workspace, ...common], `${name}\n`);
  }

  /** Knows a laptop no more. */
  async revoke(token: string): Promise<void> {
    await run('tidemark-server', ['token', 'revoke', token, ...Server.#common(this.#dir.path)], '');
  }

  /** Starts it again on the same address and database, with another model. */
  async remodel(model: Csdl): Promise<void> {
    await this.#running.stop();
    this.#running = await Server.#serve(this.#dir.path, this.url.replace('http://', ''), model);
  }

  async stop(): Promise<void> {
    await this.#running.stop();
    this.#dir.remove();
  }
}
