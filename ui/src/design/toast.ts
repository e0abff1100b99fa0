// Short messages that leave by themselves. What must not be missed is never a toast.
import { toast as sonner } from 'svelte-sonner';
import ToastAction from './ToastAction.svelte';

const LONG_MS = 10_000;
const SHORT_MS = 4_000;

interface Action {
  label: string;
  run: () => void;
}

/** Says that something happened, with one thing to do about it. */
export function toast(message: string, action?: Action): void {
  if (action === undefined) sonner(message, { duration: SHORT_MS });
  else sonner.custom(ToastAction, { duration: LONG_MS, componentProps: { message, ...action } });
}

/** Says that something did not work, and why. The newest word on the same matter takes the place of the one before. */
export function toastError(message: string, matter: string = message): void {
  sonner.error(message, { id: matter, duration: LONG_MS });
}
