/** Attack B13 against real nodes: somebody copies a node's data directory and starts the copy beside it. */
import { expect, test } from 'vitest';
import { words } from '../support/code.ts';
import { LiveCluster } from '../support/live-cluster.ts';
import type { LiveNode } from '../support/live-cluster.ts';
import type { Mutation } from '../trust/mutant.ts';

/** How often the witness must have seen the node come back to an address before a silent alarm counts as none. */
const RETURNS = 8;

async function runTwice(without: readonly Mutation[] = []): Promise<{ witness: LiveNode; node: LiveNode; clone: LiveNode }> {
  const cluster = await LiveCluster.up({ names: ['rendezvous1', 'node1'], without });
  const [witness, node] = cluster.nodes as [LiveNode, LiveNode];
  await cluster.deploy(witness, 1, { code: words() });
  await cluster.converge('d1');
  await node.stop();
  const clone = await node.cloned();
  await Promise.all([node.start(), clone.start()]);
  return { witness, node, clone };
}

const addressOf = async (witness: LiveNode, { peer }: LiveNode) => (await witness.status()).peers.find(({ id }) => id === peer.id)?.address;

test('attack B13: those that both copies call raise an alarm with both addresses, in status and journal', async () => {
  const { witness, node, clone } = await runTwice();
  await witness.until('it raises an alarm', async () => (await witness.status()).alarms.length > 0);
  const addresses = [node.peer.address, clone.peer.address].toSorted().join(' and ');
  const message = `node1 (${node.peer.id.slice(0, 12)}) speaks from ${addresses} in turn`;
  expect((await witness.status()).alarms).toEqual([{ code: 'GOSSIP_E_NODE_CLONED', message }]);
  await witness.stop();
  const told = (await witness.journal()).filter(({ event }) => event === 'alarm');
  expect(told).toEqual([expect.objectContaining({ code: 'GOSSIP_E_NODE_CLONED', why: message })]);
});

test('where returns are not counted, attack B13 goes unnoticed', async () => {
  const mutation = { in: 'Clones.said', never: 'returned' };
  const { witness, node } = await runTwice([mutation]);
  const seen: unknown[] = [];
  await witness.until('it saw the node here and there', async () => {
    const address = await addressOf(witness, node);
    if (address !== seen.at(-1)) seen.push(address);
    return seen.length > RETURNS;
  });
  expect((await witness.status()).alarms).toEqual([]);
});
