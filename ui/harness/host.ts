// Stands in for src/ipc/host.ts in the harness and in tests (vite.config.ts): same two functions, no Tauri.
import { FaultHost } from './fault-host';

/** What answers the UI: a real host over the loopback, with another in front of it that makes it fail. */
export interface Host {
  invoke(command: string, args: Record<string, unknown>): Promise<unknown>;
  /** Hears one event; the returned function stops it. */
  listen(event: string, hear: (payload: unknown) => void): () => void;
}

let current: Host = new FaultHost();

/** Puts another host behind the UI. */
export function useHost<T extends Host>(host: T): T {
  current = host;
  return host;
}

export const invoke = <T>(command: string, args: Record<string, unknown> = {}): Promise<T> =>
  current.invoke(command, args) as Promise<T>;

export const listen = <T>(event: string, hear: (payload: T) => void): Promise<() => void> =>
  Promise.resolve(current.listen(event, hear as (payload: unknown) => void));
