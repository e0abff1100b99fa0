// Hearing the events of the host, by name and payload as `bindings.ts` has them from the host's table.
import type { HostEvents } from './bindings';
import { listen } from './host';

/** Hears one event; the returned function stops it, also when it is called before the host has answered. */
export function on<K extends keyof HostEvents>(event: K, hear: (payload: HostEvents[K]) => void): () => void {
  let stopped = false;
  let stop: (() => void) | undefined;
  void listen<HostEvents[K]>(event, hear).then((stopListening) => {
    if (stopped) stopListening();
    else stop = stopListening;
  });
  return () => {
    stopped = true;
    stop?.();
  };
}
