// The words of what people decide: conflicts, a record's history, what was decided, and why a record waits.
import { number, plural } from './words';

const quoted = (title: string) => `“${title}”`;

export const conflicts = {
  title: 'To decide',
  lead: 'Both sides are safe until you decide. What you do not choose stays in the record’s history.',
  kinds: {
    both_edited: 'Both sides edited it',
    deleted_on_server: 'Deleted on the server, changed here',
    edited_on_server: 'Changed on the server, deleted here',
  } as Record<string, string>,
  somebody: { first: 'Somebody', inside: 'somebody' },
  youElsewhere: { first: 'You, on another device,', inside: 'you, on another device,' },
  open: 'Decide',
  openFor: (title: string) => `Decide about ${quoted(title)}`,
  rowBoth: (who: string, when: string) => `${who} changed it too ${when}`.trim(),
  rowDeleted: (who: string, when: string) => `${who} deleted it ${when}`.trim(),
  rowEdited: (who: string, when: string) => `You deleted it; ${who} changed it ${when}`.trim(),
  about: (labels: string) => `About: ${labels}`,
  emptyTitle: 'Nothing to decide',
  emptyText: 'When two people change the same thing, Tidemark asks here instead of guessing.',
  backToWork: 'Back to the tasks',

  bothTitle: (title: string) => `Which ${quoted(title)} should stand?`,
  youChanged: (when: string) => `You changed it ${when}.`,
  theyChanged: (who: string, when: string) => `${who} changed it ${when}`.trim() + '.',
  mine: 'Mine',
  theirs: (who: string | null) => (who === null ? 'The server’s' : `${who}’s`),
  before: 'Before',
  empty: 'empty',
  keepAllMine: 'Keep all mine',
  takeAllServer: 'Take all from server',
  later: 'Decide later',
  save: 'Save',
  preview: 'What it becomes',
  previewWaits: (n: number) =>
    plural(
      n,
      'Choose a side for # more difference to see the result.',
      'Choose a side for # more differences to see the result.',
    ),
  fromBoth: 'from both sides',

  deletedTitle: (who: string, title: string, when: string) =>
    `${who} deleted ${quoted(title)} ${when}`.trim(),
  deletedText: (when: string) => `You changed it ${when}. Restore it with your changes?`,
  restore: 'Restore it with my changes',
  leaveDeleted: 'Leave deleted',
  yourChanges: 'Your changes',

  editedTitle: (title: string) => `You deleted ${quoted(title)}`,
  editedText: (who: string, when: string) =>
    `${`${who} has changed it since, ${when}`.replace(/, $/, '')}. Delete it all the same?`,
  deleteAnyway: 'Delete all the same',
  keepTheirs: (who: string | null) => (who === null ? 'Keep the server’s version' : `Keep ${who}’s version`),
  theirChanges: (who: string) => `What ${who} changed`,
  theirChangesElsewhere: 'What you changed on another device',
  noChanges: 'None of the properties differs any more.',

  similar: (n: number, label: string) =>
    plural(
      n,
      `Same answer for the other question like this`,
      `Same answer for the other # questions like this`,
    ) + ` (${label})`,
  similarHint: 'Possible when one side is chosen throughout.',

  newer: 'It changed while you were looking. This is the newer version; nothing was saved yet.',
  settled: 'There is nothing to decide here any more: it was answered, or the sides came together.',
  movedOn:
    'It changed while you were deciding, so nothing was saved. Look at the newer version and decide again.',
  cannotPreview: 'The result cannot be shown now.',

  decided: (title: string) => `Decided: ${quoted(title)}`,
  decidedMany: (n: number) => `${number(n)} decided`,
  askedAgain: 'The question is open again',
  sentAlready: 'The answer was sent already; what did not stand is a new change now',
};

export const diff = {
  removed: 'removed:',
  added: 'added:',
  end: 'end.',
  before: 'before',
  now: 'now',
};

export const history = {
  title: 'History',
  none: 'Nothing is known yet about who changed it.',
  reading: 'Reading the history',
  you: 'You',
  on: (device: string) => `on ${device}`,
  lost: 'The version that did not stand',
  bringBack: 'Bring back',
  bringBackFor: (event: string, when: string) => `Bring back: ${event}, ${when}`,
  broughtBack: 'It is back, as a new change',
  /** Whose value it is, of a merge and a decision. */
  sides: {
    mine: 'this device’s',
    server: 'the server’s',
    both: 'from both sides',
  } as Record<string, string>,
  events: {
    created: 'Added',
    edited: 'Changed',
    deleted: 'Deleted',
    restored: 'Restored after it was deleted on the server',
    merged: 'Both sides’ changes came together',
    kept_mine: 'Decided: this device’s version was kept',
    took_server: 'Decided: the server’s version was taken',
    chose_sides: 'Decided property by property',
    accepted_delete: 'The deletion on the server was accepted',
    deleted_anyway: 'Deleted although somebody had changed it',
    kept_server: 'Kept, as somebody had changed it',
    gave_way: 'A later change took its place after this device had stopped',
    discarded: 'Changes on this device were discarded',
    brought_back: 'Brought back',
    model_changed: 'The server changed what this record may hold',
  } as Record<string, string>,
  byPolicy: (event: string) => `${event}, as the settings say`,
};

export const decided = {
  title: 'Decisions',
  lead: 'What you and the settings decided about conflicts on this laptop. What did not stand can be brought back.',
  byPolicy: 'By the settings',
  showAll: (n: number) => `Show all ${number(n)}`,
};

export const explain = {
  open: 'Explain this record',
  openFor: (title: string) => `Explain this record: ${quoted(title)}`,
  title: (title: string) => `Why ${quoted(title)} is as it is`,
  state: 'State',
  states: {
    none: 'Nothing waits',
    add: 'Added here, not on the server yet',
    update: 'Changed here, not on the server yet',
    delete: 'Deleted here, not on the server yet',
  } as Record<string, string>,
  lastSynced: 'Last sync',
  etag: 'Version mark',
  versions: 'The versions',
  property: 'Property',
  local: 'On this laptop',
  base: 'Last agreed',
  inFlight: 'Sent, not answered',
  server: 'On the server',
  differs: 'differs',
  none: 'no version',
  attempts: 'What the server answered',
  noAttempts: 'Nothing was sent lately.',
  outcomes: {
    accepted: 'Accepted',
    changed_meanwhile: 'Somebody else had changed it',
    gone: 'It was gone on the server',
    refused: 'Refused',
    not_decided: 'The server could not decide; it is asked again',
    unanswered: 'On its way, not answered yet',
  } as Record<string, string>,
  notHere: 'Only records that are kept on this laptop can be explained.',
};

export const moved = {
  changed: (label: string) => `${label} was changed meanwhile; what you type is kept. It is now:`,
  changedBy: (label: string, by: string) =>
    `${label} was changed meanwhile by ${by}; what you type is kept. It is now:`,
  keep: 'Save mine',
  take: 'Take theirs',
};
