/**
 * `npm run check:fresh`: what a stranger does. Clones the last commit and there, with the oldest Node on PATH, runs `npm start`, `npm test`
 * and set-up once more. Takes minutes, and needs the registry.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment, expectLine } from './strangers.ts';
import { ROOT } from './project.mjs';

const MAX_SETTLED_MS = 1_000;

const clone = mkdtempSync(join(tmpdir(), 'gossip-fresh-'));
const env = environment(join(clone, '.home'));
try {
  run('git', 'clone', '--quiet', ROOT, join(clone, 'gossip'));
  expectLine(npm('start'), /repair took \d/, 'npm start tells how long the repair took');
  const started = performance.now();
  npm('run', '--silent', 'setup');
  const settledMs = performance.now() - started;
  if (settledMs > MAX_SETTLED_MS) throw new Error(`set-up with nothing to do took ${Math.round(settledMs)} ms`);
  expectLine(npm('test'), /^\d+ passed, 0 failed, \d+ skipped$/m, 'npm test ends with its counts');
  process.stdout.write(`fresh checkout: good; set-up with nothing to do takes ${Math.round(settledMs)} ms\n`);
} finally {
  rmSync(clone, { recursive: true, force: true });
}

function npm(...args: string[]): string {
  return run('npm', ...args);
}

function run(program: string, ...args: string[]): string {
  const cwd = program === 'git' ? clone : join(clone, 'gossip');
  const { status, stdout } = spawnSync(program, args, {
    cwd,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 28,
  });
  process.stdout.write(stdout);
  if (status !== 0) throw new Error(`'${program} ${args.join(' ')}' ended with ${status}`);
  return stdout;
}
