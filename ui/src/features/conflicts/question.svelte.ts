// A question in front of a person: the version that is shown, the sides chosen so far, and the answer.
//
// Never answers for a version that nobody has seen: a newer one replaces what is shown and says so, and a side chosen
// before stays only where both sides still say the same. The host refuses an answer to an older version as well.
import { toast, toastError } from '../../design/toast';
import {
  type ConflictView,
  host,
  type RecordView,
  type Resolution,
  type Sides,
  toHostError,
} from '../../ipc';
import { decisions } from '../../state/decisions.svelte';
import { undo } from '../../state/undo.svelte';
import { t } from '../../strings';
import { equal, questionOf } from './compare';

export type Side = 'mine' | 'server';

export class Question {
  shown = $state.raw<ConflictView>() as ConflictView;
  sides = $state.raw<Sides>({});
  /** Whether what is shown replaced an older version while it was open. */
  newer = $state(false);
  /** Whether there is nothing to decide any more. */
  settled = $state(false);
  busy = $state(false);
  failure = $state<string | null>(null);
  /** Whether the answer is meant for every similar question too. */
  similarToo = $state(false);
  readonly missing = $derived(this.shown.properties.filter((name) => this.sides[name] === undefined).length);
  readonly title = $derived(this.shown.title === '' ? t.tasks.untitled : this.shown.title);

  constructor(first: ConflictView) {
    this.shown = first;
  }

  /** Takes what the host says about this record's conflict now; undefined: there is none. */
  heard(now: ConflictView | undefined): void {
    if (this.busy) return;
    this.settled = now === undefined;
    if (now === undefined || questionOf(now) === questionOf(this.shown)) return;
    const before = this.shown;
    const stays = (name: string) =>
      now.properties.includes(name) &&
      equal(before.mine[name], now.mine[name]) &&
      equal(before.server?.[name], now.server?.[name]);
    this.sides = Object.fromEntries(Object.entries(this.sides).filter(([name]) => stays(name)));
    this.shown = now;
    this.newer = true;
  }

  choose(name: string, side: Side): void {
    this.sides = { ...this.sides, [name]: side };
  }

  chooseAll(side: Side): void {
    this.sides = Object.fromEntries(this.shown.properties.map((name) => [name, side]));
  }

  /** The answer that the chosen sides are; null while one is missing. */
  get chosen(): { resolution: Resolution; sides: Sides | null } | null {
    if (this.missing > 0) return null;
    const all = Object.values(this.sides);
    if (all.every((side) => side === 'mine')) return { resolution: 'keep-mine', sides: null };
    if (all.every((side) => side === 'server')) return { resolution: 'take-server', sides: null };
    return { resolution: 'merge', sides: this.sides };
  }

  /** What the record would be; null where it would be gone. */
  async preview(resolution: Resolution, sides: Sides | null): Promise<RecordView | null> {
    return (await host.previewResolve(this.shown.id, resolution, sides)).record;
  }

  /** Answers exactly the version that is shown. True when it is answered. */
  async answer(resolution: Resolution, sides: Sides | null = null): Promise<boolean> {
    if (this.busy || this.settled) return false;
    this.busy = true;
    this.failure = null;
    const words = t.conflicts.decided(this.title);
    try {
      if (this.similarToo && resolution !== 'merge') {
        const { answered, undo: ways } = await host.resolveSimilar(this.shown.id, resolution);
        sayDecided(answered === 1 ? words : t.conflicts.decidedMany(answered), ways);
      } else {
        sayDecided(words, [(await host.resolve(this.shown.id, resolution, sides)).undo]);
      }
      decisions.reload();
      return true;
    } catch (cause) {
      const failure = toHostError(cause);
      this.failure = failure.code === 'no_such_conflict' ? t.conflicts.movedOn : failure.message;
      return false;
    } finally {
      this.busy = false;
      if (this.failure !== null) decisions.reload();
    }
  }
}

/** Says that it is decided, and offers the way back. */
function sayDecided(words: string, ways: readonly string[]): void {
  const back = { undo: () => takeBack(ways) };
  undo.last = back;
  const run = () => {
    if (undo.last === back) undo.last = null;
    void takeBack(ways).catch((cause: unknown) => toastError(toHostError(cause).message));
  };
  toast(words, { label: t.common.undo, run });
}

async function takeBack(ways: readonly string[]): Promise<void> {
  let reopened = true;
  try {
    for (const way of ways) reopened = (await host.undoResolve(way)).reopened && reopened;
    toast(reopened ? t.conflicts.askedAgain : t.conflicts.sentAlready);
  } finally {
    decisions.reload();
  }
}
