// What a browser has and jsdom has not: sizes. Every scroller is 600 pixels high, every row of a list 68.
import { cleanup, configure } from '@testing-library/svelte';
import { afterAll, afterEach } from 'vitest';
import './browser';
import { endServer, endWorlds } from './world';

const VIEW_PX = 600;
const ROW_PX = 68;

class SteadyResizeObserver {
  readonly #tell: ResizeObserverCallback;

  constructor(tell: ResizeObserverCallback) {
    this.#tell = tell;
  }

  observe(target: Element): void {
    const height = target.querySelector(':scope > [role=row]') === null ? VIEW_PX : ROW_PX;
    const entry = { target, contentRect: { width: 800, height } } as unknown as ResizeObserverEntry;
    queueMicrotask(() => this.#tell([entry], this as unknown as ResizeObserver));
  }

  unobserve(): void {}
  disconnect(): void {}
}

globalThis.ResizeObserver = SteadyResizeObserver as unknown as typeof ResizeObserver;
Object.defineProperty(HTMLElement.prototype, 'offsetParent', {
  get(this: HTMLElement) {
    return this.parentElement;
  },
});
globalThis.matchMedia ??= ((query: string) => ({
  matches: false,
  media: query,
  addEventListener: () => {},
  removeEventListener: () => {},
})) as unknown as typeof matchMedia;
// user-event looks for the radios of a group by an escaped name; the names here have nothing to escape.
(globalThis as { CSS?: unknown }).CSS ??= { escape: (name: string) => name };
Element.prototype.scrollIntoView ??= () => {};
Element.prototype.scrollTo ??= (() => {}) as typeof Element.prototype.scrollTo;
Element.prototype.hasPointerCapture ??= () => false;
Element.prototype.setPointerCapture ??= () => {};
Element.prototype.animate ??= (() => ({ cancel: () => {}, finished: Promise.resolve() })) as never;

// A failure names what was looked for, not the whole page.
configure({
  asyncUtilTimeout: 10_000,
  getElementError: (message) => new Error(message ?? 'not found'),
});

afterEach(async () => {
  cleanup();
  await endWorlds();
  localStorage.clear();
  document.body.innerHTML = '';
});
afterAll(endServer);
