// What the screen in view can do when a key is pressed or the palette is asked. The screen says so while it is mounted.

export interface ScreenActions {
  /** Begins a new record. */
  create?: () => void;
  search?: () => void;
  move?: (step: number) => void;
  /** Goes into the record under the cursor. */
  enter?: () => void;
  done?: () => void;
  remove?: () => void;
  /** Takes the focus back from a field. */
  leave?: () => void;
  /** Steps back: selection, detail. True when there was something to step back from. */
  escape?: () => boolean;
}

class Screen {
  actions = $state.raw<ScreenActions>({});
  #wish: keyof ScreenActions | null = null;

  /** Called by a screen when it is mounted; the returned function takes its actions away again. */
  offer(actions: ScreenActions): () => void {
    this.actions = actions;
    const wish = this.#wish;
    this.#wish = null;
    if (wish === 'create' || wish === 'search') queueMicrotask(() => actions[wish]?.());
    return () => {
      if (this.actions === actions) this.actions = {};
    };
  }

  /** Asks the next screen to do something as soon as it is there. */
  next(wish: 'create' | 'search'): void {
    this.#wish = wish;
  }
}

export const screen = new Screen();
