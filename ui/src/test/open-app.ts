// Opens the whole UI over a fake host: the tests touch what a person touches.
import { render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { expect } from 'vitest';
import { FakeHost, type FakeOptions } from '../../harness/fake-host';
import { useHost } from '../../harness/host';
import App from '../App.svelte';
import { asked } from '../state/asked.svelte';
import { navigation, type Route } from '../state/navigation.svelte';

/** Renders the app, signed in and at `route`, and waits until its first screen is there. */
export async function openApp(options: FakeOptions = {}, route?: Route, prepare?: (host: FakeHost) => void) {
  const host = useHost(new FakeHost({ syncMs: null, ...options }));
  prepare?.(host);
  navigation.wish = null;
  asked.close();
  navigation.go(route ?? { screen: 'tasks', view: 'all', listId: null });
  render(App);
  await waitFor(() => expect(document.querySelector('[data-screen]')).not.toBeNull());
  return { host, user: userEvent.setup({ pointerEventsCheck: 0 }) };
}

export const byId = (id: string) => screen.getByTestId(id);
export const allById = (id: string) => screen.queryAllByTestId(id);
export const findById = (id: string) => screen.findByTestId(id);

export function valueOf(id: string): string {
  return (byId(id) as HTMLInputElement | HTMLTextAreaElement).value;
}
