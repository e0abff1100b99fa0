// The keyboard, everywhere. Single letters stay out of the way of typing; Ctrl shortcuts work from anywhere.
import { tinykeys } from 'tinykeys';
import { toast, toastError } from '../design/toast';
import { toHostError } from '../ipc';
import { screen } from '../state/screen.svelte';
import { status } from '../state/status.svelte';
import { undo } from '../state/undo.svelte';
import { sentence, t } from '../strings';
import { overlays } from './overlays.svelte';

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, [contenteditable]') !== null;
}

/** A key that belongs to the control that has the focus: Space on a button, arrows in a menu. */
function ownsKeys(target: EventTarget | null): boolean {
  const own = 'button, a, summary, select, [role=radio], [role=option], [role=menu]';
  return target instanceof HTMLElement && target.closest(own) !== null;
}

function isCovered(): boolean {
  return document.querySelector('[role=dialog], [role=alertdialog], [role=listbox]') !== null;
}

type Act = () => unknown;

/** Runs in a screen: not while typing, not under a dialog. */
const inScreen = (act: Act) => (event: KeyboardEvent) => {
  if (event.defaultPrevented || isTyping(event.target) || isCovered()) return;
  event.preventDefault();
  act();
};

/** The same, for keys that buttons use too. */
const inList = (act: Act) => (event: KeyboardEvent) => {
  if (!ownsKeys(event.target)) inScreen(act)(event);
};

const anywhere = (act: Act) => (event: KeyboardEvent) => {
  event.preventDefault();
  act();
};

export async function syncNow(): Promise<void> {
  try {
    const sync = await status.syncNow();
    if (sync.error !== null) toastError(sentence(sync.error), 'sync');
  } catch (cause) {
    toastError(toHostError(cause).message, 'sync');
  }
}

async function undoLast(): Promise<void> {
  const last = undo.last;
  if (last === null) return;
  try {
    await last.undo();
    toast(t.common.undo);
  } catch (cause) {
    toastError(toHostError(cause).message);
  }
}

function escape(event: KeyboardEvent): void {
  if (event.defaultPrevented || isCovered()) return;
  if (isTyping(event.target)) {
    (event.target as HTMLElement).blur();
    screen.actions.leave?.();
  } else screen.actions.escape?.();
}

/** Binds the shortcuts; the returned function unbinds them. */
export function bindKeys(): () => void {
  return tinykeys(window, {
    '$mod+k': anywhere(() => overlays.show('palette')),
    '$mod+Shift+s': anywhere(() => void syncNow()),
    '$mod+z': inScreen(() => void undoLast()),
    'Shift+?': inScreen(() => overlays.show('shortcuts')),
    '?': inScreen(() => overlays.show('shortcuts')),
    n: inScreen(() => screen.actions.create?.()),
    '/': inScreen(() => screen.actions.search?.()),
    j: inScreen(() => screen.actions.move?.(1)),
    k: inScreen(() => screen.actions.move?.(-1)),
    ArrowDown: inList(() => screen.actions.move?.(1)),
    ArrowUp: inList(() => screen.actions.move?.(-1)),
    Enter: inList(() => screen.actions.enter?.()),
    Space: inList(() => screen.actions.done?.()),
    Delete: inScreen(() => screen.actions.remove?.()),
    Escape: escape,
  });
}
