/** Attack B12 against real nodes: one deployment number is signed over two payloads, and each side is told the other one. */
import { expect, test } from 'vitest';
import type { VerifiedDeployment } from '../../src/model/deployment.ts';
import { words } from '../support/code.ts';
import { HostilePeer } from '../support/hostile-peer.ts';
import { LiveCluster } from '../support/live-cluster.ts';
import type { LiveNode } from '../support/live-cluster.ts';
import type { Mutation } from '../trust/mutant.ts';

const NAMES = ['rendezvous1', 'node1'];

/** Both nodes run one payload of d1, then hear the other one, each first of a different one. */
async function tellBoth(without: readonly Mutation[] = []) {
  const cluster = await LiveCluster.make({ names: NAMES, without });
  const [left, right] = cluster.nodes as [LiveNode, LiveNode];
  const hostile = await HostilePeer.join(cluster.token);
  const code = words();
  const payloads = ['one', 'other'].map((word) => cluster.sign(1, { code, settings: { word } })) as [
    VerifiedDeployment,
    VerifiedDeployment,
  ];
  hostile.codes.set(code.reference.hash, code);
  // Apart from each other, as in a partition.
  for (const [index, node] of [left, right].entries()) {
    await node.start();
    await hostile.tell(node.peer, [payloads[index] as VerifiedDeployment]);
    await cluster.converge('d1', [node]);
    await node.stop();
  }
  await Promise.all([left.start(), right.start()]);
  return { cluster, left, right, payloads };
}

const wordOf = ({ deployment }: VerifiedDeployment): unknown => deployment.settings['word'];

test('attack B12: both sides choose the same payload, keep both, and raise an alarm that the next deployment ends', async () => {
  const { cluster, left, right, payloads } = await tellBoth();
  const alarms = async () => Promise.all([left, right].map(async (node) => (await node.status()).alarms));
  await left.until('both raise an alarm', async () => (await alarms()).every(({ length }) => length > 0));
  const [first, second] = await alarms();
  const both = payloads.map(({ hash }) => `words 1.0.0 by ada (${hash.slice(0, 12)})`).toSorted();
  expect(first).toEqual([{ code: 'GOSSIP_E_NUMBER_TWICE', message: `d1 stands for two deployments: ${both.join(' and ')}` }]);
  expect(second).toEqual(first);
  for (const node of [left, right]) {
    const winner = payloads.toSorted((a, b) => (a.hash < b.hash ? 1 : -1)).map(wordOf)[0];
    await node.until('it runs the winner', async () => (await node.inspect<{ words: unknown[] }>())?.words.includes(winner) === true);
    const told = async () => (await node.journal()).filter(({ event }) => event === 'alarm');
    // The journal is written a moment after the status tells it.
    await node.until('its journal tells of it', async () => (await told()).length > 0);
    expect(await told()).toMatchObject([{ code: 'GOSSIP_E_NUMBER_TWICE' }]);
  }
  await cluster.deploy(left, 2, { code: words('2.0.0') });
  await cluster.converge('d2');
  expect(await alarms()).toEqual([[], []]);
});

test('where the order ends with the origin, attack B12 leaves the sides with different deployments', async () => {
  const { cluster, left, right } = await tellBoth([{ in: 'compareDeployments', drop: 'hash' }]);
  await cluster.converge('d1');
  await left.until('each has both', async () => (await left.status()).digest === (await right.status()).digest);
  const chosen = await Promise.all([left, right].map(async (node) => (await node.inspect<{ words: string[] }>())?.words[0]));
  expect(chosen).toEqual(['one', 'other']);
});
