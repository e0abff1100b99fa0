// What the fake host makes of an answer to a conflict: as much as the screens need, none of the rules of crates/model.
import type { ConflictView, DecisionView, ExplainView, Resolution, Sides } from '../src/ipc/bindings';
import type { RecordView } from '../src/ipc/record';

/** What the record becomes; null: it is gone. */
export function answered(
  conflict: ConflictView,
  resolution: Resolution,
  sides: Sides | null,
): RecordView | null {
  const server = conflict.server ?? {};
  switch (resolution) {
    case 'accept-delete':
    case 'delete-anyway':
      return null;
    case 'take-server':
    case 'keep-server':
      return server;
    case 'merge': {
      const chosen = Object.entries(sides ?? {});
      const values = chosen.map(([name, side]) => [name, (side === 'mine' ? conflict.mine : server)[name]]);
      return { ...server, ...(Object.fromEntries(values) as RecordView) };
    }
    default: {
      const values = conflict.properties.map((name) => [name, conflict.mine[name]]);
      return { ...conflict.mine, ...server, ...(Object.fromEntries(values) as RecordView) };
    }
  }
}

const EVENTS: Record<Resolution, string> = {
  'keep-mine': 'kept_mine',
  'take-server': 'took_server',
  merge: 'chose_sides',
  restore: 'restored',
  'accept-delete': 'accepted_delete',
  'delete-anyway': 'deleted_anyway',
  'keep-server': 'kept_server',
};

export function decision(conflict: ConflictView, resolution: Resolution, by: string | null): DecisionView {
  return {
    entry: `decided-${conflict.id}`,
    at: Date.now(),
    entity_set: conflict.entity_set,
    record_id: conflict.record_id,
    title: conflict.title,
    event: EVENTS[resolution],
    by_policy: false,
    by,
    can_bring_back: true,
  };
}

/** A record's explanation from its mark and its conflict. */
export function explained(
  record: RecordView,
  conflict: ConflictView | null,
  reason: string | null,
): ExplainView {
  const mark = String(record['_Mark'] ?? 'none');
  const because: Record<string, string> = {
    none: 'Nothing waits: it is as the server last had it.',
    waiting: 'It was changed here and has not been sent yet; it goes with the next sync.',
    sending:
      'It was changed here and was sent, and the server’s answer has not arrived; it is asked for again.',
    conflict: `It waits for your decision: you and ${conflict?.server_user ?? 'somebody else'} both changed it.`,
    refused: `The server refuses it (${reason ?? 'no reason was given'}); it is sent again when you edit it or choose Retry.`,
  };
  const base = conflict?.base ?? (mark === 'none' ? record : { ...record, Priority: 0, Assignee: null });
  return {
    state: mark === 'none' ? 'none' : 'update',
    mark,
    local: record,
    base,
    in_flight: mark === 'sending' ? record : null,
    server: conflict === null ? base : conflict.server,
    base_etag: 'W/"4711.9f2c61d0"',
    waiting_because: because[mark] ?? '',
    parked_reason: reason,
    conflict,
    attempts:
      mark === 'none'
        ? []
        : [
            {
              at: Date.now() - 7_200_000,
              outcome: mark === 'refused' ? 'refused' : 'changed_meanwhile',
              message: reason,
            },
            { at: Date.now() - 90_000_000, outcome: 'accepted', message: null },
          ],
    last_synced_at: Date.now() - 120_000,
  };
}
