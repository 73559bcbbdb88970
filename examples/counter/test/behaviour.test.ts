/** What this module is for, on a network in memory: virtual time, one seed, no waiting. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestNetwork } from 'gossip/sdk/contract';
import type { TestNode } from 'gossip/sdk/contract';
import { GrowOnlyCounter } from '../src/grow-only-counter.ts';
import Counter from '../src/index.ts';

/** Counts only what a test adds. */
class Quiet extends Counter {
  #mine = false;

  override add(amount: number): void {
    if (this.#mine) super.add(amount);
  }

  addNow(amount: number): void {
    this.#mine = true;
    this.add(amount);
    this.#mine = false;
  }
}

const total = ({ module }: TestNode): number => (module.inspect() as { total: number }).total;
const add = ({ module }: TestNode, amount: number): void => (module as Quiet).addNow(amount);

test('all nodes count the same, although messages are lost', async () => {
  const network = new TestNetwork({ seed: 1, loss: 0.2 });
  for (let count = 0; count < 10; count++) add(await network.add(Quiet), 2 ** count);
  await network.until('all know the sum', () => network.nodes.every((node) => total(node) === 1_023));
});

test('a node that crashes and restarts from an old checkpoint adds to what it told before, and not below it', async () => {
  const network = new TestNetwork({ seed: 2 });
  const [first, second] = [await network.add(Quiet), await network.add(Quiet)];
  add(first, 10);
  const checkpoint = first.module.transferState();
  add(first, 5);
  await network.until('the other knows of it', () => total(second) === 15);
  await first.restart(Quiet, checkpoint);
  add(first, 1);
  await network.until('both count everything once', () => [first, second].every((node) => total(node) === 16));
});

test('an update counts on', async () => {
  const network = new TestNetwork({ seed: 3 });
  const node = await network.add(Quiet);
  add(node, 3);
  await node.update(Quiet, { deployment: 'd2' });
  add(node, 4);
  assert.equal(total(node), 7);
});

test('the order and the number of merges make no difference', () => {
  const parts = [3, 5, 7].map((amount, index) => {
    const counter = new GrowOnlyCounter();
    counter.add(String(index), amount);
    return new Map(Object.entries(counter.json())) as Map<string, number>;
  });
  const orders = [
    [0, 1, 2],
    [2, 1, 0],
    [1, 1, 0, 2, 0, 2],
  ];
  for (const order of orders) {
    const counter = new GrowOnlyCounter();
    for (const index of order) counter.merge(parts[index] ?? new Map());
    assert.deepEqual(counter.json(), { 0: 3, 1: 5, 2: 7 });
  }
});
