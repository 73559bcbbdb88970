/** Paths where nothing can be kept or read: said at once, by a code that says what to do, and never as a defect. */
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { gossip } from './command-line.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'gossip-paths-'));
  process.env['GOSSIP_HOME'] = join(home, 'home');
  await writeFile(join(home, 'file'), '');
  await symlink(join(home, 'nowhere', 'x'), join(home, 'dangling'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const PLACES = ['file', 'file/below', '/proc/x', '/proc/1/x', '/dev/null/x', 'dangling', 'n'.repeat(300)];
/** Commands that would make or write what the place cannot hold, and those that read. */
const LINES = [
  'lab up --nodes 1 --rendezvous 1 --dir',
  'lab down --dir',
  'module init m --directory',
  'node identity --data',
  'module check',
  'module hash',
  'deploy',
  'config show',
  'simulate --scenario',
];

it.each(LINES.flatMap((line) => PLACES.map((place): [string, string] => [line, place])))('gossip %s %s', async (line, place) => {
  const { exitCode, stderr, stdout } = await gossip(...line.split(' '), place.startsWith('/') ? place : join(home, place));
  expect(stderr).toMatch(/^Error: .* \[GOSSIP_E_(FILE|LAB|DATA_UNWRITABLE|CODE_PATH|CODE_FILE|NO_CLUSTER|SCENARIO)\]\n {2}.+\n$/);
  expect([stdout, exitCode === 0]).toEqual(['', false]);
});

it.each(['file/below', 'n'.repeat(300)])('gossip simulate --svg %s, before it simulates', async (place) => {
  const { exitCode, stderr } = await gossip('simulate', '--nodes', '3', '--seeds', '1', '--svg', join(home, place));
  expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/^Error: cannot write .* \[GOSSIP_E_FILE\]/)]);
});
