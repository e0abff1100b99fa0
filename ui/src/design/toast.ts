// Short messages that leave by themselves. What must not be missed is never a toast.
import { toast as sonner } from 'svelte-sonner';

const LONG_MS = 10_000;
const SHORT_MS = 4_000;

interface Action {
  label: string;
  run: () => void;
}

/** Says that something happened, with one thing to do about it. */
export function toast(message: string, action?: Action): void {
  sonner(message, {
    duration: action === undefined ? SHORT_MS : LONG_MS,
    ...(action === undefined ? {} : { action: { label: action.label, onClick: action.run } }),
  });
}

/** Says that something did not work, and why. */
export function toastError(message: string): void {
  sonner.error(message, { duration: LONG_MS });
}
