// Architecture as lints: who may import what. The reasons are in the messages.
import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

const noTauri = {
  group: ['@tauri-apps/*'],
  message: 'Only src/ipc talks to the host; import a command or an event from src/ipc.',
};
const noHost = { group: ['**/ipc/host'], message: 'Import a typed command or event from src/ipc.' };
const noHarness = { group: ['**/harness/*'], message: 'The harness never ships; only tests may import it.' };
const noScreens = {
  group: ['**/features/*', '**/shell/*'],
  message: 'State and design know no screen: what a person does flows down, what changed flows up.',
};
const noState = { group: ['**/state/*', '**/ipc/*'], message: 'A design part gets what it shows as props.' };

const forbid = (...patterns) => ({ 'no-restricted-imports': ['error', { patterns }] });

export default ts.config(
  { ignores: ['dist/', 'node_modules/', 'src/ipc/bindings.ts'] },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    rules: {
      eqeqeq: ['error', 'always'],
      'no-console': 'error',
      'prefer-const': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      'svelte/no-at-html-tags': 'error',
      'svelte/prefer-svelte-reactivity': 'off',
      'svelte/require-each-key': 'error',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig } },
  },
  { files: ['**/*.svelte'], rules: { 'prefer-const': 'off', 'svelte/prefer-const': 'off' } },
  { files: ['src/**'], rules: forbid(noTauri, noHost, noHarness) },
  { files: ['src/ipc/**'], rules: forbid(noHarness) },
  { files: ['src/state/**'], rules: forbid(noTauri, noHost, noHarness, noScreens) },
  { files: ['src/design/**'], rules: forbid(noTauri, noHost, noHarness, noScreens, noState) },
  { files: ['src/**/*.test.ts', 'src/test/**'], rules: forbid(noTauri) },
  { files: ['harness/**'], rules: { 'no-console': 'off' } },
);
