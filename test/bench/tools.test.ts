/** Programs of others that cannot be had are skipped with a reason, and nothing else is. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fromDebian, fromNpm, Missing } from '../../bench/peers/tools.ts';

const PATH = process.env['PATH'];
const signal = new AbortController().signal;
let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gossip-bench-test-'));
  process.env['PATH'] = directory;
});

afterEach(async () => {
  process.env['PATH'] = PATH;
  await rm(directory, { recursive: true });
});

test('a machine without apt or npm', async () => {
  await expect(fromDebian('serf', ['serf'], { directory, signal })).rejects.toThrow(
    new Missing('serf is not here, and cannot be had of Debian: spawn apt-get ENOENT'),
  );
  await expect(fromNpm('pm2', '1.2.3', { directory, signal })).rejects.toThrow(
    new Missing('pm2 1.2.3 cannot be had of npm: spawn npm ENOENT'),
  );
});

test('a machine whose apt knows no such package', async () => {
  const apt = join(directory, 'apt-get');
  await writeFile(apt, '#!/bin/sh\necho "E: Unable to locate package $2" >&2\nexit 100\n');
  await chmod(apt, 0o755);
  await expect(fromDebian('serf', ['serf'], { directory, signal })).rejects.toThrow(
    'serf is not here, and cannot be had of Debian: E: Unable to locate package serf',
  );
});

test('a program that is here already is taken as it is', async () => {
  const program = join(directory, 'serf');
  await writeFile(program, '');
  expect(await fromDebian('serf', ['serf'], { directory, signal })).toMatchObject({ program });
});
