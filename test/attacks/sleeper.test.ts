/** Attacks A3, B5 and B6 against real nodes: one comes back from an old disk, with old state and hints that lead nowhere. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Hint } from '../../src/gossip/protocol.ts';
import { stampOf } from '../../src/gossip/stamp.ts';
import type { Address, NodeId } from '../../src/model/names.ts';
import { words } from '../support/code.ts';
import { HostilePeer } from '../support/hostile-peer.ts';
import { LiveCluster } from '../support/live-cluster.ts';
import type { LiveNode } from '../support/live-cluster.ts';

interface Shown {
  readonly words: readonly string[];
}

const NAMES = ['rendezvous1', 'node1', 'node2', 'sleeper'];

async function wordsOf(nodes: readonly LiveNode[]): Promise<(readonly string[] | undefined)[]> {
  return Promise.all(nodes.map(async (node) => (await node.inspect<Shown>())?.words));
}

async function pidsOf(nodes: readonly LiveNode[]): Promise<(number | null | undefined)[]> {
  return Promise.all(nodes.map(async (node) => (await node.module())?.pid));
}

function staleHints(count: number): Hint[] {
  return Array.from({ length: count }, (_, index) => ({
    id: index.toString(16).padStart(64, '0') as NodeId,
    // Nobody listens at these ports of the loopback network.
    address: `127.1.${index >> 8}.${index & 255}:1` as Address,
    name: '',
    failures: 0,
    proven: true,
  }));
}

test('attacks A3 and B5: a node revived from an old disk, with 1,000 stale hints, changes nobody and converges', async () => {
  const cluster = await LiveCluster.up({ names: NAMES });
  const [rendezvous, sleeper] = [cluster.node('rendezvous1'), cluster.node('sleeper')];
  const others = cluster.nodes.filter((node) => node !== sleeper);
  await cluster.deploy(rendezvous, 1, { code: words(), settings: { word: 'dirty' } });
  await cluster.converge('d1');
  await sleeper.stop();
  const oldDisk = await sleeper.copyDisk();
  await sleeper.start();
  await cluster.deploy(rendezvous, 2, { code: words(), settings: { word: 'clean' }, scrub: true });
  await cluster.deploy(rendezvous, 3, { code: words('2.0.0'), settings: { word: 'clean' } });
  await cluster.converge('d3');
  await sleeper.stop();
  const before = await pidsOf(others);

  await sleeper.replaceDisk(oldDisk);
  await writeFile(join(sleeper.dataDir, 'hints.json'), JSON.stringify(staleHints(1_000)));
  await sleeper.start();
  await cluster.converge('d3');

  expect(await pidsOf(others)).toEqual(before);
  expect(await wordsOf(cluster.nodes)).toEqual(NAMES.map(() => ['clean']));
});

/** What a sleeper does that still runs the deployment from before the scrub. */
async function sendOldState(cluster: LiveCluster): Promise<{ status: number; words: readonly string[] | undefined }> {
  const [node] = cluster.nodes as [LiveNode];
  const old = await cluster.deploy(node, 1, { code: words(), settings: { word: 'dirty' } });
  await cluster.deploy(node, 2, { code: words(), settings: { word: 'clean' }, scrub: true });
  await cluster.converge('d2');
  const sleeper = await HostilePeer.join(cluster.token, 'sleeper');
  const { status } = await sleeper.exchange(node.peer, 'words', stampOf(old, null), ['dirty']);
  return { status, words: (await node.inspect<Shown>())?.words };
}

test('attack A3: state from before a scrub does not reach an instance', async () => {
  const cluster = await LiveCluster.up({ names: ['rendezvous1'] });
  expect(await sendOldState(cluster)).toEqual({ status: 409, words: ['clean'] });
});

test('without mediation, attack A3 brings it back', async () => {
  const mutation = { in: 'mediated.mediate', is: "'deliver'" };
  const cluster = await LiveCluster.up({ names: ['rendezvous1'], without: [mutation] });
  expect(await sendOldState(cluster)).toEqual({ status: 200, words: ['clean', 'dirty'] });
});

/** Removes the module while one node sleeps, and restarts all of them. */
async function removeAndRevive(cluster: LiveCluster): Promise<void> {
  const [rendezvous, sleeper] = [cluster.node('rendezvous1'), cluster.node('sleeper')];
  const awake = cluster.nodes.filter((node) => node !== sleeper);
  await cluster.deploy(rendezvous, 1, { code: words(), settings: { word: 'removed' } });
  await cluster.converge('d1');
  await sleeper.stop();
  await cluster.deploy(rendezvous, 2, { code: null });
  for (const node of awake) await node.until('the module is removed', async () => (await node.module())?.pid === null);
  await Promise.all(awake.map((node) => node.stop()));
  await Promise.all(awake.map((node) => node.start()));
  await sleeper.start();
}

test('attack B6: a removed module does not come back with a revived node', async () => {
  const cluster = await LiveCluster.up({ names: ['rendezvous1', 'node1', 'sleeper'] });
  await removeAndRevive(cluster);
  for (const node of cluster.nodes) await node.until('it knows of the removal', async () => (await node.module())?.newest === 'd2');
  const states = await Promise.all(cluster.nodes.map(async (node) => (await node.module())?.state));
  expect(states).toEqual(cluster.nodes.map(() => 'stopped'));
  expect(await pidsOf(cluster.nodes)).toEqual(cluster.nodes.map(() => null));
});

test('where a removal leaves no record, attack B6 brings the module back everywhere', async () => {
  const is = '...[$].filter(({ deployment }) => deployment.code !== null && envelopes.length === 1)';
  const mutation = { in: 'restoreRecords', of: 'verify()', is };
  const cluster = await LiveCluster.up({ names: ['rendezvous1', 'node1', 'sleeper'], without: [mutation] });
  await removeAndRevive(cluster);
  await cluster.converge('d1');
  expect(await wordsOf(cluster.nodes)).toEqual(cluster.nodes.map(() => ['removed']));
});
