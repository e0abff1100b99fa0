// One call to the host. What fails rejects with a `HostError`, whatever the host said.
import { toHostError } from './errors';
import { invoke } from './host';

export async function ask<T>(command: string, args?: Record<string, unknown>): Promise<T> {
  try {
    return await invoke<T>(command, args);
  } catch (cause) {
    throw toHostError(cause);
  }
}
