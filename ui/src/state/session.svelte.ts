// Who is signed in, and the entity model that came with it.
import { host, type HostError, type PropertyView, type SessionView, type SetView, toHostError } from '../ipc';
import { Newest } from './newest';

class Session {
  view = $state.raw<SessionView | null>(null);
  sets = $state.raw<SetView[]>([]);
  /** Why the host could not even say who is signed in. */
  failure = $state.raw<HostError | null>(null);

  readonly signedIn = $derived(this.view?.signed_in === true);
  readonly readOnly = $derived(this.view?.read_only === true);
  readonly user = $derived(this.view?.user ?? '');

  readonly #newest = new Newest(
    async () => {
      const view = await host.session();
      return { view, sets: view.signed_in ? (await host.model()).sets : [] };
    },
    ({ view, sets }) => {
      this.sets = sets;
      this.view = view;
      this.failure = null;
    },
    (cause) => (this.failure = toHostError(cause)),
  );

  load(): Promise<void> {
    return this.#newest.read();
  }

  async signIn(server: string, name: string, password: string): Promise<void> {
    await host.signIn(server, name, password);
    await this.load();
  }

  async signOut(discard: boolean): Promise<void> {
    await host.signOut(discard);
    await this.load();
  }

  set(name: string): SetView | undefined {
    return this.sets.find((set) => set.name === name);
  }

  property(set: string, name: string): PropertyView | undefined {
    return this.set(set)?.properties.find((property) => property.name === name);
  }
}

export const session = new Session();
