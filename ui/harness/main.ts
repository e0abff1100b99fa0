// The UI over a host in memory: `npm run harness`, then choose what to see in the address:
// ?tasks=100000&latency=20&empty=1&signedin=0&online=0&offline=TodoItems,TodoLists&scene=conflicts
import { FakeHost, type FakeOptions } from './fake-host';
import { useHost } from './host';
import { METERS, SAMPLE_SETS } from './sample-model';
import { scenes } from './scenes';

const wish = new URLSearchParams(location.search);
const options: FakeOptions = {
  tasks: Number(wish.get('tasks') ?? 300),
  signedIn: wish.get('signedin') !== '0',
  online: wish.get('online') !== '0',
  empty: wish.get('empty') === '1',
  latencyMs: Number(wish.get('latency') ?? 5),
  sets: [...SAMPLE_SETS, METERS],
  offline: wish.get('offline')?.split(',') ?? ['TodoLists', 'TodoItems', 'Sites', 'Contacts'],
};
const host = useHost(new FakeHost(options));
for (const scene of wish.get('scene')?.split(',') ?? []) scenes[scene]?.(host);

// The desktop host freezes Object.prototype (tauri.conf.json); what breaks there has to break here.
Object.freeze(Object.prototype);
Object.assign(window, { tidemarkHost: host });
await import('../src/main');
