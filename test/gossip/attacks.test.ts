/** Attacks of whole histories: nodes from old disks, removed modules, two operators at once, liars in the majority. */
import { describe, expect, test } from 'vitest';
import type { Hint } from '../../src/gossip/protocol.ts';
import type { ModuleName } from '../../src/model/names.ts';
import { Network } from '../support/network.ts';
import type { TestNode } from '../support/network.ts';
import { code, peer, record } from '../support/records.ts';

const MODULE = 'membership' as ModuleName;
const SEEDS = Array.from({ length: 25 }, (_, index) => index + 1);

function cluster(size: number, seed: number): { network: Network; nodes: TestNode[] } {
  const peers = Array.from({ length: size }, (_, index) => peer(index + 1));
  const network = new Network({ seed, rendezvous: peers.slice(0, 2) });
  const nodes = peers.map((known) => network.add(known));
  for (const node of nodes) node.start(peers);
  return { network, nodes };
}

function rounds(network: Network, count: number): void {
  for (let round = 0; round < count; round += 1) {
    for (const node of network.nodes.values()) {
      const [to] = node.gossip?.peers().near ?? [];
      if (to !== undefined) node.exchange(MODULE, to);
    }
    network.run(1_000);
  }
}

const running = (nodes: readonly TestNode[]) => nodes.map((node) => node.running(MODULE)?.instance.record.deployment.number.sequence);
const words = (nodes: readonly TestNode[]) => new Set(nodes.flatMap((node) => [...(node.running(MODULE)?.instance.words ?? [])]));

test('attacks A3 and B5: a node revived from an old disk, with 1,000 stale hints, changes nobody and converges', () => {
  const { network, nodes } = cluster(20, 1);
  const [injector] = nodes as [TestNode];
  const sleeper = nodes[19] as TestNode;
  injector.inject(record(1));
  rounds(network, 15);
  sleeper.crash();
  injector.inject(record(2, { scrub: true }));
  injector.inject(record(3));
  rounds(network, 15);
  const stale: Hint[] = Array.from({ length: 1_000 }, (_, index) => ({ ...peer(2_000 + index), failures: 0, proven: true }));
  sleeper.disk.hints = [...stale, ...sleeper.disk.hints];
  const before = nodes.slice(0, 19).map(({ activated }) => activated.length);
  sleeper.start();
  rounds(network, 30);
  expect(nodes.slice(0, 19).map(({ activated }) => activated.length)).toEqual(before);
  expect(running(nodes)).toEqual(nodes.map(() => 3));
  expect([...words(nodes)].filter((word) => !word.endsWith('/d2'))).toEqual([]);
});

test.each(SEEDS)('attack B6: a removed module does not come back with a revived node, seed %i', (seed) => {
  const { network, nodes } = cluster(6, seed);
  const [injector, sleeper] = [nodes[0], nodes[5]] as [TestNode, TestNode];
  injector.inject(record(1));
  rounds(network, 10);
  sleeper.crash();
  injector.inject(record(2, { code: null }));
  rounds(network, 10);
  sleeper.start();
  rounds(network, 20);
  expect(nodes.map((node) => [node.view(MODULE)?.state, node.running(MODULE)])).toEqual(nodes.map(() => ['stopped', undefined]));
});

describe.each(SEEDS)('attack B11: two operators at once in two halves, seed %i', (seed) => {
  const { network, nodes } = cluster(6, seed);
  const [left, right] = [nodes.slice(0, 3), nodes.slice(3)];
  nodes[0]?.inject(record(1));
  rounds(network, 10);
  for (const a of left) for (const b of right) a.cutFrom.add(b.peer.name);
  const time = Math.floor(network.random() * 2);
  left[0]?.inject(record(2, { code: code('left'), origin: peer(1).id, time }));
  right[0]?.inject(record(2, { code: code('right'), origin: peer(4).id, time: 1 }));
  rounds(network, 10);
  for (const node of nodes) node.cutFrom.clear();
  rounds(network, 25);

  test('all agree on one of them, and the other is kept as evidence', () => {
    const chosen = nodes.map((node) => node.running(MODULE)?.instance.record.deployment.code?.version);
    // The later time wins, then the higher origin: the right side in both cases.
    expect(chosen).toEqual(nodes.map(() => 'right'));
    expect(nodes.map(({ disk }) => disk.records.length)).toEqual(nodes.map(() => 3));
    expect(nodes.some(({ notes }) => notes.some(({ event }) => event === 'conflict'))).toBe(true);
  });

  test('the loser is told that its number is taken', () => {
    right[0]?.inject(record(2, { message: 'once more' }));
    expect(right[0]?.injected.at(-1)).toBe('taken');
  });
});

test('attack B2: 30 of 50 nodes answer with forged digests, and an honest deployment reaches the other 20', () => {
  const { network, nodes } = cluster(50, 1);
  const honest = nodes.slice(0, 20);
  honest[0]?.inject(record(1));
  rounds(network, 15);
  for (const liar of nodes.slice(20)) {
    liar.servesGarbage = true;
    liar.receive = (_, message, answer) => {
      const digest = Math.floor(network.random() * 2 ** 40)
        .toString(36)
        .padEnd(22, 'A')
        .slice(0, 22);
      if (message.kind === 'exchange')
        answer({ kind: 'mismatch', digest, stamp: { ...message.stamp, sequence: message.stamp.sequence + 1 }, records: [] });
      else answer({ kind: 'configuration', digest, records: [], lacking: [], fresh: 0, peers: [] });
    };
  }
  honest[7]?.inject(record(2));
  rounds(network, 20);
  expect(running(honest)).toEqual(honest.map(() => 2));
});
