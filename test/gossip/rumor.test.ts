import { expect, test } from 'vitest';
import type { ModuleName } from '../../src/model/names.ts';
import { Network } from '../support/network.ts';
import { peer, record } from '../support/records.ts';

const MODULE = 'membership' as ModuleName;

function cluster(size: number, seed: number): Network {
  const peers = Array.from({ length: size }, (_, index) => peer(index + 1));
  const network = new Network({ seed, rendezvous: peers.slice(0, 2) });
  for (const known of peers) network.add(known).start(peers);
  network.node('node1').inject(record(1));
  network.run(30_000);
  return network;
}

test('a new deployment is known by 40 nodes in a few rounds', () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const network = cluster(40, seed);
    network.node('node7').inject(record(2));
    const everybody = () => [...network.nodes.values()].every((node) => node.view(MODULE)?.newest === record(2));
    expect(network.runUntil(everybody, 3_000)).toBe(true);
  }
});

test('a rumor goes to a few peers at once, and not back to whoever told it', () => {
  const network = cluster(8, 1);
  const from = network.trace.length;
  network.node('node1').inject(record(2));
  network.run(1);
  const first = network.trace.slice(from).filter((line) => line.includes('push [d2]'));
  expect(first).toHaveLength(3);
  network.run(4);
  const told = new Set(first.map((line) => line.split(' ')[2]));
  const second = network.trace.slice(from).filter((line) => line.includes('push [d2]') && told.has(line.split(' ')[0]));
  expect(second.length).toBeGreaterThan(0);
  for (const line of second) expect(line.split(' ')[2]).not.toBe('node1');
});

test('a rumor ends: once everybody knows, nothing is pushed any more', () => {
  const network = cluster(8, 1);
  network.node('node1').inject(record(2));
  network.run(15_000);
  const from = network.trace.length;
  network.run(60_000);
  expect(network.trace.slice(from).filter((line) => line.includes('push'))).toEqual([]);
});

test('a node that catches up spreads the newest records only, not its whole history', () => {
  const network = cluster(3, 1);
  const sleeper = network.node('node3');
  sleeper.crash();
  for (let sequence = 2; sequence <= 40; sequence += 1) network.node('node1').inject(record(sequence));
  network.run(30_000);
  const from = network.trace.length;
  sleeper.start();
  network.run(20_000);
  const pushes = network.trace.slice(from).filter((line) => line.startsWith('node3') && line.includes('push'));
  expect(sleeper.view(MODULE)?.newest).toBe(record(40));
  for (const line of pushes) expect(line).toMatch(/push \[d40\]$/);
});
