/** Numbers do not begin anew where nodes have forgotten them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ModuleName } from '../../../src/model/names.ts';
import { deploy } from '../../../src/operator/deploy/deploy.ts';
import type { Draft } from '../../../src/operator/deploy/deploy.ts';
import { forgottenRemark, highestSeen, keepHighest } from '../../../src/operator/deploy/highest.ts';
import { peer } from '../../support/records.ts';
import { PaperDoor, paperCode, signing } from '../paper-node.ts';

let directory: string;
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'gossip-highest-'))));
afterEach(() => rm(directory, { recursive: true, force: true }));

const code = paperCode('one');
const module = 'counter' as ModuleName;
const draft: Draft = { module, code: code.reference, scrub: false, rollbackOf: null, author: 'ada', message: '' };
const node = peer(1, 'rendezvous1');

test('a node that has lost everything gets the next number, and not the first again', async () => {
  const door = new PaperDoor();
  const paper = door.add(node);
  const mint = async (): Promise<string> => {
    const { name, records } = await deploy({ ...signing, floor: highestSeen(directory) }, door, node, draft, code);
    await keepHighest(directory, records.highestSequence);
    return name;
  };
  expect([await mint(), await mint()]).toEqual(['d1', 'd2']);
  paper.records.length = 0;
  expect([await mint(), await mint()]).toEqual(['d3', 'd4']);
});

test('what is kept only rises, and what is no number counts for nothing', async () => {
  expect(highestSeen(directory)).toBe(0);
  await keepHighest(directory, 7);
  await keepHighest(directory, 3);
  expect(highestSeen(directory)).toBe(7);
  for (const text of ['', 'd7', '-1', '1e9', '9'.repeat(15), '9'.repeat(100)]) {
    await writeFile(join(directory, 'highest'), text);
    expect(highestSeen(directory)).toBe(0);
  }
  await keepHighest('/proc/nowhere', 7);
});

test('it is said that the node knows less than was seen, and nothing else', () => {
  expect([forgottenRemark(7, 7), forgottenRemark(8, 7), forgottenRemark(0, 0)]).toEqual([null, null, null]);
  expect(forgottenRemark(0, 7)).toMatch(/^The node knows of no deployment, though d7 was seen in this cluster before/);
  expect(forgottenRemark(5, 7)).toMatch(/^The node knows nothing above d5, though d7 was seen /);
});
