// Every word a person reads, in English. A second language is a second file of this shape.
//
// Style: what happened, what is safe, what to do. No blame, no jargon, no exclamation marks.
import { conflicts, decided, diff, explain, history, moved } from './en-decide';
import { activity, close, leave, settings, status, unsent } from './en-sync';
import { detail, marks, quickAdd, sorts, taskEmpty, tasks, views } from './en-tasks';
import { number, plural } from './words';

const changes = (n: number) => plural(n, '# change', '# changes');
const records = (n: number) => plural(n, '# record', '# records');

export const en = {
  app: {
    name: 'Tidemark',
    motto: 'Work where there is no network.',
    loading: 'Opening Tidemark',
    cannotStart: 'Tidemark could not open its records',
    tryAgain: 'Try again',
    readOnly: 'The folder of this app can only be read. You can look at everything; nothing can be changed.',
    skipToContent: 'Skip to the content',
  },

  common: {
    cancel: 'Cancel',
    close: 'Close',
    add: 'Add',
    delete: 'Delete',
    undo: 'Undo',
    edit: 'Edit',
    retry: 'Try again',
    clear: 'Clear',
    none: 'None',
    yes: 'Yes',
    no: 'No',
    back: 'Back to the list',
    menu: 'Menu',
    removeChip: (label: string) => `Remove ${label}`,
    loading: 'Loading',
    optional: 'optional',
  },

  signIn: {
    title: 'Sign in',
    lead: 'You need the network once. After that, Tidemark works without it.',
    again: 'Sign in again',
    againLead: 'Your work on this laptop is safe. The server wants your password again before it syncs.',
    server: 'Server address',
    serverHint: 'Your team gave it to you, such as https://tidemark.example.org',
    name: 'Name',
    password: 'Password',
    showPassword: 'Show password',
    hidePassword: 'Hide password',
    submit: 'Sign in',
    submitting: 'Signing in…',
    demo: 'Try the demo',
    demoLead: 'No account yet?',
    missingServer: 'Enter the address of your server.',
    missingName: 'Enter your name.',
    missingPassword: 'Enter your password.',
  },

  firstChoice: {
    title: 'What should be on this laptop?',
    lead: 'What you choose here works without a network. You can change it at any time in Offline settings.',
    onServer: (n: number | null) => (n === null ? 'Number not known yet' : `${records(n)} on the server`),
    start: 'Start working',
    nothing: 'Continue without',
    everything: 'Keep everything',
    fetching: (done: number, total: number | null) =>
      total === null ? `${records(done)} fetched` : `${number(done)} of ${records(total)} fetched`,
    here: (n: number) => `${records(n)} here`,
    usable: 'You need not wait: records appear as they arrive.',
  },

  nav: {
    label: 'Main',
    tasks: 'Tasks',
    lists: 'Lists',
    records: 'Records',
    sync: 'Sync',
    newList: 'New list',
    find: 'Find or do',
    settings: 'Offline settings',
    conflicts: 'To decide',
    activity: 'Activity',
    account: 'Account',
  },

  views,

  sorts,

  marks,

  quickAdd,

  tasks,

  taskEmpty,

  detail,

  saved: {
    clean: '',
    typing: 'Not saved yet',
    saving: 'Saving…',
    saved: 'Saved on this device',
    savedLive: 'Saved on the server',
    failed: 'Not saved',
  },

  fields: {
    pickDate: 'Choose a date',
    clearDate: 'No date',
    time: 'Time',
    datePlaceholder: 'Such as: tomorrow 14:00',
    dayPlaceholder: 'Such as: next Monday',
    badDate: 'This is not a date I understand. Try “24 Nov 14:00” or “tomorrow”.',
    badInteger: 'Enter a whole number.',
    badNumber: 'Enter a number, such as 12.5.',
    today: 'Today',
    tomorrow: 'Tomorrow',
    nextWeek: 'Next week',
    noReference: 'None',
    searchReference: (label: string) => `Search ${label}`,
    noMatch: 'Nothing found',
    notHere: 'Not on this laptop',
    previousMonth: 'Previous month',
    nextMonth: 'Next month',
    left: (n: number) => plural(n, '# character left', '# characters left'),
    tooLong: (n: number) => plural(n, '# character too long', '# characters too long'),
  },

  records: {
    new: (label: string) => `New ${label.toLowerCase()}`,
    search: (label: string) => `Search ${label.toLowerCase()}`,
    create: (label: string) => `Add ${label.toLowerCase()}`,
    created: (title: string) => `Added “${title}”`,
    deleted: (title: string) => `Deleted “${title}”`,
    delete: (label: string) => `Delete ${label.toLowerCase()}`,
    count: records,
    emptyTitle: (label: string) => `No ${label.toLowerCase()} yet`,
    emptyText: 'What you add here is saved on this laptop and sent when there is a network.',
    searchEmptyTitle: (words: string) => `Nothing found for “${words}”`,
    searchEmptyText: 'The search looks into every text.',
    choose: (label: string) => `Choose a ${label.toLowerCase()} to see it here`,
    live: (label: string) =>
      `${label} are read live from the server. Without a network they are not available here.`,
    keepOffline: 'Keep offline',
    notHereTitle: (label: string) => `${label} are not on this laptop`,
    notHereText:
      'They are read live from the server, and there is no connection now. Keep them offline, and they are here the next time.',
    keepThem: (label: string) => `Keep ${label.toLowerCase()} offline`,
    willFetch: (label: string) => `${label} will be fetched when the network is back.`,
    failedTitle: 'This could not be read',
    fetchingTitle: (label: string) => `Fetching ${label.toLowerCase()}`,
    fetchingText: 'They appear as they arrive.',
    liveDeleteTitle: (title: string) => `Delete “${title}”?`,
    liveDeleteText: 'These records are not kept on this laptop, so the server deletes it at once.',
    gone: 'This record was deleted.',
    list: 'Records',
    setGoneTitle: 'These records are not on the server any more',
    setGoneText: 'Changes of yours that were not sent are safe on this laptop. You find them in Activity.',
  },

  settings,

  leave,
  unsent,

  conflicts,
  diff,
  history,
  decided,
  moved,
  explain,

  activity,

  account: {
    title: 'Account',
    lead: 'Who works here, and how the window looks.',
    user: 'Name',
    workspace: 'Workspace',
    server: 'Server',
    device: 'This device',
    storage: 'On this laptop',
    folder: 'Folder',
    signInAgain: 'Sign in again',
    signOut: 'Sign out',
    signOutText: 'Records leave this laptop; what the server has stays there.',
    signOutTitle: 'Sign out of this laptop?',
    signOutConfirm: 'The records kept here are removed. Everything that was sent stays on the server.',
    unsentTitle: (n: number) =>
      plural(n, '# change exists only on this laptop', '# changes exist only on this laptop'),
    unsentText: (n: number) =>
      plural(
        n,
        'Signing out now would lose it. Sync first, or discard it for good.',
        'Signing out now would lose them. Sync first, or discard them for good.',
      ),
    syncFirst: 'Sync and sign out',
    discard: (n: number) => `Discard ${changes(n)} and sign out`,
    appearance: 'Appearance',
    theme: 'Theme',
    themes: { system: 'As the system', light: 'Light', dark: 'Dark' },
    contrast: 'Contrast',
    contrasts: { system: 'As the system', standard: 'Standard', high: 'High' },
    textSize: 'Text size',
    textSizes: { normal: 'Normal', large: 'Large', larger: 'Larger' },
  },

  status,

  close,

  palette: {
    title: 'Find or do',
    placeholder: 'Find a task, go somewhere, do something',
    go: 'Go to',
    do: 'Do',
    tasks: 'Tasks',
    nothing: 'Nothing found',
    newTask: 'New task',
    newRecord: (label: string) => `New ${label.toLowerCase()}`,
    light: 'Light theme',
    dark: 'Dark theme',
    systemTheme: 'Theme as the system',
    highContrast: 'High contrast',
    standardContrast: 'Standard contrast',
    textSize: (name: string) => `Text size: ${name.toLowerCase()}`,
    shortcuts: 'Keyboard shortcuts',
  },

  shortcuts: {
    title: 'Keyboard shortcuts',
    groups: { everywhere: 'Everywhere', list: 'In a list', typing: 'While adding a task' },
    palette: 'Find or do anything',
    sync: 'Sync now',
    help: 'Show this help',
    newTask: 'Add a task or record',
    search: 'Search',
    undo: 'Undo the last deletion',
    move: 'Move down and up',
    open: 'Go into the record',
    done: 'Done, or open again',
    delete: 'Delete',
    pickRange: 'Select a range, select single ones',
    escape: 'Clear the selection, close the record',
    dates: 'tomorrow 14:00, next Monday, 3 Dec',
    datesText: 'A date and time',
    priorityText: 'Priority, low to high',
    listText: 'A list',
    or: 'or',
  },

  files: {
    more: 'More',
    import: 'Import from a file',
    export: 'Export to a file',
    imported: (n: number) => `${records(n)} imported`,
    exported: (n: number) => `${records(n)} exported`,
  },

  lists: {
    newTitle: 'New list',
    name: 'Name of the list',
    create: 'Add list',
  },
};

export type Strings = typeof en;
