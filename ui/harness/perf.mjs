// Scrolls through 100,000 tasks of a real host and says how smooth it was: `npm run perf -- [tasks]`. Prints one line of JSON.
// Making that many takes minutes with what `cargo build` makes; TIDEMARK_PROGRAMS=../target/release is quicker.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { build, createServer, preview } from 'vite';

await build({ mode: 'harness', logLevel: 'error' });
const server = await preview({
  mode: 'harness',
  logLevel: 'error',
  build: { outDir: 'node_modules/.harness' },
  preview: { port: 0 },
});
const address = server.resolvedUrls.local[0];
const tasks = Number(process.argv[2] ?? 100_000);
const loader = await createServer({ mode: 'harness', server: { middlewareMode: true }, logLevel: 'error' });
const { stage } = await loader.ssrLoadModule('/harness/real/stage.ts');
const { query, stop } = await stage(new URL(address).origin, { tasks });
const context = await chromium.launchPersistentContext(mkdtempSync(join(tmpdir(), 'tidemark-perf-')), {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
});
const page = await context.newPage();
await page.setViewportSize({ width: 1200, height: 800 });
await page.goto(`${address}harness/index.html${query}`);
await page.click('[data-testid=nav-view-all]');
await page.waitForSelector('[data-testid=task-row]');
await page.waitForTimeout(1500);

const measured = await page.evaluate(async () => {
  const grid = document.querySelector('[role=grid]');
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const scroll = async (pixels, frames) => {
    const times = [];
    let blank = 0;
    let last = performance.now();
    for (let n = 0; n < frames; n += 1) {
      grid.scrollTop += pixels;
      await frame();
      const now = performance.now();
      times.push(now - last);
      last = now;
      if (document.querySelectorAll('[data-testid=task-row]').length === 0) blank += 1;
    }
    times.sort((a, b) => a - b);
    const round = (ms) => Math.round(ms * 10) / 10;
    return {
      median_ms: round(times[Math.floor(times.length / 2)]),
      p95_ms: round(times[Math.floor(times.length * 0.95)]),
      worst_ms: round(times.at(-1)),
      frames_without_rows: blank,
    };
  };
  const settle = () => new Promise((resolve) => setTimeout(resolve, 800));
  const wheel = await scroll(120, 240);
  await settle();
  const fling = await scroll(1500, 240);
  await settle();
  const drag = await scroll(40_000, 100);
  const dragged = performance.now();
  while (document.querySelectorAll('[data-testid=row-skeleton]').length > 0) await frame();
  const filled = Math.round(performance.now() - dragged);
  await settle();
  return {
    scroll_height: grid.scrollHeight,
    wheel,
    fling,
    drag,
    rows_after_drag_ms: filled,
    nodes: document.querySelectorAll('*').length,
    rows: document.querySelectorAll('[role=row]').length,
    heap_mb: Math.round((performance.memory?.usedJSHeapSize ?? 0) / 1e6),
    calls: window.tidemarkHost.called('todo_list').length,
  };
});
console.log(JSON.stringify(measured));

// Search as you type over the same records.
const typed = Date.now();
await page.fill('[data-testid=search]', 'corrosion');
await page.waitForFunction(() => document.querySelectorAll('[data-testid=task-row]').length === 1);
console.log(JSON.stringify({ search_ms: Date.now() - typed }));

await context.close();
await loader.close();
await server.close();
await stop();
