/** The unit file as systemd reads it: no key that it does not know, and no less hardening than was reached. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const UNIT = fileURLToPath(new URL('../../deploy/systemd/gossip-node.service', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../../bin/gossip', import.meta.url));
/** Tenths, as systemd counts what is open: 0 is nothing. */
const MOST_EXPOSURE = 35;

const isHere = spawnSync('systemd-analyze', ['--version']).status === 0;
if (!isHere) process.stderr.write('skipped: there is no systemd-analyze here\n');

let directory: string;
let unit: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gossip-unit-'));
  unit = join(directory, 'gossip-node.service');
  // The program need not be installed where this is tried.
  await writeFile(unit, (await readFile(UNIT, 'utf8')).replaceAll('/usr/bin/gossip', PROGRAM));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

function analyze(...args: readonly string[]): { status: number | null; said: string } {
  const { status, stderr } = spawnSync('systemd-analyze', args, {
    encoding: 'utf8',
    env: { ...process.env, SYSTEMD_LOG_LEVEL: 'warning' },
  });
  return { status, said: stderr };
}

test.skipIf(!isHere)('systemd knows every key of it', () => {
  expect(analyze('verify', '--man=no', unit)).toEqual({ status: 0, said: '' });
});

test.skipIf(!isHere)('what a node need not do it may not', () => {
  expect(analyze('security', '--offline=yes', '--no-pager', `--threshold=${MOST_EXPOSURE}`, unit).status).toBe(0);
});
