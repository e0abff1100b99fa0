// The only file that imports Tauri. The harness and the tests put another one in its place (vite.config.ts).
import { invoke as tauriInvoke } from '@tauri-apps/api/core';
import { listen as tauriListen } from '@tauri-apps/api/event';

/** Asks the host for one command. */
export function invoke<T>(command: string, args: Record<string, unknown> = {}): Promise<T> {
  return tauriInvoke<T>(command, args);
}

/** Hears one event of the host; returns how to stop. */
export async function listen<T>(event: string, hear: (payload: T) => void): Promise<() => void> {
  return tauriListen<T>(event, (message) => hear(message.payload));
}
