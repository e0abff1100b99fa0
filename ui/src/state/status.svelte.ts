// The status line and what hangs on it. Every figure comes from the host (promise 9).
import { host, type StatusView, type SyncView } from '../ipc';
import { statusWords } from '../strings/status';
import { clock } from './clock.svelte';

const UNKNOWN: StatusView = {
  kind: 'not_set_up',
  server: null,
  user: null,
  online: false,
  pending: 0,
  conflicts: 0,
  parked: 0,
  last_sync: null,
  progress: null,
  error: null,
  awaited: [],
};

class Status {
  view = $state.raw<StatusView>(UNKNOWN);
  /** Whether this window asked for a cycle that is not over. */
  asked = $state(false);
  readonly words = $derived(statusWords(this.view, clock.now));

  heard(view: StatusView): void {
    clock.tick();
    this.view = view;
  }

  async load(): Promise<void> {
    this.heard(await host.status());
  }

  /** Runs a cycle now; what it says is what the host says. */
  async syncNow(): Promise<SyncView> {
    this.asked = true;
    try {
      return await host.syncNow();
    } finally {
      this.asked = false;
      await this.load();
    }
  }
}

export const status = new Status();
