// Who is on the other side of a conflict, in words.
import type { ConflictView } from '../../ipc';
import { clock } from '../../state/clock.svelte';
import { session } from '../../state/session.svelte';
import { when } from '../../strings/when';
import { t } from '../../strings';

/** Whether the other side is this account too, on another device. */
export function isOwn(conflict: ConflictView): boolean {
  return conflict.server_user !== null && conflict.server_user === session.user;
}

/** As the subject of a sentence, where it begins or inside of it: Ana; Somebody; You, on another device. */
export function otherSide(conflict: ConflictView, place: 'first' | 'inside' = 'first'): string {
  if (isOwn(conflict)) return t.conflicts.youElsewhere[place];
  return conflict.server_user ?? t.conflicts.somebody[place];
}

/** As the owner of a version: null where "the server" says more than the name. */
export function otherName(conflict: ConflictView): string | null {
  return isOwn(conflict) ? null : conflict.server_user;
}

export const mineWhen = (conflict: ConflictView): string => when(conflict.mine_at, clock.now);

export const serverWhen = (conflict: ConflictView): string =>
  conflict.server_at === null ? '' : when(conflict.server_at, clock.now);
