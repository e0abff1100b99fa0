// Stands in for src/ipc/host.ts in the harness and in tests (vite.config.ts): same two functions, no Tauri.
import { FakeHost } from './fake-host';

let current = new FakeHost();

/** Puts another host behind the UI. */
export function useHost(host: FakeHost): FakeHost {
  current = host;
  return host;
}

export const invoke = <T>(command: string, args: Record<string, unknown> = {}): Promise<T> =>
  current.invoke(command, args) as Promise<T>;

export const listen = <T>(event: string, hear: (payload: T) => void): Promise<() => void> =>
  Promise.resolve(current.listen(event, hear as (payload: unknown) => void));
