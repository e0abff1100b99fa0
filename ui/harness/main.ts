// The UI in a browser, `npm run harness`. Over a real host, when VITE_HARNESS_HOST or ?host= names the address that
// `tidemark-harness-host` printed; otherwise over a host in memory, and the address says what to see:
// ?tasks=100000&latency=20&empty=1&signedin=0&online=0&offline=TodoItems,TodoLists&scene=conflicts
import { FakeHost, type FakeOptions } from './fake-host';
import { useHost } from './host';
import { LoopbackHost } from './loopback-host';
import { METERS, SAMPLE_SETS } from './sample-model';
import { scenes } from './scenes';

const wish = new URLSearchParams(location.search);

function inMemory(): FakeHost {
  const options: FakeOptions = {
    tasks: Number(wish.get('tasks') ?? 300),
    signedIn: wish.get('signedin') !== '0',
    online: wish.get('online') !== '0',
    empty: wish.get('empty') === '1',
    latencyMs: Number(wish.get('latency') ?? 5),
    sets: [...SAMPLE_SETS, METERS],
    offline: wish.get('offline')?.split(',') ?? ['TodoLists', 'TodoItems', 'Sites', 'Contacts'],
  };
  const host = new FakeHost(options);
  for (const scene of wish.get('scene')?.split(',') ?? []) scenes[scene]?.(host);
  return host;
}

const real = wish.get('host') ?? (import.meta.env['VITE_HARNESS_HOST'] as string | undefined);
const host = useHost(real === undefined || real === '' ? inMemory() : new LoopbackHost(real));

// The desktop host freezes Object.prototype (tauri.conf.json); what breaks there has to break here.
Object.freeze(Object.prototype);
Object.assign(window, { tidemarkHost: host });
await import('../src/main');
