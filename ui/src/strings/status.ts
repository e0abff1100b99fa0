// The words of the status line (UX.md, "Status bar"). It tells the truth (promise 9): every word comes from the host.
import type { AwaitedView, StatusView } from '../ipc/bindings';
import { ago } from './time';
import { number, plural } from './words';

const DAY_MS = 86_400_000;

function saved(lead: string, pending: number): string {
  return pending === 0 ? lead : `${lead}, ${plural(pending, '# change saved here', '# changes saved here')}`;
}

function syncing(status: StatusView): string {
  const progress = status.progress;
  if (progress === null) return 'Syncing…';
  const set = status.awaited.find((awaited) => awaited.set === progress.set);
  if (set !== undefined && progress.phase === 'pull') {
    return progress.total === null
      ? `Fetching ${set.label}: ${number(progress.done)}`
      : `Fetching ${set.label}: ${number(progress.done)} of ${number(progress.total)}`;
  }
  if (progress.total !== null) return `Syncing ${number(progress.done)} of ${number(progress.total)}`;
  return progress.done === 0 ? 'Syncing…' : `Syncing ${number(progress.done)}`;
}

function stale(status: StatusView, now: number): string {
  if (status.last_sync === null) return 'Not synced yet';
  const days = Math.max(1, Math.floor((now - status.last_sync) / DAY_MS));
  return plural(days, 'Not synced for # day', 'Not synced for # days');
}

function notFetched(awaited: AwaitedView[]): string {
  const [first, ...more] = awaited;
  if (first === undefined) return '';
  if (more.length > 0)
    return plural(
      more.length,
      `${first.label} and # more set not fetched yet`,
      `${first.label} and # more sets not fetched yet`,
    );
  if (!first.paused) return `${first.label} not fetched yet`;
  return first.total === null
    ? `${first.label} paused`
    : `${first.label} paused at ${number(first.done)} of ${number(first.total)}`;
}

/** What the status line says. That a set is not here yet is left out only where something is said about fetching it. */
export function statusWords(status: StatusView, now: number): string {
  const words = kindWords(status, now);
  const isSaid = ['not_set_up', 'sign_in', 'syncing', 'not_fetched'].includes(status.kind);
  return isSaid || status.awaited.length === 0 ? words : `${words} · ${notFetched(status.awaited)}`;
}

function kindWords(status: StatusView, now: number): string {
  switch (status.kind) {
    case 'not_set_up':
      return 'Not signed in';
    case 'sign_in':
      return 'Sign in to sync';
    case 'syncing':
      return syncing(status);
    case 'offline':
      return saved('Offline', status.pending);
    case 'failed':
      return saved('Could not sync', status.pending);
    case 'conflicts':
      return plural(status.conflicts, '# conflict', '# conflicts');
    case 'parked':
      return plural(status.parked, '# change could not be sent', '# changes could not be sent');
    case 'waiting':
      return plural(status.pending, '# change waiting', '# changes waiting');
    case 'not_fetched':
      return notFetched(status.awaited);
    case 'stale':
      return stale(status, now);
    case 'up_to_date':
      return status.last_sync === null ? 'Up to date' : `Up to date · ${ago(status.last_sync, now)}`;
  }
}
