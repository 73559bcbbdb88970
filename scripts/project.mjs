/**
 * This checkout: where it lies, and how set-up runs programs in it. Plain JavaScript, as everything that set-up needs,
 * because it must run on an old Node before anything is installed.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The project's own Node 26, once the packages are installed. */
export const NODE = join(ROOT, 'node_modules', '.bin', 'node');

/**
 * Runs a program to its end, and ends this process if it fails. Its output goes to stderr: stdout belongs to what set-up was called for.
 * @param {string} program
 * @param {string[]} args
 */
export function run(program, ...args) {
  const { status, error } = spawnSync(program, args, { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (status === 0) return;
  say(`'${[program, ...args].join(' ')}' failed${error ? `: ${error.message}` : ''}`);
  process.exit(1);
}

/** @param {string} what */
export function say(what) {
  process.stderr.write(`set-up: ${what}\n`);
}
