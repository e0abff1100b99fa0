// Which answers a conflict's kind has (DESIGN section 4, Resolutions), in the order they are offered.
import type { ConflictView, Resolution } from '../../ipc';
import { t } from '../../strings';

export interface Answer {
  resolution: Resolution;
  label: string;
}

/** Who is on the other side. */
export function otherSide(conflict: ConflictView): string {
  return conflict.server_user ?? t.conflicts.somebody;
}

export function answersTo(conflict: ConflictView): Answer[] {
  switch (conflict.kind) {
    case 'both_edited':
      return [
        { resolution: 'keep-mine', label: t.conflicts.keepMine },
        { resolution: 'take-server', label: t.conflicts.takeServer },
      ];
    case 'deleted_on_server':
      return [
        { resolution: 'restore', label: t.conflicts.restore },
        { resolution: 'accept-delete', label: t.conflicts.acceptDelete },
      ];
    case 'edited_on_server':
      return [
        { resolution: 'delete-anyway', label: t.conflicts.deleteAnyway },
        { resolution: 'keep-server', label: t.conflicts.keepServer(conflict.server_user) },
      ];
    default:
      return [];
  }
}
