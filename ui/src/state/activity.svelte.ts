// The cycles of the past, newest first.
import { type ActivityView, host, type HostError, toHostError } from '../ipc';
import { coalesce } from './coalesce';

const SHOWN = 100;

class Activity {
  cycles = $state.raw<ActivityView[]>([]);
  loaded = $state(false);
  failure = $state.raw<HostError | null>(null);
  readonly reload = coalesce(() => this.load(), 500);

  async load(): Promise<void> {
    try {
      this.cycles = await host.activity(SHOWN);
      this.failure = null;
    } catch (cause) {
      this.failure = toHostError(cause);
    }
    this.loaded = true;
  }
}

export const activity = new Activity();
