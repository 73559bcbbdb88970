/** What this module is for, on a network in memory: virtual time, one seed, no waiting. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestNetwork } from 'gossip/sdk/contract';
import type { TestNode } from 'gossip/sdk/contract';
import { isOn } from '../src/flags.ts';
import FeatureFlags from '../src/index.ts';
import Previous from './version-1.ts';

interface Shown {
  readonly nodes: number;
  readonly behind: number;
  readonly flags: Readonly<Record<string, { readonly here: boolean; readonly nodes: number }>>;
}

const shown = ({ module }: TestNode): Shown => module.inspect() as unknown as Shown;
const IDS = Array.from({ length: 2_000 }, (_, index) => index.toString(16).padStart(64, '0'));

async function fleet(size: number, settings: Record<string, number | boolean>, options = {}): Promise<TestNetwork> {
  const network = new TestNetwork({ seed: 1, ...options });
  for (let count = 0; count < size; count++) await network.add(FeatureFlags, { settings: { flags: settings } });
  return network;
}

test('every node knows at how many nodes a flag is on, although messages are lost', async () => {
  const network = await fleet(20, { all: true, none: false, half: 50 }, { loss: 0.2 });
  await network.until('all know all', () => network.nodes.every((node) => shown(node).nodes === 20));
  const half = network.nodes.filter((node) => (node.module as FeatureFlags).isOn('half')).length;
  for (const node of network.nodes) {
    const { all, none, half: some } = shown(node).flags;
    assert.deepEqual([all?.nodes, none?.nodes, some?.nodes], [20, 0, half]);
  }
});

test('a flag is on at about its share of the nodes, and a larger share only adds some', () => {
  const at = (share: number): string[] => IDS.filter((id) => isOn('new-checkout', share, id));
  assert.deepEqual([at(0).length, at(100).length], [0, IDS.length]);
  assert.ok(Math.abs(at(25).length - IDS.length / 4) < IDS.length / 20, `${at(25).length} of ${IDS.length}`);
  const half = new Set(at(50));
  assert.ok(at(25).every((id) => half.has(id)));
});

test('settings that are mistyped are refused, and the old ones go on', async () => {
  const { nodes } = await fleet(1, { 'dark-mode': true });
  const [node] = nodes as [TestNode];
  await assert.rejects(node.update(FeatureFlags, { deployment: 'd2', settings: { flag: {} } }), /perhaps 'flags' is meant/);
  await assert.rejects(node.update(FeatureFlags, { deployment: 'd2', settings: { flags: { 'dark-mode': 101 } } }), /between 0 and 100/);
  assert.equal(shown(node).flags['dark-mode']?.here, true);
});

test('an update from version 1 keeps what is known, and tells who has not followed yet', async () => {
  const network = new TestNetwork({ seed: 1 });
  const settings = { flags: { 'dark-mode': true } };
  for (let count = 0; count < 3; count++) await network.add(Previous, { settings });
  await network.until('all know all', () => network.nodes.every((node) => shown(node).nodes === 3));
  const [first, ...others] = network.nodes as [TestNode, ...TestNode[]];
  await first.update(FeatureFlags, { deployment: 'd2' });
  assert.deepEqual(first.module.inspect(), { nodes: 3, behind: 3, flags: { 'dark-mode': { percent: 100, here: true, nodes: 3 } } });
  for (const node of others) await node.update(FeatureFlags, { deployment: 'd2' });
  await network.until('nobody is behind', () => network.nodes.every((node) => shown(node).behind === 0 && shown(node).nodes === 3));
});

test('a node that is gone no longer counts, and one that has lost its state still does', async () => {
  const network = await fleet(5, { 'dark-mode': true });
  const [first, ...others] = network.nodes as [TestNode, ...TestNode[]];
  const all = (count: number) => () => others.every((node) => shown(node).nodes === count);
  await network.until('all know all', all(5));
  await network.advance(100_000);
  await first.restart(FeatureFlags);
  await network.until('it knows all again', () => shown(first).nodes === 5);
  // Longer than a report is fresh that does not rise, and shorter than it took to rise so far.
  await network.advance(60_000);
  assert.ok(all(5)(), 'it is not taken for gone');
  first.crash();
  await network.until('it is gone', all(4));
  await network.advance(300_000);
  assert.ok(all(4)(), 'nobody brings it back');
});
