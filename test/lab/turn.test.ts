/** One command at a time starts or ends a lab, and nobody takes what is left of a lab for the next one. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LAB_FILE } from '../../src/lab/lab-file.ts';
import { Lab, requireUnused } from '../../src/lab/lab.ts';
import { awaitTurn, takeTurn } from '../../src/lab/turn.ts';

let home: string;
let directory: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'gossip-lab-'));
  directory = join(home, 'lab');
});
afterEach(() => rm(home, { recursive: true, force: true }));

test('the second is told who has the turn, and does not wait for ever', async () => {
  const first = await takeTurn(directory);
  await writeFile(join(directory, LAB_FILE), '');
  const busy = { code: 'GOSSIP_E_LAB', message: `a lab is being started or ended: ${directory} is used by process ${process.pid}` };
  await expect(takeTurn(directory)).rejects.toMatchObject(busy);
  const told: string[] = [];
  await expect(awaitTurn(directory, { patienceMs: 0, onWait: (text) => told.push(text) })).rejects.toMatchObject(busy);
  first.release();
  expect(await readdir(directory)).toEqual([LAB_FILE]);
  (await awaitTurn(directory))?.release();
  expect(await readdir(directory)).toEqual([LAB_FILE]);
});

test.each([
  ['with its directory', []],
  ['and files of somebody else stay', ['notes.txt']],
])('who waits for a lab that is removed meanwhile, %s, has no turn and leaves nothing there', async (_, others) => {
  const first = await takeTurn(directory);
  const lab = await Lab.prepare({ name: 'lab', directory, nodes: 1, rendezvous: 1, intervalMs: 1_000 });
  for (const file of others) await writeFile(join(directory, file), '');
  const { promise: isTold, resolve: tell } = Promise.withResolvers<string>();
  const waiting = awaitTurn(directory, { onWait: tell });
  await isTold;
  await lab.remove();
  first.release();
  expect(await waiting).toBeNull();
  expect(existsSync(directory) ? await readdir(directory) : []).toEqual(others);
  (await takeTurn(directory)).release();
});

test('a turn whose lock was removed takes nothing from the one that came after it', async () => {
  const first = await takeTurn(directory);
  await rm(join(directory, 'lab.lock'));
  const second = await takeTurn(directory);
  first.release();
  expect(await readdir(directory)).toContain('lab.lock');
  second.release();
  expect(await readdir(directory)).toEqual([]);
});

test('what a command left that was killed does not make a directory a used one; what others left does', async () => {
  await mkdir(directory);
  for (const file of ['lab.lock', 'lab.lock.holder', 'lab.lock-journal']) await writeFile(join(directory, file), '');
  await requireUnused(directory);
  (await takeTurn(directory)).release();
  expect(await readdir(directory)).toEqual([]);
  await writeFile(join(directory, 'lock'), '');
  await expect(requireUnused(directory)).rejects.toMatchObject({ code: 'GOSSIP_E_LAB' });
});
