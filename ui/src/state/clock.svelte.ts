// The time that screens are drawn with. It moves every 15 seconds, so that "2 min ago" stays true without a reload.
import { endOfDay, startOfDay } from '../strings/time';

const TICK_MS = 15_000;

class WallClock {
  now = $state(Date.now());
  readonly dayStart = $derived(startOfDay(this.now));
  readonly dayEnd = $derived(endOfDay(this.now));

  /** Starts ticking; the returned function stops it. */
  start(): () => void {
    const timer = setInterval(() => this.tick(), TICK_MS);
    return () => clearInterval(timer);
  }

  /** Reads the time now: before a question whose answer depends on it. */
  tick(): void {
    this.now = Date.now();
  }
}

export const clock = new WallClock();
