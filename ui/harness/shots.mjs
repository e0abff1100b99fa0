// Takes a picture of every screen into /tmp/ui-shots (or the folder named), and fails on a console error or a
// serious accessibility fault: `npm run shots -- [folder] [pattern of names]`.
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

let faults = 0;
const complain = (shot, message) => {
  faults += 1;
  console.log(`${shot.name}: ${message}`);
};

for (const shot of SHOTS.filter((one) => new RegExp(only).test(one.name))) {
  const page = await context.newPage();
  page.on('pageerror', (error) => complain(shot, error.stack ?? error.message));
  page.on('console', (line) => line.type() === 'error' && complain(shot, line.text()));
  await page.setViewportSize(shot.size ?? { width: 1440, height: 900 });
  const look = { theme: 'light', contrast: 'standard', textSize: 'normal', ...shot.look };
  await page.addInitScript((value) => {
    if (localStorage.getItem('tidemark.appearance') !== value)
      localStorage.setItem('tidemark.appearance', value);
  }, JSON.stringify(look));
  await page.goto(`${address}harness/${shot.query ?? ''}`);
  await page.waitForSelector('[data-screen]', { timeout: 30_000 });
  await page.waitForTimeout(250);
  try {
    await shot.act?.(page);
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
}

await context.close();
await server.close();
console.log(faults === 0 ? `pictures in ${folder}` : `${faults} faults`);
process.exit(faults === 0 ? 0 : 1);
