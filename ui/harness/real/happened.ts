// What happened before or while somebody looks, made by doing it: changes on both sides of a cable that is pulled out.
import type { SyncView } from '../../src/ipc/bindings';
import type { RecordView } from '../../src/ipc/record';
import type { Device } from './device';
import type { Office } from './office';

/** A laptop and the office. */
export interface Sides {
  device: Device;
  office: Office;
}

/** What one side does to a record; null: it deletes it. */
export type Deed = RecordView | null;

export interface Clash {
  set: string;
  id: string;
  mine: Deed;
  theirs: Deed;
  /** Who is on the other side; the colleague where not said. */
  by?: Office;
}

/** The laptop does something that the server does not get to know yet. */
export async function unsent({ device }: Sides, set: string, id: string, mine: Deed): Promise<void> {
  device.cable.unplug();
  if (mine === null) await device.remove(set, id);
  else await device.edit(set, id, mine);
}

/** Both sides change records without knowing of each other, and then sync. */
export async function clash(sides: Sides, clashes: readonly Clash[]): Promise<void> {
  for (const { set, id, mine, theirs, by = sides.office } of clashes) {
    await unsent(sides, set, id, mine);
    if (theirs === null) await by.remove(set, id);
    else await by.edit(set, id, theirs);
  }
  sides.device.cable.plugIn();
  await sync(sides);
}

/** Runs a cycle that has to get through. */
export async function sync({ device }: Sides): Promise<SyncView> {
  const done = await device.ask('sync_now', {});
  if (done.outcome !== 'synced') throw new Error(`the laptop did not sync: ${done.error ?? done.outcome}`);
  return done;
}

/** The token that a laptop shows its server. */
export async function tokenOf(device: Device): Promise<string> {
  const token = new Promise<string>((seen) => {
    device.cable.decide((_, { authorization }) => {
      if (authorization?.startsWith('Bearer ')) seen(authorization.slice('Bearer '.length));
      return 'passes';
    });
  });
  await device.ask('sync_now', {});
  return token;
}
