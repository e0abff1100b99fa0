// What happened on a stage before somebody looks, each by name and each by doing it.
import { guid } from '../sample-records';
import { clash, type Sides, sync, tokenOf, unsent } from './happened';
import { modelWith } from './model';
import type { Server } from './server';

type Actors = Sides & { server: Server };

const TASKS = 'TodoItems';
const task = (n: number) => guid(4, n);

const BEFORE =
  'The key hangs in the office. Switch the pump to manual first; the float sticks when the water is low.\n\nTake the long ladder.';
const MINE =
  'The key hangs in the office, behind the door. Switch the pump to manual first; the float sticks when the water is low.\n\nTake the long ladder and wait for the gasket set, which comes on Thursday.';
const THEIRS =
  'The key is with Ana now. Switch the pump to manual first; the float was replaced on Friday.\n\nTake the long ladder.';
const LONG_WORDS =
  'on the upstream side of the second sluice gate, from the walkway and from the boat, before the inspector comes';

const mine = { Notes: MINE, Priority: 1, Assignee: 'Ana Pereira' };
const theirs = { Notes: THEIRS, Priority: 3, SiteId: guid(2, 2) };

/** Makes tasks what both sides start from. */
async function alike({ device, office }: Sides, tasks: readonly number[]): Promise<void> {
  for (const n of tasks) {
    const empty = { Priority: 0, Assignee: null, SiteId: null, IsDone: false };
    const base = { ...empty, Notes: BEFORE, DueAt: '2026-11-30T09:00:00Z' };
    await office.edit(TASKS, task(n), base);
  }
  await sync({ device, office });
}

async function conflicts(actors: Actors): Promise<void> {
  await alike(actors, [5, 9, 3, 11]);
  await clash(actors, [
    { set: TASKS, id: task(5), mine, theirs },
    { set: TASKS, id: task(9), mine, theirs: null },
    { set: TASKS, id: task(3), mine: null, theirs },
    {
      set: TASKS,
      id: task(11),
      mine: { Priority: 1, DueAt: '2026-11-24T14:00:00Z' },
      theirs: { Priority: 3, DueAt: null },
    },
  ]);
}

async function waiting(actors: Actors): Promise<void> {
  for (const n of [1, 2, 4]) await unsent(actors, TASKS, task(n), { Priority: 3 });
}

/** The server's model turns stricter while a change waits: it refuses the change. */
async function parked(actors: Actors): Promise<void> {
  await unsent(actors, TASKS, task(6), { Assignee: 'The whole crew of the night shift', Priority: 2 });
  await actors.server.remodel(modelWith('TodoItem', 'Assignee', { $MaxLength: 20 }));
  actors.device.cable.plugIn();
  await sync(actors);
}

/** One answer by the settings and two by a person, one of them about a deletion. */
async function decisions(actors: Actors): Promise<void> {
  const { device } = actors;
  await actors.office.edit(TASKS, task(10), { Title: 'Grease the penstock' });
  await alike(actors, [7, 8, 10]);
  await device.ask('set_policy', { set: TASKS, policy: 'mine' });
  await clash(actors, [{ set: TASKS, id: task(7), mine, theirs }]);
  await device.ask('set_policy', { set: TASKS, policy: 'ask' });
  await clash(actors, [
    { set: TASKS, id: task(8), mine: null, theirs },
    { set: TASKS, id: task(10), mine, theirs },
  ]);
  for (const { id, kind } of await device.ask('conflicts', {})) {
    if (kind === 'edited_on_server') {
      await device.ask('resolve', { conflict: id, resolution: 'delete-anyway', sides: null });
    } else {
      const sides = { Notes: 'server', Priority: 'mine' } as const;
      await device.ask('resolve', { conflict: id, resolution: 'merge', sides });
    }
  }
  await sync(actors);
}

export type Scene =
  'conflicts' | 'long' | 'waiting' | 'parked' | 'marks' | 'decisions' | 'activity' | 'revoked';

export const scenes: Record<Scene, (actors: Actors) => Promise<void>> = {
  conflicts,
  waiting,
  parked,
  decisions,
  /** Titles that run over, for what comes after. */
  long: async (actors) => {
    for (const n of [5, 9]) {
      const { Title } = await actors.office.get(TASKS, task(n));
      await actors.office.edit(TASKS, task(n), { Title: `${String(Title)} ${LONG_WORDS}` });
    }
    await sync(actors);
  },
  /** One record of each mark, but for one that is being sent. */
  marks: async (actors) => {
    await alike(actors, [5]);
    await parked(actors);
    await clash(actors, [{ set: TASKS, id: task(5), mine, theirs }]);
    await waiting(actors);
  },
  /** The server knows the laptop no more. */
  revoked: async ({ device, server }) => {
    await server.revoke(await tokenOf(device));
    await device.ask('sync_now', {});
  },
  /** Cycles of every kind that a network makes. */
  activity: async (actors) => {
    const { device, office } = actors;
    await office.edit(TASKS, task(12), { Priority: 3 });
    await sync(actors);
    await unsent(actors, TASKS, task(13), { Priority: 3 });
    await device.ask('sync_now', {});
    device.cable.plugIn();
    await sync(actors);
    await sync(actors);
  },
};
