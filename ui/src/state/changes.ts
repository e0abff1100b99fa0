// Who wants to hear that records changed. The host's event is announced here once, for every part of the UI.
import type { RecordsChanged } from '../ipc';

type Watcher = (ids: readonly string[] | null) => void;

const watchers = new Map<string, Set<Watcher>>();

/** Calls `watcher` with the changed ids of `set` (null: too many to name); the returned function stops it. */
export function watchRecords(set: string, watcher: Watcher): () => void {
  const ofSet = watchers.get(set) ?? new Set();
  watchers.set(set, ofSet.add(watcher));
  return () => {
    ofSet.delete(watcher);
  };
}

export function announceRecords(change: RecordsChanged): void {
  for (const watcher of watchers.get(change.set) ?? []) watcher(change.ids);
}
