// Four questions between a laptop and the office, one of each kind and one with the person's own other laptop: made by
// changing the same records on both sides.
import { modelWith } from '../../harness/real/model';
import { Office } from '../../harness/real/office';
import { guid } from '../../harness/sample-records';
import { clash, sync, unsent } from '../../harness/real/happened';
import type { World } from './world';

export const TASKS = 'TodoItems';
export const BEFORE = 'Switch the pump to manual first; the float sticks when the water is low.';
export const MINE = `${BEFORE}\n\nTake the long ladder and wait for the gasket set.`;
export const THEIRS = 'Switch the pump to manual first; the float was replaced on Friday.';
export const LOCK = { Id: guid(2, 2), Name: 'Lock 4' };

const task = (n: number, Title: string) => ({ Id: guid(4, n), Title, Notes: BEFORE, Priority: 0 });
/** The records in question, by what happened to them. */
export const both = task(5, 'Check pump 3');
export const deleted = task(9, 'Mend the fence');
export const edited = task(3, 'Read the gauge');
export const own = task(11, 'Order seals');

export const records = { Sites: [LOCK], TodoItems: [both, deleted, edited, own] };

/** Makes them; the laptop knows of all four afterwards. */
export async function fourQuestions(world: World): Promise<void> {
  const mine = { Notes: MINE, Priority: 1, Assignee: 'Demo' };
  const theirs = { Notes: THEIRS, Priority: 3, SiteId: LOCK.Id };
  const elsewhere = new Office(world.server.url, world.name);
  await clash(world, [
    { set: TASKS, id: both.Id, mine, theirs },
    { set: TASKS, id: deleted.Id, mine, theirs: null },
    { set: TASKS, id: edited.Id, mine: null, theirs },
    { set: TASKS, id: own.Id, mine: { Priority: 1, IsDone: true }, theirs: { Priority: 3 }, by: elsewhere },
  ]);
}

/** A record on the server once everything that waits was sent; null where it is gone. */
export async function onServer({ device, office }: World, id: string) {
  device.cable.plugIn();
  await device.ask('sync_now', {});
  return (await office.list(TASKS)).find((record) => record['Id'] === id) ?? null;
}

/** The server's model turns stricter while a change waits: it refuses the change. */
export async function refused(world: World): Promise<void> {
  await unsent(world, TASKS, both.Id, { Assignee: 'Ana Pereira', Priority: 2 });
  await world.server.remodel(modelWith('TodoItem', 'Assignee', { $MaxLength: 3 }));
  world.device.cable.plugIn();
  await sync(world);
}

/** What a test needs for it. */
export const refusing = { records, ownServer: true, before: refused };
