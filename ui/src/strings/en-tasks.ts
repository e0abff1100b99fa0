// The words of the tasks: the views, the list, quick add, one task.
import type { Mark, TodoSort, TodoView } from '../ipc';
import { number, plural } from './words';

const count = (n: number) => plural(n, '# task', '# tasks');

export const views = {
  today: 'Today',
  upcoming: 'Upcoming',
  overdue: 'Overdue',
  mine: 'Mine',
  all: 'All',
  done: 'Done',
  not_sent: 'Not sent yet',
  conflicts: 'Conflicts',
} satisfies Record<TodoView, string>;

export const sorts = {
  due: 'Due date',
  priority: 'Priority',
  title: 'Title',
  changed: 'Last changed',
} satisfies Record<TodoSort, string>;

export const marks = {
  none: '',
  waiting: 'Waiting to be sent',
  sending: 'Being sent',
  conflict: 'In conflict',
  refused: 'Could not be sent',
} satisfies Record<Mark, string>;

export const quickAdd = {
  label: 'Add a task',
  placeholder: 'Add a task, such as: Check pump tomorrow 14:00 !2 #Harbour',
  add: 'Add',
  due: (when: string) => `Due ${when}`,
  priority: (name: string) => `${name} priority`,
  list: (name: string) => `List ${name}`,
  newList: (name: string) => `New list “${name}”`,
  assignee: (name: string) => `For ${name}`,
  added: (title: string) => `Added “${title}”`,
  open: 'Open',
  suggestions: 'Lists',
};

export const tasks = {
  search: 'Search tasks',
  searchShort: 'Search',
  clearSearch: 'Clear the search',
  sort: 'Sort by',
  count,
  found: (n: number) => `${count(n)} found`,
  select: 'Select',
  selectDone: 'Stop selecting',
  selected: (n: number) => `${number(n)} selected`,
  markDone: 'Mark done',
  markOpen: 'Mark open',
  tooMany: 'More than 1,000 tasks at once cannot be selected. Pick a smaller range.',
  done: (title: string) => `Done: “${title}”`,
  doneMany: (n: number) => `${count(n)} done`,
  openMany: (n: number) => `${count(n)} open again`,
  deleted: (title: string) => `Deleted “${title}”`,
  deletedMany: (n: number) => `${count(n)} deleted`,
  checkDone: (title: string) => `Done: ${title}`,
  overdue: 'Overdue',
  list: 'Tasks',
  live: 'Read live from the server; these tasks are not kept on this laptop.',
  untitled: 'Untitled',
  deletedHere: 'Deleted',
};

export const taskEmpty = {
  today: { title: 'Nothing due today', text: 'Tasks that are due today or earlier appear here.' },
  upcoming: { title: 'Nothing coming up', text: 'Tasks with a due date after today appear here.' },
  overdue: { title: 'Nothing is late', text: 'Tasks whose time has passed appear here.' },
  mine: { title: 'Nothing is assigned to you', text: 'Tasks with your name as assignee appear here.' },
  all: { title: 'No open tasks', text: 'Write the first one into the field above.' },
  done: { title: 'Nothing done yet', text: 'Tasks you tick off appear here.' },
  not_sent: {
    title: 'Everything is sent',
    text: 'Changes that exist only on this laptop appear here until the server has them.',
  },
  conflicts: {
    title: 'No conflicts',
    text: 'When two people changed the same thing, it appears here and waits for your decision.',
  },
  addFirst: 'Add a task',
  showAll: 'Show all tasks',
  list: { title: 'This list is empty', text: 'Tasks you add here belong to this list.' },
  search: (words: string) => ({
    title: `Nothing found for “${words}”`,
    text: 'The search looks into every text of a task.',
  }),
  clearSearch: 'Clear the search',
  first: {
    title: 'Fetching your tasks',
    text: 'They appear as they arrive. You can add new ones already.',
  },
};

export const detail = {
  label: 'Task',
  title: 'Title',
  notes: 'Notes',
  notesPlaceholder: 'Write what a colleague needs to know',
  done: 'Done',
  markDone: 'Mark as done',
  priority: 'Priority',
  priorities: ['None', 'Low', 'Medium', 'High'] as readonly string[],
  priorityOther: (n: number) => `Priority ${n}`,
  due: 'Due',
  list: 'List',
  site: 'Site',
  assignee: 'Assignee',
  assignToMe: 'Assign to me',
  close: 'Close the task',
  delete: 'Delete task',
  more: 'More',
  empty: 'Choose a task to see it here',
  emptyHint: 'Arrow keys move through the list; ? shows every shortcut.',
  changedBy: (who: string, when: string) => `Changed by ${who} · ${when}`,
  changed: (when: string) => `Changed ${when}`,
  gone: 'This task was deleted.',
  bringBack: 'Bring it back',
  conflict: 'Two people changed this. It waits for your decision; nothing is lost.',
  decide: 'Decide',
  refused: 'The server did not accept this change. Correct it here, or see the reason in Activity.',
  seeReason: 'See the reason',
};
