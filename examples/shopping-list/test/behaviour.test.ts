/** What this module is for, on a network in memory: virtual time, one seed, no waiting. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestNetwork } from 'gossip/sdk/contract';
import type { TestNode } from 'gossip/sdk/contract';
import ShoppingList from '../src/index.ts';

async function family(size: number, options = {}): Promise<{ network: TestNetwork; nodes: TestNode[] }> {
  const network = new TestNetwork({ seed: 1, ...options });
  for (let count = 0; count < size; count += 1) await network.add(ShoppingList);
  return { network, nodes: network.nodes };
}

const put = (node: TestNode, item: string, amount: number): Promise<unknown> => node.request({ op: 'put', item, amount });
const bought = (node: TestNode, item: string): Promise<unknown> => node.request({ op: 'bought', item });
const all = (nodes: readonly TestNode[], list: object) => () =>
  nodes.every(({ module }) => JSON.stringify(module.inspect()) === JSON.stringify(list));

test('what is put on the list is on all of them, although messages are lost; and so it is with what is bought', async () => {
  const { network, nodes } = await family(10, { loss: 0.2 });
  for (const [count, node] of nodes.entries()) await put(node, `item/${count}`, 1);
  await network.until('all know all', all(nodes, Object.fromEntries(nodes.map((_, count) => [`item/${count}`, 1]))));
  for (const [count, node] of nodes.toReversed().entries()) if (count > 0) await bought(node, `item/${count}`);
  await network.until('one is left', all(nodes, { 'item/0': 1 }));
});

test('what is wanted again while somebody buys it stays, and who wants something at the same time gets all of it', async () => {
  const { network, nodes } = await family(2);
  const [a, b] = nodes as [TestNode, TestNode];
  await put(a, 'milk', 1);
  await network.until('both know', all(nodes, { milk: 1 }));
  await Promise.all([bought(a, 'milk'), put(b, 'milk', 2), put(a, 'bread', 1), put(b, 'bread', 3)]);
  await network.until('both know', all(nodes, { bread: 4, milk: 2 }));
  assert.deepEqual(await bought(b, 'milk'), { item: 'milk', wasWanted: true });
  assert.deepEqual(await bought(b, 'milk'), { item: 'milk', wasWanted: false });
  await network.until('both know', all(nodes, { bread: 4 }));
});

test('a node that crashes and begins at an old checkpoint loses nothing that it told', async () => {
  const { network, nodes } = await family(2);
  const [a] = nodes as [TestNode];
  const checkpoint = a.module.transferState();
  await put(a, 'milk', 1);
  await network.until('both know', all(nodes, { milk: 1 }));
  await a.restart(ShoppingList, checkpoint);
  await put(a, 'bread', 1);
  await network.until('both know', all(nodes, { bread: 1, milk: 1 }));
});

test('news is told at once, and the rounds bring it to the few who missed it', async () => {
  const { network, nodes } = await family(20);
  await network.advance(10_000);
  await put(nodes[0] as TestNode, 'milk', 1);
  await network.advance(500);
  const knowing = nodes.filter(({ module }) => JSON.stringify(module.inspect()) === '{"milk":1}').length;
  assert.ok(knowing > nodes.length / 2, `${knowing} of ${nodes.length} know within half a round`);
  await network.until('all know', all(nodes, { milk: 1 }));
});
