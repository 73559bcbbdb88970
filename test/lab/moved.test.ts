/** What a lab makes of itself after its directory was moved or copied. */
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LAB_FILE } from '../../src/lab/lab-file.ts';
import { Lab } from '../../src/lab/lab.ts';

const ELSEWHERE = { pid: 1, started: 'never' };
let directory: string;
let made: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gossip-lab-'));
  made = join(directory, 'made');
  await Lab.prepare({ name: 'lab', directory: made, nodes: 2, rendezvous: 1, intervalMs: 1_000 });
  const file = JSON.parse(await readFile(join(made, LAB_FILE), 'utf8')) as { nodes: object[] };
  const nodes = file.nodes.map((node) => ({ ...node, process: ELSEWHERE }));
  await writeFile(join(made, LAB_FILE), JSON.stringify({ ...file, nodes }));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test('moved, it has its nodes beside its file, and knows their processes', async () => {
  const moved = join(directory, 'moved');
  await rename(made, moved);
  const { nodes } = await Lab.open(moved);
  expect(nodes.map((node) => [node.directory, node.process])).toEqual([
    [join(moved, 'rendezvous1'), ELSEWHERE],
    [join(moved, 'node1'), ELSEWHERE],
  ]);
});

test('a copy ends no process and removes no file of the lab that it was copied from', async () => {
  const copy = join(directory, 'copy');
  await cp(made, copy, { recursive: true });
  const lab = await Lab.open(copy);
  expect(lab.nodes.map(({ process }) => process)).toEqual([null, null]);
  await lab.down();
  await lab.remove();
  expect([existsSync(copy), existsSync(join(made, 'rendezvous1', 'identity.key'))]).toEqual([false, true]);
});

test('a node whose name leads out of the directory makes the file a damaged one', async () => {
  const text = (await readFile(join(made, LAB_FILE), 'utf8')).replace('"rendezvous1"', '"../../away"');
  await writeFile(join(made, LAB_FILE), text);
  await expect(Lab.open(made)).rejects.toThrow(expect.objectContaining({ code: 'GOSSIP_E_LAB' }));
});
