/** The node that an operator names by its address is remembered only where nobody else is found any more. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { initCluster, openCluster } from '../../../src/operator/cluster/clusters.ts';
import { keepEntrance } from '../../../src/operator/client/entrance.ts';
import { openSettings } from '../../../src/operator/settings/settings.ts';
import type { Settings } from '../../../src/operator/settings/settings.ts';
import { peer } from '../../support/records.ts';
import { PaperDoor } from '../paper-node.ts';

let home: string;
let settings: Settings;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'gossip-entrance-'));
  settings = openSettings({ GOSSIP_HOME: home });
  await initCluster(settings, { name: 'prod', rendezvous: [peer(1, 'r1')] });
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** What is noted, and said, after `named` was named; `answering` still answers. */
async function after(named: ReturnType<typeof peer> | undefined, answering: readonly ReturnType<typeof peer>[]) {
  const door = new PaperDoor();
  for (const node of answering) door.add(node);
  const said: string[] = [];
  const client = Object.assign(door, { identified: named === undefined ? [] : [named] });
  await keepEntrance({ settings, cluster: await openCluster(settings), client }, (text) => void said.push(text));
  return { noted: (await openCluster(settings)).nodes.map(({ name, address }) => `${name}@${address}`), said: said.length };
}

describe('a node that was named by its address', () => {
  const node = peer(7, 'node7');
  const rendezvous = peer(1, 'r1');

  it('is noted where all that were known are elsewhere, and again when it has moved', async () => {
    expect(await after(node, [])).toEqual({ noted: [`node7@${node.address}`], said: 1 });
    const moved = { ...node, address: peer(9).address };
    expect(await after(moved, [])).toEqual({ noted: [`node7@${moved.address}`], said: 1 });
    expect(await after(moved, [])).toEqual({ noted: [`node7@${moved.address}`], said: 0 });
  });

  it('is not noted while another one that is known answers: its own words tell of all others', async () => {
    expect(await after(node, [rendezvous])).toEqual({ noted: [], said: 0 });
    expect(await after(rendezvous, [rendezvous])).toEqual({ noted: [], said: 0 });
    expect(await after(undefined, [])).toEqual({ noted: [], said: 0 });
  });

  it('gives way to others in time', async () => {
    for (let count = 10; count < 22; count += 1) await after(peer(count), []);
    expect((await after(peer(22), [])).noted).toHaveLength(8);
  });
});
