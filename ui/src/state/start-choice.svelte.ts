// Whether the question "what should be on this laptop?" is open: once per account, right after its first sign-in, and
// only while nothing is kept offline yet.
import { entities } from './entities.svelte';
import { session } from './session.svelte';

const KEY = 'tidemark.asked';

class StartChoice {
  /** The account that was asked and answered, remembered on this device. */
  #asked = $state(localStorage.getItem(KEY));
  /** The account that is being asked; the question stays open when its first set arrives. */
  #asking = $state<string | null>(null);
  readonly #account = $derived(`${session.view?.server ?? ''} ${session.user}`);
  readonly open = $derived(session.signedIn && this.#asking === this.#account);

  /** Opens the question if it has to be asked; call it when the account's entity sets are known. */
  consider(): void {
    if (session.signedIn && !session.readOnly && entities.none && entities.rows.length > 0) {
      if (this.#asked !== this.#account) this.#asking = this.#account;
    }
  }

  done(): void {
    this.#asked = this.#account;
    this.#asking = null;
    localStorage.setItem(KEY, this.#account);
  }
}

export const startChoice = new StartChoice();
