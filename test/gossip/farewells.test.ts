/** Nodes that leave: everybody hears of it, nobody asks them, and nobody else can say it. */
import { describe, expect, test } from 'vitest';
import type { Goodbye } from '../../src/runner/goodbyes.ts';
import type { Address, NodeId, Peer } from '../../src/model/names.ts';
import { makeFarewell } from '../../src/trust/farewell.ts';
import { generateKey } from '../../src/trust/keys.ts';
import type { PrivateKey } from '../../src/trust/keys.ts';
import { wordsOf } from '../../src/trust/words.ts';
import { Network } from '../support/network.ts';
import type { TestNode } from '../support/network.ts';
import { root } from '../support/records.ts';

const MINUTE_MS = 60_000;

interface Fleet {
  readonly net: Network;
  readonly nodes: readonly TestNode[];
  readonly keys: readonly PrivateKey[];
}

/** So many nodes, whose ids are of real keys, and who know each other. */
function fleet(count: number): Fleet {
  const keys = Array.from({ length: count }, () => generateKey());
  const peers = keys.map(({ keyid }, index): Peer => ({
    id: keyid as NodeId,
    name: `n${index}`,
    address: `10.1.0.${index + 1}:7946` as Address,
  }));
  const byId = new Map(keys.map((key) => [key.keyid, key]));
  const net = new Network({
    rendezvous: peers.slice(0, 1),
    words: ({ id }, incarnation) => wordsOf(root.cluster, incarnation, byId.get(id) as PrivateKey),
  });
  const nodes = peers.map((peer) => net.add(peer).start(peers.filter(({ id }) => id !== peer.id)));
  net.run(MINUTE_MS);
  return { net, nodes, keys };
}

/** Names of those that this node takes for having left. */
function leftBy({ gossip, network }: TestNode): string[] {
  return (gossip?.view(network.now).hints ?? []).flatMap(({ left, name }) => (left === undefined ? [] : name)).sort();
}

function goodbye(node: TestNode): Goodbye | undefined {
  let said: Goodbye | undefined;
  node.leave((what) => (said = what));
  node.network.run(2_000);
  return said;
}

function tell({ network }: TestNode, to: TestNode, from: Peer, line: string): void {
  const message = { kind: 'configuration', digest: 'A'.repeat(22), summary: null, records: [], peers: [], left: [line] } as const;
  to.receive(from, message, () => undefined);
  network.run(1_000);
}

describe('a node that leaves', () => {
  test('is known to have left by everybody within seconds, and asked by nobody from then on', () => {
    const { net, nodes } = fleet(24);
    const [leaver, ...others] = [nodes[20] as TestNode, ...nodes.filter((_, index) => index !== 20)];
    const said = goodbye(leaver);
    expect(said?.told).toBeGreaterThanOrEqual(8);
    expect(said?.heard).toBe(said?.told);
    expect(net.runUntil(() => others.every((node) => leftBy(node).includes('n20')), 10_000)).toBe(true);
    net.trace.length = 0;
    net.run(5 * MINUTE_MS);
    expect(net.trace.filter((line) => line.includes('-> n20 '))).toEqual([]);
    expect(others.every((node) => node.gossip?.view(net.now).view.includes(leaver.peer.id) === false)).toBe(true);
  });

  test('is told to those who were away, and remembered on disk', () => {
    const { net, nodes } = fleet(5);
    const [, away, leaver, watcher] = nodes as [TestNode, TestNode, TestNode, TestNode, TestNode];
    away.crash();
    goodbye(leaver);
    net.run(10 * MINUTE_MS);
    away.start();
    expect(net.runUntil(() => leftBy(away).includes('n2'), 10 * MINUTE_MS)).toBe(true);
    net.run(MINUTE_MS);
    watcher.crash();
    watcher.start();
    expect(leftBy(watcher)).toEqual(['n2']);
  });

  test('comes back by living, and its goodbye, told again, says nothing any more', () => {
    const { net, nodes, keys } = fleet(5);
    const [rendezvous, other, leaver] = nodes as [TestNode, TestNode, TestNode, TestNode, TestNode];
    goodbye(leaver);
    net.run(MINUTE_MS);
    expect(leftBy(other)).toEqual(['n2']);
    leaver.start();
    expect(net.runUntil(() => nodes.every((node) => leftBy(node).length === 0), 5 * MINUTE_MS)).toBe(true);
    const { line } = makeFarewell(root.cluster, 1, keys[2] as PrivateKey);
    for (const node of nodes) tell(node, other, node.peer, line);
    expect(nodes.map(leftBy)).toEqual([[], [], [], [], []]);
    // Nor after a restart of whoever is told.
    net.run(MINUTE_MS);
    other.crash();
    other.start();
    tell(rendezvous, other, rendezvous.peer, line);
    expect(leftBy(other)).toEqual([]);
    // It may leave again.
    goodbye(leaver);
    expect(leftBy(rendezvous)).toEqual(['n2']);
  });

  test('whose disk was set back is back as well, once it calls', () => {
    const { net, nodes } = fleet(4);
    const [rendezvous, , leaver] = nodes as [TestNode, TestNode, TestNode, TestNode];
    leaver.incarnation = 41;
    leaver.crash();
    leaver.start();
    net.run(MINUTE_MS);
    goodbye(leaver);
    leaver.incarnation = 3;
    net.run(MINUTE_MS);
    leaver.start();
    expect(net.runUntil(() => leftBy(rendezvous).length === 0, 5 * MINUTE_MS)).toBe(true);
  });

  test('that reaches nobody says so, and ends all the same', () => {
    const { nodes } = fleet(3);
    const [leaver, ...others] = nodes as [TestNode, ...TestNode[]];
    for (const { peer } of others) leaver.cutFrom.add(peer.name);
    expect(goodbye(leaver)).toEqual({ told: 2, heard: 0 });
    expect(leaver.gossip).toBeNull();
  });
});

describe('a goodbye that is not the own', () => {
  test('is believed of nobody: unsigned, signed by another, of a node that is not known', () => {
    const { nodes, keys } = fleet(3);
    const [liar, victim, hearer] = nodes as [TestNode, TestNode, TestNode];
    const [, theirs = ''] = makeFarewell(root.cluster, 1, keys[0] as PrivateKey).line.split('.');
    const [raw = ''] = makeFarewell(root.cluster, 1, keys[1] as PrivateKey).line.split('.');
    for (const line of [`${raw}.${theirs}.1`, 'rubbish', makeFarewell(root.cluster, 1, generateKey()).line])
      tell(liar, hearer, liar.peer, line);
    expect(leftBy(hearer)).toEqual([]);
    expect(hearer.notes.some(({ event }) => event === 'node-left')).toBe(false);
    expect(victim.gossip).not.toBeNull();
  });

  test('its own, told to itself, changes nothing', () => {
    const { nodes, keys, net } = fleet(3);
    const [liar, victim] = nodes as [TestNode, TestNode];
    tell(liar, victim, liar.peer, makeFarewell(root.cluster, 1, keys[1] as PrivateKey).line);
    net.run(MINUTE_MS);
    expect(nodes.map(leftBy)).toEqual([[], [], []]);
  });
});
