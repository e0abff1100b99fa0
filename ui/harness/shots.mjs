// Takes a picture of every screen into /tmp/ui-shots (or the folder named), each over a real host and a real server of its
// own, and fails on a console error or a serious accessibility fault: `npm run shots -- [folder] [pattern of names]`.
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import { chromium } from 'playwright-core';
import { createServer } from 'vite';
import { SHOTS } from './shot-list.mjs';

const [folder = '/tmp/ui-shots', only = ''] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });

const server = await createServer({
  mode: 'harness',
  server: { port: 0, strictPort: false },
  logLevel: 'error',
});
await server.listen();
const address = server.resolvedUrls.local[0];
const { stage } = await server.ssrLoadModule('/harness/real/stage.ts');

const context = await chromium.launchPersistentContext(mkdtempSync(join(tmpdir(), 'tidemark-shots-')), {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});

context.setDefaultTimeout(8_000);

let faults = 0;
const complain = (shot, message) => {
  faults += 1;
  console.log(`${shot.name}: ${message}`);
};

for (const shot of SHOTS.filter((one) => new RegExp(only).test(one.name))) {
  const set = await stage(new URL(address).origin, shot.stage).catch((error) =>
    complain(shot, String(error)),
  );
  if (set === undefined) continue;
  const page = await context.newPage();
  page.on('pageerror', (error) => complain(shot, error.stack ?? error.message));
  // A command that the host refuses is an answer of 422, which the browser notes as an error of its own.
  const isRefusal = (line) => line.text().includes('status of 422');
  page.on('console', (line) => line.type() === 'error' && !isRefusal(line) && complain(shot, line.text()));
  await page.setViewportSize(shot.size ?? { width: 1440, height: 900 });
  const look = { theme: 'light', contrast: 'standard', textSize: 'normal', ...shot.look };
  await page.addInitScript((value) => {
    if (localStorage.getItem('tidemark.appearance') !== value)
      localStorage.setItem('tidemark.appearance', value);
  }, JSON.stringify(look));
  const state = shot.state === undefined ? '' : `&state=${shot.state}`;
  await page.goto(`${address}harness/${set.query}${state}`);
  await page.waitForSelector('[data-screen]', { timeout: 30_000 });
  await page.waitForTimeout(250);
  try {
    await shot.act?.(page, set);
  } catch (error) {
    complain(shot, String(error));
  }
  await page.waitForTimeout(shot.rest ?? 250);
  await page.screenshot({ path: join(folder, `${shot.name}.png`) });
  await page.evaluate(axe.source);
  const result = await page.evaluate(() =>
    globalThis.axe.run(document, {
      resultTypes: ['violations'],
      rules: {
        region: { enabled: false },
        // The palette's list is scrolled by its input, which keeps the focus (aria-activedescendant).
        'scrollable-region-focusable': { enabled: false },
      },
    }),
  );
  for (const found of result.violations.filter((one) => ['serious', 'critical'].includes(one.impact))) {
    const nodes = found.nodes
      .slice(0, 3)
      .map((node) => `${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`);
    complain(shot, `${found.id}: ${found.help}\n    ${nodes.join('\n    ')}`);
  }
  await page.close();
  await set.stop();
}

await context.close();
await server.close();
console.log(faults === 0 ? `pictures in ${folder}` : `${faults} faults`);
process.exit(faults === 0 ? 0 : 1);
