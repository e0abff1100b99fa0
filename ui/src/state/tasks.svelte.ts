// The TodoItems screens: which view, in what order, and how many are in each.
import { host, type TodoCounts, type TodoSort, type TodoView } from '../ipc';
import { watchRecords } from './changes';
import { clock } from './clock.svelte';
import { coalesce } from './coalesce';
import { LISTS, TASKS } from './navigation.svelte';
import { learnTitle } from './titles.svelte';
import type { ReadPage } from './windowed-list.svelte';

export const TODO_VIEWS: readonly TodoView[] = [
  'today',
  'upcoming',
  'overdue',
  'mine',
  'all',
  'done',
  'not_sent',
  'conflicts',
];
export const TODO_SORTS: readonly TodoSort[] = ['due', 'priority', 'title', 'changed'];

const NO_COUNTS: TodoCounts = {
  views: { today: 0, upcoming: 0, overdue: 0, mine: 0, all: 0, done: 0, not_sent: 0, conflicts: 0 },
  lists: [],
};

/** What the task screen asks for. */
export interface TaskQuestion {
  view: TodoView;
  listId: string | null;
  search: string;
  sort: TodoSort;
}

class Tasks {
  counts = $state.raw<TodoCounts>(NO_COUNTS);
  sort = $state<TodoSort>('due');
  readonly recount = coalesce(() => this.count(), 300, 50);

  /** Counts again whenever tasks or lists change; the returned function stops it. */
  start(): () => void {
    const stops = [TASKS, LISTS].map((set) => watchRecords(set, () => this.recount()));
    return () => stops.forEach((stop) => stop());
  }

  async count(): Promise<void> {
    clock.tick();
    try {
      this.counts = await host.todoCounts(clock.dayStart, clock.dayEnd);
      for (const list of this.counts.lists) learnTitle(LISTS, list.id, list.name);
    } catch {
      // Tasks are not kept here and there is no network: the screen says so, and the old figures are no help.
      this.counts = NO_COUNTS;
    }
  }

  /** How pages of one question are read; what today is, is decided when a page is read. */
  reader(question: TaskQuestion): ReadPage {
    return (offset, limit) => {
      clock.tick();
      return host.todoList({
        view: question.view,
        list_id: question.listId,
        search: question.search.trim() === '' ? null : question.search.trim(),
        sort: question.sort,
        day_start: clock.dayStart,
        day_end: clock.dayEnd,
        offset,
        limit,
      });
    };
  }

  listName(id: string): string | null {
    return this.counts.lists.find((list) => list.id === id)?.name ?? null;
  }

  forget(): void {
    this.counts = NO_COUNTS;
  }
}

export const tasks = new Tasks();
