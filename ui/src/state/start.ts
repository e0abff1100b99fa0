// Wires the host's events to the state that each of them names. No reload, nothing else is read.
import { on, type HostEvents } from '../ipc';
import { asked } from './asked.svelte';
import { announceRecords } from './changes';
import { clock } from './clock.svelte';
import { decisions } from './decisions.svelte';
import { entities } from './entities.svelte';
import { layout } from './layout.svelte';
import { session } from './session.svelte';
import { startChoice } from './start-choice.svelte';
import { status } from './status.svelte';
import { tasks } from './tasks.svelte';
import { forgetTitles } from './titles.svelte';

function heardStatus(view: HostEvents['status-changed']): void {
  const before = status.view;
  status.heard(view);
  decisions.heard(view);
  // What waits, per set, follows the count of all.
  if (before.pending !== view.pending || before.last_sync !== view.last_sync) {
    if (entities.loaded) entities.reload();
    tasks.recount();
  }
}

/** Reads everything that belongs to the account that is signed in, or forgets it. */
export async function loadAccount(): Promise<void> {
  await status.load();
  if (session.signedIn) {
    // The numbers of the sidebar may have to come from the server: nobody waits for them.
    void tasks.count();
    await Promise.all([entities.load(), decisions.load()]);
    startChoice.consider();
  } else {
    entities.forget();
    tasks.forget();
    decisions.forget();
    forgetTitles();
    asked.close();
  }
}

/** Starts hearing the host; the returned function stops it. */
export function start(): () => void {
  const stops = [
    clock.start(),
    layout.start(),
    tasks.start(),
    on('records-changed', (change) => {
      announceRecords(change);
      decisions.changed(change.set);
      if (entities.loaded) entities.reload();
    }),
    on('status-changed', heardStatus),
    on('entities-changed', () => {
      entities.reload();
      tasks.recount();
    }),
    on('session-changed', () => void session.load().then(loadAccount)),
  ];
  return () => stops.forEach((stop) => stop());
}
