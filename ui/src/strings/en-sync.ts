// The words of what this laptop and the server have to do with each other: settings, Activity, the status line, closing.
import { number, plural } from './words';

const changes = (n: number) => plural(n, '# change', '# changes');
const records = (n: number) => plural(n, '# record', '# records');

export const settings = {
  title: 'Offline settings',
  lead: 'Choose what works without a network. Everything else is read from the server while you are online.',
  keep: (label: string) => `Keep ${label} offline`,
  on: 'Available offline',
  off: 'Only while online',
  here: 'On this laptop',
  server: 'On the server',
  size: 'Space used',
  waiting: 'Not sent yet',
  unknown: 'Not known',
  policy: 'When two people changed the same',
  policies: {
    ask: 'Ask me',
    newest: 'Newest change wins',
    server: 'Server wins',
    mine: 'Mine wins',
  } as Record<string, string>,
  policyHints: {
    ask: 'You decide each time. Nothing is lost.',
    newest: 'The later change stands, the other one stays in the history.',
    server: 'The server’s version stands, yours stays in the history.',
    mine: 'Your version stands, the other one stays in the history.',
  } as Record<string, string>,
  fetching: (done: number, total: number | null) =>
    total === null ? `Fetching, ${records(done)} so far` : `Fetching ${number(done)} of ${number(total)}`,
  paused: (done: number, total: number | null) =>
    total === null ? `Paused after ${records(done)}` : `Paused at ${number(done)} of ${number(total)}`,
  pause: 'Pause',
  resume: 'Resume',
  refresh: 'Ask the server',
  total: (size: string) => `${size} used on this laptop`,
  emptyTitle: 'The server offers no records yet',
  emptyText: 'Entity sets appear here as soon as the server declares one.',
};

export const leave = {
  title: (n: number, label: string) =>
    plural(n, `# record of ${label} leaves this laptop`, `# records of ${label} leave this laptop`),
  text: (n: number) =>
    plural(
      n,
      'There is no network now: it cannot come back before there is one. What the server has stays there.',
      'There is no network now: they cannot come back before there is one. What the server has stays there.',
    ),
  stay: 'Keep on this laptop',
  leave: 'Remove from this laptop',
};

export const unsent = {
  title: (n: number, label: string) =>
    plural(n, `# change to ${label} exists only here`, `# changes to ${label} exist only here`),
  text: (n: number) =>
    plural(
      n,
      'It has not reached the server. What should happen to it when these records leave this laptop?',
      'They have not reached the server. What should happen to them when these records leave this laptop?',
    ),
  sendFirst: 'Send first',
  sendFirstHint: 'Syncs now, then removes the records from this laptop. Needs the network.',
  keep: 'Keep until sent',
  keepHint: 'Records without changes leave now; the others leave once the server has them.',
  discard: (n: number) => `Discard ${changes(n)}`,
  discardHint: (n: number) => plural(n, 'The change is gone for good.', 'The changes are gone for good.'),
  confirm: (word: string) => `Type ${word} to confirm`,
  word: 'discard',
  working: 'Sending…',
};

export const activity = {
  title: 'Activity',
  lead: 'Every time this laptop and the server spoke.',
  parkedTitle: 'Could not be sent',
  parkedLead: (n: number) =>
    plural(
      n,
      'This change cannot be sent as it is. It is safe here.',
      'These changes cannot be sent as they are. They are safe here.',
    ),
  inTheWay: 'In the way:',
  sendRest: 'Send the rest',
  sendRestTitle: 'Send it without this?',
  sendRestText: (names: string) =>
    `The rest is sent without ${names}. What you wrote there stays in the record’s history and can be brought back from there.`,
  discardTitle: 'Discard this change?',
  discardText: (title: string) =>
    `“${title}” becomes what the server has, or disappears if the server never had it.`,
  discard: 'Discard',
  copy: 'Copy details',
  copied: 'Copied',
  cycles: 'Syncs',
  incident: 'This laptop’s own records',
  outcomes: {
    synced: 'Synced',
    offline: 'No connection',
    signed_out: 'Sign-in needed',
    failed: 'Failed',
  } as Record<string, string>,
  sent: (n: number) => plural(n, '# sent', '# sent'),
  received: (n: number) => plural(n, '# received', '# received'),
  merged: (n: number) => plural(n, '# merged', '# merged'),
  conflicts: (n: number) => plural(n, '# conflict', '# conflicts'),
  parked: (n: number) => plural(n, '# refused', '# refused'),
  nothing: 'Nothing to do',
  traffic: (up: string, down: string) => `${up} up, ${down} down`,
  requests: (n: number) => plural(n, '# request', '# requests'),
  emptyTitle: 'No sync yet',
  emptyText: 'The first one starts by itself as soon as there is a network.',
};

export const status = {
  details: 'Sync details',
  syncNow: 'Sync now',
  syncing: 'Syncing…',
  lastSync: 'Last sync',
  never: 'Not yet',
  server: 'Server',
  online: 'Connected',
  offline: 'No connection',
  waiting: 'Waiting to be sent',
  conflicts: 'Waiting for your decision',
  parked: 'Refused by the server',
  allSent: 'Everything on this laptop has been sent.',
  safe: 'Everything you do is saved on this laptop and sent when the network is back.',
  safeOnline: 'Everything you do is saved on this laptop and sent as soon as the server takes it.',
  decide: 'Decide',
  see: 'See why',
  show: 'Show',
  signIn: 'Sign in',
  bySet: (label: string, n: number) => `${label}: ${changes(n)}`,
};

export const close = {
  title: (n: number) =>
    plural(n, '# change exists only on this laptop', '# changes exist only on this laptop'),
  text: (n: number) =>
    plural(
      n,
      'It is saved here and is sent the next time Tidemark is open with a network. Your colleagues do not see it before that.',
      'They are saved here and are sent the next time Tidemark is open with a network. Your colleagues do not see them before that.',
    ),
  anyway: 'Close anyway',
  syncAndClose: 'Sync now and close',
  stay: 'Stay',
  syncing: 'Syncing…',
  stillHere: (n: number) => `${plural(n, '# change is', '# changes are')} still only on this laptop.`,
};
