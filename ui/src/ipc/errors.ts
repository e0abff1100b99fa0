// What a failed command looks like. Screens branch on `code`, never on the sentence.
import { sentence } from '../strings/words';
import type { ErrorView } from './bindings';

/** A command that failed: the host's code, its sentence for people, and the property at fault. */
export class HostError extends Error {
  readonly code: string;
  readonly property: string | null;

  constructor(view: ErrorView) {
    super(sentence(view.message));
    this.name = 'HostError';
    this.code = view.code;
    this.property = view.property;
  }
}

function isErrorView(value: unknown): value is ErrorView {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value;
}

/** Turns whatever a host rejects with into a `HostError`; what is no `ErrorView` keeps its own words. */
export function toHostError(cause: unknown): HostError {
  if (cause instanceof HostError) return cause;
  if (isErrorView(cause)) {
    return new HostError({ code: cause.code, message: cause.message, property: cause.property ?? null });
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  return new HostError({ code: 'internal', message, property: null });
}
