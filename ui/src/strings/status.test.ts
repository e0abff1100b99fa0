import { describe, expect, test } from 'vitest';
import type { StatusView } from '../ipc';
import { statusWords } from './status';

const NOW = Date.UTC(2026, 10, 24, 10, 0);
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

function words(view: Partial<StatusView>): string {
  const calm: StatusView = {
    kind: 'up_to_date',
    server: 'https://tide.example.org',
    user: 'ana',
    online: true,
    pending: 0,
    conflicts: 0,
    parked: 0,
    last_sync: NOW - 2 * MINUTE_MS,
    progress: null,
    error: null,
    awaited: [],
  };
  return statusWords({ ...calm, ...view }, NOW);
}

const tasks = { set: 'TodoItems', label: 'Tasks', done: 2_000, total: 12_000, paused: false };
const sites = { ...tasks, set: 'Sites', label: 'Sites', total: null };

const pull = (done: number, total: number | null) => ({ phase: 'pull', set: 'TodoItems', done, total });

describe('the status line says what UX.md says', () => {
  test.each<[string, Partial<StatusView>]>([
    ['Up to date · 2 min ago', {}],
    ['Up to date · just now', { last_sync: NOW - 20_000 }],
    ['Up to date · 3 h ago', { last_sync: NOW - 190 * MINUTE_MS }],
    ['Up to date', { last_sync: null }],
    ['3 changes waiting', { kind: 'waiting', pending: 3 }],
    ['1 change waiting', { kind: 'waiting', pending: 1 }],
    ['Syncing 40 of 120', { kind: 'syncing', progress: pull(40, 120) }],
    ['Syncing 41,200 of 100,000', { kind: 'syncing', progress: pull(41_200, 100_000) }],
    ['Syncing 40', { kind: 'syncing', progress: pull(40, null) }],
    ['Syncing…', { kind: 'syncing' }],
    ['Fetching Tasks: 2,000 of 12,000', { kind: 'syncing', progress: pull(2_000, 12_000), awaited: [tasks] }],
    ['Fetching Tasks: 2,000', { kind: 'syncing', progress: pull(2_000, null), awaited: [tasks, sites] }],
    ['Tasks not fetched yet', { kind: 'not_fetched', awaited: [tasks] }],
    ['Tasks paused at 2,000 of 12,000', { kind: 'not_fetched', awaited: [{ ...tasks, paused: true }] }],
    ['Sites and 1 more set not fetched yet', { kind: 'not_fetched', awaited: [sites, tasks] }],
    ['3 changes waiting · Tasks not fetched yet', { kind: 'waiting', pending: 3, awaited: [tasks] }],
    ['Offline · Sites not fetched yet', { kind: 'offline', online: false, awaited: [sites] }],
    ['Offline, 3 changes saved here', { kind: 'offline', online: false, pending: 3 }],
    ['Offline, 1 change saved here', { kind: 'offline', online: false, pending: 1 }],
    ['Offline', { kind: 'offline', online: false }],
    ['Could not sync', { kind: 'failed' }],
    ['Could not sync, 2 changes saved here', { kind: 'failed', pending: 2 }],
    ['2 conflicts', { kind: 'conflicts', conflicts: 2 }],
    ['1 conflict', { kind: 'conflicts', conflicts: 1 }],
    ['1 change could not be sent', { kind: 'parked', parked: 1 }],
    ['2 changes could not be sent', { kind: 'parked', parked: 2 }],
    ['Sign in to sync', { kind: 'sign_in' }],
    ['Not synced for 3 days', { kind: 'stale', last_sync: NOW - 3 * DAY_MS - MINUTE_MS }],
    ['Not synced for 1 day', { kind: 'stale', last_sync: NOW - DAY_MS }],
    ['Not synced yet', { kind: 'stale', last_sync: null }],
    ['Not signed in', { kind: 'not_set_up' }],
  ])('%s', (expected, view) => {
    expect(words(view)).toBe(expected);
  });
});
