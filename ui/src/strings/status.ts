// The words of the status line (UX.md, "Status bar"). It tells the truth (promise 9): every word comes from the host.
import type { StatusView } from '../ipc/bindings';
import { ago } from './time';
import { number, plural } from './words';

const DAY_MS = 86_400_000;

function saved(lead: string, pending: number): string {
  return pending === 0 ? lead : `${lead}, ${plural(pending, '# change saved here', '# changes saved here')}`;
}

function syncing(status: StatusView): string {
  const progress = status.progress;
  if (progress === null) return 'Syncing…';
  if (progress.total !== null) return `Syncing ${number(progress.done)} of ${number(progress.total)}`;
  return progress.done === 0 ? 'Syncing…' : `Syncing ${number(progress.done)}`;
}

function stale(status: StatusView, now: number): string {
  if (status.last_sync === null) return 'Not synced yet';
  const days = Math.max(1, Math.floor((now - status.last_sync) / DAY_MS));
  return plural(days, 'Not synced for # day', 'Not synced for # days');
}

/** What the status line says. */
export function statusWords(status: StatusView, now: number): string {
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
    case 'stale':
      return stale(status, now);
    case 'up_to_date':
      return status.last_sync === null ? 'Up to date' : `Up to date · ${ago(status.last_sync, now)}`;
  }
}
