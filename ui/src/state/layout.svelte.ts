// How much room there is, counted in text and not in pixels: larger text makes a window narrower.
import { appearance } from './appearance.svelte';

/** Below this, the detail pane covers the list. */
const COMPACT = 940;
/** Below this, the sidebar is a drawer. */
const NARROW = 760;

class Layout {
  #width = $state(window.innerWidth);
  drawerOpen = $state(false);
  readonly #room = $derived(this.#width / appearance.scale);
  readonly compact = $derived(this.#room < COMPACT);
  readonly narrow = $derived(this.#room < NARROW);

  start(): () => void {
    const measure = () => {
      this.#width = window.innerWidth;
    };
    measure();
    window.addEventListener('resize', measure);
    return () => window.removeEventListener('resize', measure);
  }
}

export const layout = new Layout();
