// `npm run harness`: a real server with sample records, a real host for the page, and the page, until Ctrl+C. What is named
// after it are scenes of `real/scenes.ts`: `npm run harness -- conflicts parked`.
import { createServer } from 'vite';

const vite = await createServer({ mode: 'harness' });
await vite.listen();
const { origin } = new URL(vite.resolvedUrls.local[0]);
const { stage } = await vite.ssrLoadModule('/harness/real/stage.ts');
const { query, server, stop } = await stage(origin, { scenes: process.argv.slice(2) });
console.log(`\n  the page:   ${origin}/harness/${query}\n  the server: ${server.url}\n`);
if (process.stdout.isTTY) {
  vite.config.server.open = `/harness/${query}`;
  vite.openBrowser();
}

const end = async () => {
  await stop();
  await vite.close();
  process.exit(0);
};
process.once('SIGINT', end);
process.once('SIGTERM', end);
