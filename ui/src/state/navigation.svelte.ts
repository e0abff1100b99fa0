// Where the user is. One value; screens are chosen from it and nothing else.
import type { TodoView } from '../ipc';

export type Route =
  | { screen: 'tasks'; view: TodoView; listId: string | null }
  | { screen: 'records'; set: string }
  | { screen: 'settings' | 'conflicts' | 'activity' | 'account' };

/** The entity set whose records the task screens show; DESIGN section 2 names it. */
export const TASKS = 'TodoItems';
export const LISTS = 'TodoLists';

/** A record that another screen asked to see, until its list has opened it. */
interface Wish {
  set: string;
  id: string;
}

class Navigation {
  route = $state.raw<Route>({ screen: 'tasks', view: 'today', listId: null });
  wish = $state.raw<Wish | null>(null);

  go(route: Route): void {
    this.route = route;
  }

  tasks(view: TodoView, listId: string | null = null): void {
    this.go({ screen: 'tasks', view, listId });
  }

  /** Goes to the screen of a record and opens the record there. */
  openRecord(set: string, id: string): void {
    this.wish = { set, id };
    if (set !== TASKS) this.go({ screen: 'records', set });
    else if (this.route.screen !== 'tasks') this.tasks('all');
  }

  /** Hands a wish to the screen of `set`, once. */
  takeWish(set: string): string | null {
    if (this.wish?.set !== set) return null;
    const id = this.wish.id;
    this.wish = null;
    return id;
  }
}

export const navigation = new Navigation();
