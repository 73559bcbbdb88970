/** Removed modules cost little, however many they are (attack D12). */
import { expect, test } from 'vitest';
import { Network } from '../support/network.ts';
import type { TestNode } from '../support/network.ts';
import { peer, record } from '../support/records.ts';
import { stateOf } from '../../src/model/state-bytes.ts';

const COUNT = 200;
/** Modules that were deployed once and removed, and one that lives. */
const records = Array.from({ length: COUNT }, (_, index) => [
  record(2 * index + 1, { module: `gone${index}` }),
  record(2 * index + 2, { module: `gone${index}`, code: null }),
]).flat();
const alive = record(2 * COUNT + 1, { module: 'alive' });

function started(): { network: Network; node: TestNode } {
  const network = new Network();
  const node = network.add(peer(1));
  node.disk.records = [...records, alive];
  for (const { deployment } of node.disk.records) if (deployment.code !== null) node.disk.codes.add(deployment.code.hash);
  node.start();
  network.run(2_000);
  return { network, node };
}

const names = (node: TestNode, now: number) => node.gossip?.view(now).modules.map(({ name }) => name) ?? [];

test('a node lists what lives and the 64 removed last, and counts the rest; the log of its start is as short', () => {
  const { network, node } = started();
  expect(names(node, network.now).toSorted()).toEqual(
    ['alive', ...Array.from({ length: 64 }, (_, index) => `gone${COUNT - 1 - index}`)].toSorted(),
  );
  expect(node.gossip?.view(network.now).removedModules).toBe(COUNT);
  expect(node.view('alive')?.state).toBe('running');
  expect(node.notes.length).toBeLessThan(3 * 64 + 10);
});

test('state that a crash left of a module removed long ago is thrown away', () => {
  const network = new Network();
  const node = network.add(peer(1));
  node.disk.records = records;
  const module = record(1, { module: 'gone0' }).deployment.module;
  node.disk.checkpoints.set(module, { deployment: record(1, { module }).hash, stateEpoch: null, state: stateOf('old') });
  node.start();
  expect(node.disk.checkpoints.has(module)).toBe(false);
});

test('modules that are removed one after the other are folded as it runs, and one of them can be deployed again', () => {
  const { network, node } = started();
  for (let index = 0; index < 100; index += 1) {
    node.inject(record(1_000 + 2 * index, { module: `more${index}` }));
    network.run(100);
    node.inject(record(1_001 + 2 * index, { module: `more${index}`, code: null }));
    network.run(100);
  }
  expect(names(node, network.now)).toHaveLength(65);
  expect(node.gossip?.view(network.now).removedModules).toBe(COUNT + 100);
  node.inject(record(2_000, { module: 'gone0' }));
  network.run(1_000);
  expect(node.view('gone0')?.state).toBe('running');
});
