// Builds `ui/dist`, the pages that the desktop host embeds.
//
// Three modes: the default is what ships. `harness` (npm run harness) and `test` put the hosts of `harness/` in the place of
// Tauri; nothing of it reaches `dist`.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import tailwindcss from '@tailwindcss/vite';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** Swaps the one file that talks to Tauri (`src/ipc/host.ts`) for the one that does not. */
function otherHost(): Plugin {
  return {
    name: 'tidemark-other-host',
    enforce: 'pre',
    resolveId(source, importer) {
      const wanted = source === './host' && importer?.includes('/src/ipc/');
      return wanted ? path('./harness/host.ts') : null;
    },
  };
}

export default defineConfig(({ mode }) => ({
  plugins: [
    svelte(),
    tailwindcss(),
    ...(mode === 'production' || mode === 'development' ? [] : [otherHost()]),
  ],
  clearScreen: false,
  server: { port: 1420, strictPort: true },
  // Under vitest the browser's half of Svelte is wanted, not the server's.
  resolve: mode === 'test' ? { conditions: ['browser'] } : {},
  build: {
    target: ['safari16.4', 'chrome111'],
    // The host's Content-Security-Policy allows no inline script, and the polyfill is one.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
    ...(mode === 'harness'
      ? { outDir: path('./node_modules/.harness'), rollupOptions: { input: path('./harness/index.html') } }
      : {}),
  },
  test: {
    environment: 'jsdom',
    // The page that a harness host answers.
    environmentOptions: { jsdom: { url: 'http://localhost:1420' } },
    include: ['src/**/*.test.ts', 'harness/**/*.test.ts'],
    setupFiles: ['src/test/setup.ts'],
    restoreMocks: true,
    // Two cores may be busy with a compiler beside this, and a test waits for other processes most of its time.
    testTimeout: 30_000,
    maxWorkers: 3,
  },
}));
