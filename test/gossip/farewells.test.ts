/** Nodes that leave: everybody hears of it, nobody asks them, and nobody else can say it. */
import { describe, expect, test } from 'vitest';
import type { GossipAnswer } from '../../src/gossip/messages.ts';
import type { Goodbye } from '../../src/runner/goodbyes.ts';
import type { ClusterId, Peer } from '../../src/model/names.ts';
import { makeFarewell, makeReturn } from '../../src/trust/farewell.ts';
import { generateKey } from '../../src/trust/keys.ts';
import type { PrivateKey } from '../../src/trust/keys.ts';
import { fleet } from '../support/fleet.ts';
import type { TestNode } from '../support/network.ts';
import { root } from '../support/records.ts';

const MINUTE_MS = 60_000;

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

function tell({ network }: TestNode, to: TestNode, from: Peer, line: string, kind: 'left' | 'back' = 'left'): GossipAnswer | undefined {
  const message = { kind: 'configuration', digest: 'A'.repeat(22), summary: null, records: [], peers: [], [kind]: [line] } as const;
  let answered: GossipAnswer | undefined;
  to.receive(from, message, (answer) => (answered = answer));
  network.run(1_000);
  return answered;
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

describe('a node that has left and is there again', () => {
  test('is known to be back by everybody within seconds, also where it calls nobody again', () => {
    const { net, nodes } = fleet(24);
    const [leaver, ...others] = [nodes[20] as TestNode, ...nodes.filter((_, index) => index !== 20)];
    goodbye(leaver);
    expect(net.runUntil(() => others.every((node) => leftBy(node).includes('n20')), 10_000)).toBe(true);
    leaver.start();
    expect(net.runUntil(() => others.some((node) => leftBy(node).length === 0), 60_000)).toBe(true);
    leaver.crash();
    expect(net.runUntil(() => others.every((node) => leftBy(node).length === 0), 10_000)).toBe(true);
    expect(others.filter(({ notes }) => notes.some(({ event }) => event === 'node-back')).length).toBe(others.length);
  });

  test('is known to be back by those who were away meanwhile, once they tell of its farewell', () => {
    const { net, nodes } = fleet(6);
    const [, away, leaver] = nodes as [TestNode, TestNode, TestNode];
    goodbye(leaver);
    net.run(2 * MINUTE_MS);
    away.crash();
    leaver.start();
    net.run(MINUTE_MS);
    leaver.crash();
    away.start();
    expect(leftBy(away)).toEqual(['n2']);
    expect(net.runUntil(() => leftBy(away).length === 0, 10 * MINUTE_MS)).toBe(true);
    // And it stays so, on its disk as well.
    net.run(MINUTE_MS);
    away.crash();
    away.start();
    net.run(5 * MINUTE_MS);
    expect(nodes.filter(({ gossip }) => gossip !== null).map(leftBy)).toEqual([[], [], [], [], []]);
  });

  test('tells whoever tells it of its own farewell, however often it has started since', () => {
    const { net, nodes, keys } = fleet(3);
    const [teller, leaver] = nodes as [TestNode, TestNode];
    for (let start = 0; start < 3; start += 1) {
      leaver.crash();
      leaver.start();
    }
    net.run(5 * MINUTE_MS);
    const answer = tell(teller, leaver, teller.peer, makeFarewell(root.cluster, 1, keys[1] as PrivateKey).line);
    expect(answer).toMatchObject({ back: [makeReturn(root.cluster, 4, keys[1] as PrivateKey).line] });
    expect(tell(teller, leaver, teller.peer, makeFarewell(root.cluster, 4, keys[1] as PrivateKey).line)).not.toHaveProperty('back.0');
  });

  test('costs nothing where it had not left: its word goes to a few, and is passed on by nobody', () => {
    const { net, nodes, keys } = fleet(14);
    const restarted = nodes[10] as TestNode;
    const { line } = makeReturn(root.cluster, 2, keys[10] as PrivateKey);
    const told: string[] = [];
    net.tamper = (message, from) => {
      if (message.kind === 'configuration' && message.back?.includes(line)) told.push(from.name);
      return message;
    };
    restarted.crash();
    restarted.start();
    net.run(3 * MINUTE_MS);
    expect(new Set(told)).toEqual(new Set(['n10']));
    expect(told.length).toBeLessThanOrEqual(8);
  });
});

describe('a word of return', () => {
  function gone(): { readonly liar: TestNode; readonly hearer: TestNode; readonly key: PrivateKey } {
    const { net, nodes, keys } = fleet(4);
    const [, liar, leaver, hearer] = nodes as [TestNode, TestNode, TestNode, TestNode];
    for (let start = 0; start < 3; start += 1) {
      leaver.crash();
      leaver.start();
    }
    net.run(MINUTE_MS);
    goodbye(leaver);
    net.run(MINUTE_MS);
    expect(leftBy(hearer)).toEqual(['n2']);
    return { liar, hearer, key: keys[2] as PrivateKey };
  }

  test('of an earlier start says nothing of a farewell since', () => {
    const { liar, hearer, key } = gone();
    for (const start of [1, 3, 4]) tell(liar, hearer, liar.peer, makeReturn(root.cluster, start, key).line, 'back');
    expect(leftBy(hearer)).toEqual(['n2']);
    tell(liar, hearer, liar.peer, makeReturn(root.cluster, 5, key).line, 'back');
    expect(leftBy(hearer)).toEqual([]);
  });

  test('is believed of nobody else: of another key, of another cluster, a farewell in its place, too long, rubbish', () => {
    const { liar, hearer, key } = gone();
    const { line } = makeReturn(root.cluster, 9, key);
    const [raw = ''] = line.split('.');
    const [, theirs = ''] = makeReturn(root.cluster, 9, generateKey()).line.split('.');
    const lies = [
      `${raw}.${theirs}.9`,
      makeReturn(root.cluster, 9, generateKey()).line,
      makeReturn('0'.repeat(64) as ClusterId, 9, key).line,
      makeFarewell(root.cluster, 9, key).line,
      `${line}${'9'.repeat(1_000)}`,
      'rubbish',
    ];
    for (const lie of lies) tell(liar, hearer, liar.peer, lie, 'back');
    expect(leftBy(hearer)).toEqual(['n2']);
    expect(hearer.notes.some(({ event }) => event === 'node-back')).toBe(false);
  });
});
