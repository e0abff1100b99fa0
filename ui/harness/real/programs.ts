// Starts the programs that cargo built, and ends them. They lie in the folder that TIDEMARK_PROGRAMS names, which
// `cargo xtask test` sets; without it in target/debug. Refuses to build: what is missing is said with its command.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

export type Program = 'tidemark-server' | 'tidemark-harness-host';

/** A program that listens, with the address that it printed. */
export interface Running {
  url: string;
  /** Ends it as `kill -9` does, and waits until it is gone. */
  stop(): Promise<void>;
}

const living = new Set<ChildProcess>();
const folders = new Set<string>();
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
  for (const path of folders) rmSync(path, { recursive: true, force: true });
});

function pathOf(program: Program): string {
  const folder = process.env['TIDEMARK_PROGRAMS'] ?? resolve(process.cwd(), '../target/debug');
  const path = join(folder, process.platform === 'win32' ? `${program}.exe` : program);
  if (!existsSync(path)) {
    throw new Error(`${path} is not there; run: cargo build -p tidemark-server -p tidemark-harness-host`);
  }
  return path;
}

function launch(program: Program, args: readonly string[]): ChildProcess {
  const child = spawn(pathOf(program), args, { stdio: ['pipe', 'pipe', 'pipe'] });
  living.add(child);
  child.once('exit', () => living.delete(child));
  return child;
}

/** Collects what a program says on stderr, for the sentence when it fails. */
function complaints(child: ChildProcess): () => string {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)));
  return () => said.trim();
}

/** Starts a program that serves, and waits for its line `listening on http://ADDR:PORT`. */
export function serve(program: Program, args: readonly string[]): Promise<Running> {
  const child = launch(program, args);
  const said = complaints(child);
  const gone = new Promise<void>((done) => child.once('exit', () => done()));
  const stop = () => {
    child.kill('SIGKILL');
    return gone;
  };
  return new Promise((ready, failed) => {
    void gone.then(() => failed(new Error(`${program} ended before it listened: ${said()}`)));
    child.once('error', failed);
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const url = /^listening on (http:\S+)$/.exec(line)?.[1];
      if (url !== undefined) ready({ url, stop });
    });
  });
}

/** Runs a program to its end with a text on its stdin; a failure is said in its own words. */
export function run(program: Program, args: readonly string[], input: string): Promise<void> {
  const child = launch(program, args);
  const said = complaints(child);
  child.stdin?.end(input);
  return new Promise((done, failed) => {
    child.once('error', failed);
    child.once('exit', (code) => (code === 0 ? done() : failed(new Error(`${args.join(' ')}: ${said()}`))));
  });
}

/** A folder of its own, with the way to remove it. */
export function folder(name: string): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), `tidemark-${name}-`));
  folders.add(path);
  const remove = () => {
    folders.delete(path);
    rmSync(path, { recursive: true, force: true });
  };
  return { path, remove };
}
