// What is kept offline: the rows of Offline Sync Settings, and the answer to "is this set here?".
import { type EntityView, host, type HostError, toHostError, type UnsentChoice } from '../ipc';
import { coalesce } from './coalesce';
import { Newest } from './newest';

class Entities {
  rows = $state.raw<EntityView[]>([]);
  loaded = $state(false);
  failure = $state.raw<HostError | null>(null);
  readonly bytes = $derived(this.rows.reduce((sum, row) => sum + row.bytes, 0));
  readonly none = $derived(this.loaded && this.rows.every((row) => !row.offline));
  /** Reads the rows again soon, however often it is called. */
  readonly reload = coalesce(() => this.load());

  readonly #newest = new Newest(
    () => host.entities(),
    (rows) => {
      this.rows = rows;
      this.loaded = true;
      this.failure = null;
    },
    (cause) => (this.failure = toHostError(cause)),
  );

  /** Reads the rows. */
  load(): Promise<void> {
    return this.#newest.read();
  }

  find(name: string): EntityView | undefined {
    return this.rows.find((row) => row.name === name);
  }

  isOffline(name: string): boolean {
    return this.find(name)?.offline === true;
  }

  async keep(name: string): Promise<void> {
    await host.entityOn(name);
    await this.load();
  }

  async drop(name: string, unsent: UnsentChoice): Promise<void> {
    await host.entityOff(name, unsent);
    await this.load();
  }

  async setPolicy(name: string, policy: string): Promise<void> {
    await host.setPolicy(name, policy);
    await this.load();
  }

  async setPaused(name: string, paused: boolean): Promise<void> {
    await (paused ? host.pause(name) : host.resume(name));
    await this.load();
  }

  /** Asks the server how many records it has; offline it has no answer, and the old figure stands. */
  async askServer(): Promise<void> {
    try {
      await host.refreshServerCounts();
      await this.load();
    } catch {
      // The row says "not known" where there is no figure.
    }
  }

  forget(): void {
    this.#newest.forget();
    this.rows = [];
    this.loaded = false;
  }
}

export const entities = new Entities();
