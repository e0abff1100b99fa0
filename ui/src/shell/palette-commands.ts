// What the palette can do besides finding a task. Each entry is one thing a person may want, in their words.
import { appearance, TEXT_SIZES } from '../state/appearance.svelte';
import { navigation, type Route, TASKS } from '../state/navigation.svelte';
import { screen } from '../state/screen.svelte';
import { session } from '../state/session.svelte';
import { TODO_VIEWS, tasks } from '../state/tasks.svelte';
import { t } from '../strings';
import { syncNow } from './keys';
import { overlays } from './overlays.svelte';

export interface PaletteCommand {
  key: string;
  group: 'go' | 'do';
  label: string;
  keys?: string;
  run: () => void;
}

function place(screenName: 'conflicts' | 'activity' | 'settings' | 'account'): PaletteCommand {
  const go = () => navigation.go({ screen: screenName });
  return { key: `go-${screenName}`, group: 'go', label: t.nav[screenName], run: go };
}

/** Goes somewhere and begins a new record there. */
function createIn(route: Route): void {
  const there = navigation.route;
  const same =
    there.screen === route.screen &&
    (there.screen !== 'records' || route.screen !== 'records' || there.set === route.set);
  if (same) screen.actions.create?.();
  else {
    screen.next('create');
    navigation.go(route);
  }
}

/** Everything the palette offers now. */
export function paletteCommands(): PaletteCommand[] {
  const hasTasks = session.set(TASKS) !== undefined;
  const others = session.sets.filter((set) => set.name !== TASKS);
  const toTasks: Route = { screen: 'tasks', view: 'all', listId: null };
  return [
    ...(hasTasks
      ? [
          {
            key: 'new-task',
            group: 'do' as const,
            label: t.palette.newTask,
            keys: 'N',
            run: () => createIn(toTasks),
          },
        ]
      : []),
    { key: 'sync', group: 'do', label: t.status.syncNow, keys: 'Ctrl+Shift+S', run: () => void syncNow() },
    ...(hasTasks
      ? TODO_VIEWS.map((view) => ({
          key: `view-${view}`,
          group: 'go' as const,
          label: t.views[view],
          run: () => navigation.tasks(view),
        }))
      : []),
    ...tasks.counts.lists.map((list) => ({
      key: `list-${list.id}`,
      group: 'go' as const,
      label: list.name,
      run: () => navigation.tasks('all', list.id),
    })),
    ...others.map((set) => ({
      key: `set-${set.name}`,
      group: 'go' as const,
      label: set.label,
      run: () => navigation.go({ screen: 'records', set: set.name }),
    })),
    place('conflicts'),
    place('activity'),
    place('settings'),
    place('account'),
    ...others.map((set) => ({
      key: `new-${set.name}`,
      group: 'do' as const,
      label: t.palette.newRecord(set.record_label),
      run: () => createIn({ screen: 'records', set: set.name }),
    })),
    {
      key: 'theme',
      group: 'do',
      label: appearance.dark ? t.palette.light : t.palette.dark,
      run: () => appearance.switchTheme(),
    },
    {
      key: 'theme-system',
      group: 'do',
      label: t.palette.systemTheme,
      run: () => appearance.choose({ theme: 'system' }),
    },
    {
      key: 'contrast',
      group: 'do',
      label: appearance.high ? t.palette.standardContrast : t.palette.highContrast,
      run: () => appearance.choose({ contrast: appearance.high ? 'standard' : 'high' }),
    },
    ...TEXT_SIZES.map((textSize) => ({
      key: `text-${textSize}`,
      group: 'do' as const,
      label: t.palette.textSize(t.account.textSizes[textSize]),
      run: () => appearance.choose({ textSize }),
    })),
    {
      key: 'shortcuts',
      group: 'do',
      label: t.palette.shortcuts,
      keys: '?',
      // After the palette has closed, which would otherwise close this too.
      run: () => setTimeout(() => overlays.show('shortcuts')),
    },
  ];
}
