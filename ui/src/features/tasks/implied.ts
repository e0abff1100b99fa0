// What a new task gets from the view it is added in, so that it appears there.
import type { Route } from '../../state/navigation.svelte';

export interface Implied {
  today: boolean;
  list: { id: string; name: string } | null;
  assignee: string | null;
}

/** `refused` names what the person took back for this line. */
export function impliedBy(
  route: Route,
  refused: ReadonlySet<keyof Implied>,
  user: string,
  listName: (id: string) => string | null,
): Implied {
  if (route.screen !== 'tasks') return { today: false, list: null, assignee: null };
  const name = route.listId === null ? null : listName(route.listId);
  return {
    today: route.view === 'today' && !refused.has('today'),
    list: route.listId === null || name === null || refused.has('list') ? null : { id: route.listId, name },
    assignee: route.view === 'mine' && user !== '' && !refused.has('assignee') ? user : null,
  };
}
