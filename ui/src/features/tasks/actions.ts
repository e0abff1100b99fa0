// What can be done to tasks, each with its message and its way back.
import { toast, toastError } from '../../design/toast';
import { host, type RecordView, shownOf, textOf, toHostError } from '../../ipc';
import { TASKS } from '../../state/navigation.svelte';
import { undo } from '../../state/undo.svelte';
import type { WindowedList } from '../../state/windowed-list.svelte';
import { t } from '../../strings';

export function titleOfTask(record: RecordView | undefined): string {
  return (record === undefined ? '' : textOf(record, 'Title')) || t.tasks.untitled;
}

/** Ticks tasks off, or opens them again: at once on screen, then on the device. */
export async function setDone(list: WindowedList, ids: readonly string[], done: boolean): Promise<void> {
  const title = titleOfTask(list.byId(ids[0] ?? ''));
  const shown = ids.map((id) => {
    const record = list.byId(id);
    return record === undefined ? null : shownOf({ IsDone: record }, ['IsDone']);
  });
  for (const id of ids) list.patch(id, { IsDone: done });
  try {
    for (const [n, id] of ids.entries()) await host.edit(TASKS, id, { IsDone: done }, shown[n] ?? null);
    if (!done && ids.length === 1) return;
    const words = done
      ? ids.length === 1
        ? t.tasks.done(title)
        : t.tasks.doneMany(ids.length)
      : t.tasks.openMany(ids.length);
    toast(words, { label: t.common.undo, run: () => void setDone(list, ids, !done) });
  } catch (cause) {
    toastError(toHostError(cause).message);
    list.refresh();
  }
}

/** Deletes tasks as they are shown; the toast brings them back. */
export async function removeTasks(
  list: WindowedList,
  ids: readonly string[],
  title: string,
  shown: (id: string) => RecordView | undefined,
): Promise<void> {
  try {
    const removal = await undo.remove(TASKS, ids, shown);
    const words = ids.length === 1 ? t.tasks.deleted(title) : t.tasks.deletedMany(ids.length);
    toast(words, { label: t.common.undo, run: () => void removal.undo().catch(sayWhy) });
  } catch (cause) {
    sayWhy(cause);
  }
  list.refresh();
}

function sayWhy(cause: unknown): void {
  toastError(toHostError(cause).message);
}
