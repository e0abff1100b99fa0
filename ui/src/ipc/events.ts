// The events of the host, typed. Each names exactly what has to be read again.
import type { RecordsChanged, StatusView } from './bindings';
import { listen } from './host';

export interface HostEvents {
  'records-changed': RecordsChanged;
  'status-changed': StatusView;
  'entities-changed': null;
  'session-changed': null;
  'close-requested': StatusView;
}

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
