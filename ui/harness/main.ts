// The UI in a browser over a real host, `npm run harness`: ?host= names the address that `tidemark-harness-host` printed.
// ?state= puts it into states that cannot be made by hand (`states.ts`).
import { FaultHost } from './fault-host';
import { useHost } from './host';
import { LoopbackHost } from './loopback-host';
import { states } from './states';

const wish = new URLSearchParams(location.search);
const address = wish.get('host');

if (address === null) {
  document.body.textContent = 'Which host? `npm run harness` starts one and opens this page with ?host=';
} else {
  const host = useHost(new FaultHost(new LoopbackHost(address)));
  for (const state of wish.get('state')?.split(',') ?? []) states[state]?.(host);
  // The desktop host freezes Object.prototype (tauri.conf.json); what breaks there has to break here.
  Object.freeze(Object.prototype);
  Object.assign(window, { tidemarkHost: host });
  await import('../src/main');
}
