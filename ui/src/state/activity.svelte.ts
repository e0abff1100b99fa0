// What happened: the cycles of the past and what was decided, newest first.
import { type ActivityView, type DecisionView, host, type HostError, toHostError } from '../ipc';
import { coalesce } from './coalesce';

const SHOWN = 100;

class Activity {
  cycles = $state.raw<ActivityView[]>([]);
  decisions = $state.raw<DecisionView[]>([]);
  loaded = $state(false);
  failure = $state.raw<HostError | null>(null);
  readonly reload = coalesce(() => this.load(), 500);

  async load(): Promise<void> {
    try {
      [this.cycles, this.decisions] = await Promise.all([host.activity(SHOWN), host.decisions(SHOWN)]);
      this.failure = null;
    } catch (cause) {
      this.failure = toHostError(cause);
    }
    this.loaded = true;
  }
}

export const activity = new Activity();
