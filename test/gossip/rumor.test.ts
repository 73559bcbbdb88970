import { expect, test } from 'vitest';
import { Hints } from '../../src/gossip/hints.ts';
import { Ports } from '../../src/gossip/ports.ts';
import { Rumors } from '../../src/gossip/rumor.ts';
import { timingOf } from '../../src/gossip/timing.ts';
import type { ModuleName } from '../../src/model/names.ts';
import { Network } from '../support/network.ts';
import { peer, record, seeded } from '../support/records.ts';

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

test('a rumor is told again each round, ln n rounds and two more: one that nobody answers may be lost', () => {
  const ports = new Ports(timingOf(1_000), seeded(1));
  const hints = new Hints(peer(1).id, [], seeded(1));
  for (let number = 2; number <= 41; number += 1) hints.hear(peer(number));
  let pushes = 0;
  const rumors = new Rumors({ ports, hints, current: () => true, push: () => (pushes += 1) });
  rumors.spread([record(1)], null);
  const perRound: number[] = [];
  for (let waiting = true; waiting;) {
    perRound.push(pushes);
    pushes = 0;
    const timers = ports.end().flatMap((effect) => (effect.type === 'timer' ? effect.token : []));
    waiting = timers.some((token) => ports.timers.fire(token));
  }
  // At once, then in ⌈ln 42⌉ + 2 rounds; in the last one there is nothing left to tell.
  expect(perRound).toEqual([...Array<number>(7).fill(3), 0]);
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
