// Opens the whole UI over a real host: the tests touch what a person touches, and see what a server has at the end.
import { render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { expect } from 'vitest';
import App from '../App.svelte';
import { asked } from '../state/asked.svelte';
import { navigation, type Route } from '../state/navigation.svelte';
import { aWorld, type Wish, type World } from './world';

export interface Opening extends Wish {
  /** Where the UI opens; the list of all tasks where not said. */
  route?: Route;
  /** What happens before it opens. */
  before?: (world: World) => Promise<void> | void;
}

/** Renders the app at its route, and waits until its first screen is there. */
export async function openApp({ route, before, ...wish }: Opening = {}) {
  const world = await aWorld(wish);
  await before?.(world);
  navigation.wish = null;
  asked.close();
  navigation.go(route ?? { screen: 'tasks', view: 'all', listId: null });
  render(App);
  await waitFor(() => expect(document.querySelector('[data-screen]')).not.toBeNull());
  return { ...world, user: userEvent.setup({ pointerEventsCheck: 0 }) };
}

export type Opened = Awaited<ReturnType<typeof openApp>>;

export const byId = (id: string) => screen.getByTestId(id);
export const allById = (id: string) => screen.queryAllByTestId(id);
export const findById = (id: string) => screen.findByTestId(id);

export function valueOf(id: string): string {
  return (byId(id) as HTMLInputElement | HTMLTextAreaElement).value;
}
