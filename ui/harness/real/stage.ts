// What a picture is taken of: a server with believable records, a laptop of Ana Pereira's, and Ben Okafor in the office.
// Everything was done, nothing is pretended; `scenes.ts` does more of it.
import { sampleRecords } from '../sample-records';
import { Device } from './device';
import { model } from './model';
import { Office } from './office';
import { type Scene, scenes } from './scenes';
import { Server } from './server';

export interface Wish {
  /** How many tasks the office has; 0: nothing at all. */
  tasks?: number;
  signedIn?: boolean;
  /** What the laptop keeps offline. */
  offline?: readonly string[];
  /** Whether the network is away at the end. */
  away?: boolean;
  /** Whether the sign-in screen offers the demo. */
  demo?: boolean;
  scenes?: readonly Scene[];
}

export interface Stage {
  server: Server;
  office: Office;
  device: Device;
  /** Where the harness's page finds the laptop. */
  query: string;
  stop(): Promise<void>;
}

const ANA = 'Ana Pereira';
const BEN = 'Ben Okafor';
const KEPT = ['TodoLists', 'TodoItems', 'Sites', 'Contacts'];

/** Sets it; `origin` is the page that may look. */
export async function stage(origin: string, wish: Wish = {}): Promise<Stage> {
  const { tasks = 300, signedIn = true, offline = KEPT, away = false, demo = false } = wish;
  const server = await Server.start(model());
  const people = server.addUser(ANA, 'Eastmouth').then(() => server.addUser(BEN, 'Eastmouth'));
  const from = demo ? { demoServer: server.url } : {};
  const [device] = await Promise.all([Device.start(server.url, { origin, ...from }), people]);
  const office = new Office(server.url, BEN);
  if (tasks > 0) {
    const records = Object.entries(sampleRecords({ now: Date.now(), tasks }));
    for (const [set, all] of records) await office.fill(set, all);
  }
  if (signedIn) await device.signIn(ANA, offline);
  for (const scene of wish.scenes ?? []) await scenes[scene]({ server, office, device });
  if (away) {
    device.cable.unplug();
    if (signedIn) await device.ask('sync_now', {});
  }
  const stop = async () => {
    await device.stop();
    await server.stop();
  };
  return { server, office, device, query: `?host=${device.url}`, stop };
}
