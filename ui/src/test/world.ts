// What stands behind the UI in a test: a real server, started once per test file; for every test a workspace of its own in
// it, a laptop with a real `App`, and a colleague in the office. It ends with its test.
import { FaultHost } from '../../harness/fault-host';
import { type Host, useHost } from '../../harness/host';
import { LoopbackHost } from '../../harness/loopback-host';
import { Device } from '../../harness/real/device';
import { model } from '../../harness/real/model';
import { Office } from '../../harness/real/office';
import { Server } from '../../harness/real/server';
import type { RecordView } from '../ipc';

export interface Wish {
  /** What the office has, by entity set, before the laptop is signed in. */
  records?: Record<string, readonly RecordView[]>;
  signedIn?: boolean;
  /** What the laptop keeps offline. */
  offline?: readonly string[];
  /** Whether the sign-in screen offers the demo. */
  demo?: boolean;
  /** Whether the test changes the server itself, which no other test must notice. */
  ownServer?: boolean;
}

export interface World {
  server: Server;
  /** The colleague, in plain OData. */
  office: Office;
  device: Device;
  /** What the UI asks: it passes everything on to the laptop, unless a test has it fail. */
  host: FaultHost;
  /** The account of the laptop. */
  name: string;
}

const EVERYTHING = ['TodoLists', 'TodoItems', 'Sites', 'Contacts'];
const worlds: World[] = [];
const living: { stop: () => Promise<void> }[] = [];
let nextBegins: (host: Host) => void = () => {};
let shared: Promise<Server> | undefined;
let accounts = 0;

async function serverFor({ ownServer = false, demo = false }: Wish): Promise<Server> {
  if (!ownServer && !demo) return (shared ??= Server.start(model()));
  const own = await Server.start(model(), demo ? ['--demo'] : []);
  living.push(own);
  return own;
}

/** Makes everything and brings the laptop up to date. */
export async function aWorld(wish: Wish = {}): Promise<World> {
  const server = await serverFor(wish);
  const number = (accounts += 1);
  const [name, colleague] = [`ana${number}`, `ben${number}`];
  const [device] = await Promise.all([
    Device.start(server.url, { origin: location.origin, ...(wish.demo ? { demoServer: server.url } : {}) }),
    server.addUser(name, `field ${number}`).then(() => server.addUser(colleague, `field ${number}`)),
  ]);
  living.push(device);
  const office = new Office(server.url, colleague);
  for (const [set, records] of Object.entries(wish.records ?? {})) await office.fill(set, records);
  if (wish.signedIn ?? true) await device.signIn(name, wish.offline ?? EVERYTHING);
  const page = new LoopbackHost(device.url);
  living.push({ stop: () => Promise.resolve(page.close()) });
  const world = { server, office, device, host: useHost(new FaultHost(page)), name };
  nextBegins(world.host);
  worlds.push(world);
  return world;
}

/** Ends what a test has started, once nothing is asked any more. What the UI asks later, the next test's host answers. */
export async function endWorlds(): Promise<void> {
  for (const world of worlds.splice(0)) {
    world.device.cable.decide(() => 'passes');
    await world.host.settled();
  }
  let begin = (_: Host) => {};
  const next = new Promise<Host>((begins) => (begin = begins));
  nextBegins = begin;
  useHost({ invoke: async (command, args) => (await next).invoke(command, args), listen: () => () => {} });
  for (const one of living.splice(0).reverse()) await one.stop();
}

/** Ends the server of the test file. */
export async function endServer(): Promise<void> {
  await (await shared)?.stop();
  shared = undefined;
}
