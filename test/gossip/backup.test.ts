import { describe, expect, test } from 'vitest';
import { ActiveView } from '../../src/gossip/active-view.ts';
import { Backup } from '../../src/gossip/backup.ts';
import { Hints } from '../../src/gossip/hints.ts';
import { GossipNode } from '../../src/gossip/node.ts';
import { Ports } from '../../src/gossip/ports.ts';
import type { GossipEffect } from '../../src/gossip/protocol.ts';
import { timingOf } from '../../src/gossip/timing.ts';
import type { ModuleName, Peer } from '../../src/model/names.ts';
import { Network } from '../support/network.ts';
import type { TestNode } from '../support/network.ts';
import { code, peer, record, seeded } from '../support/records.ts';

const MODULE = 'membership' as ModuleName;

/** Lets the modules of these nodes gossip for some rounds: with each other, or all with `nobody`. */
function rounds(network: Network, count: number, gossiping: readonly TestNode[], nobody?: Peer): void {
  for (let round = 0; round < count; round += 1) {
    for (const node of gossiping) {
      const [to] = nobody === undefined ? (node.gossip?.peers().near ?? []) : [nobody];
      if (to !== undefined) node.exchange(MODULE, to);
    }
    network.run(1_000);
  }
}

function cluster(size: number, rendezvous = 1): { network: Network; nodes: TestNode[] } {
  const peers = Array.from({ length: size }, (_, index) => peer(index + 1));
  const network = new Network({ rendezvous: peers.slice(0, rendezvous) });
  const nodes = peers.map((known) => network.add(known));
  for (const node of nodes) node.start(peers);
  return { network, nodes };
}

function sentIn(node: TestNode, act: () => void): number {
  const before = node.sent.configuration;
  act();
  return node.sent.configuration - before;
}

describe('the rate', () => {
  test('is slow while modules gossip usefully, and not less', () => {
    const { network, nodes } = cluster(4);
    nodes[0]?.inject(record(1));
    rounds(network, 20, nodes);
    expect(nodes.map(({ gossip }) => gossip?.view(network.now).backup.rate)).toEqual(['slow', 'slow', 'slow', 'slow']);
    const sent = sentIn(nodes[1] as TestNode, () => rounds(network, 100, nodes));
    expect(sent).toBeGreaterThanOrEqual(15);
    expect(sent).toBeLessThanOrEqual(28);
  });

  test('is fast while a module does not gossip usefully, and says why', () => {
    const { network, nodes } = cluster(4);
    nodes[0]?.inject(record(1));
    rounds(network, 30, nodes, peer(99));
    expect(nodes[1]?.gossip?.view(network.now).backup).toEqual({ rate: 'fast', why: 'membership does not gossip usefully' });
    expect(sentIn(nodes[1] as TestNode, () => rounds(network, 100, nodes, peer(99)))).toBeGreaterThanOrEqual(75);
    rounds(network, 1, nodes);
    expect(nodes[1]?.gossip?.view(network.now).backup.rate).toBe('slow');
  });

  test('counts its rounds, those that strain made longer, and the exchanges that it began', () => {
    const ports = new Ports(timingOf(1_000), () => 0.5);
    const hints = new Hints(peer(1).id, [peer(2)], () => 0.5);
    const reconciler = { free: () => true, backup: () => undefined };
    const backup = new Backup({ ports, hints, view: new ActiveView(hints, ports), reconciler, trouble: () => 'something' });
    let now = 0;
    const round = (): void => {
      const due = ports.timers.due('backup') ?? 0;
      const timer = ports.end().findLast((effect) => effect.type === 'timer' && effect.at === due);
      if (timer?.type !== 'timer') throw new Error('no round is due');
      now = due;
      ports.begin(now);
      ports.timers.fire(timer.token);
    };
    ports.begin(now);
    backup.start();
    round();
    for (let index = 0; index < 5; index += 1) ports.strain.timer(400);
    round();
    round();
    for (let index = 0; index < 5; index += 1) ports.strain.timer(0);
    round();
    round();
    expect(ports.work).toMatchObject({ rounds: 5, stretchedRounds: 2, backups: 5 });
  });

  test('stays slow while a healthy module is merely silent', () => {
    const { network, nodes } = cluster(4);
    nodes[0]?.inject(record(1));
    rounds(network, 100, []);
    expect(nodes.map(({ gossip }) => gossip?.view(network.now).backup.rate)).toEqual(['slow', 'slow', 'slow', 'slow']);
    rounds(network, 10, nodes);
    rounds(network, 100, []);
    expect(nodes.map((node) => node.view(MODULE)?.useful)).toEqual([true, true, true, true]);
  });

  test('one peer that is down is no trouble', () => {
    const { network, nodes } = cluster(4);
    nodes[0]?.inject(record(1));
    rounds(network, 30, []);
    rounds(network, 2, nodes, peer(99));
    rounds(network, 30, []);
    expect(nodes[1]?.gossip?.view(network.now).backup.rate).toBe('slow');
  });

  test('is slow while an update goes its way, and fast when that takes too long', () => {
    const { network, nodes } = cluster(4);
    nodes[0]?.inject(record(1));
    rounds(network, 20, nodes);
    const gossip = nodes[1]?.gossip as GossipNode;
    const message = { kind: 'configuration', digest: 'A'.repeat(22), summary: null, records: [record(2)], peers: [] } as const;
    // Its fetch is never carried out, and so neither comes to an end nor fails.
    gossip.handle({ type: 'request', token: 1, from: peer(1), message }, network.now);
    expect(gossip.moduleViews(network.now)[0]?.state).toBe('updating');
    rounds(network, 3, []);
    expect(gossip.view(network.now).backup.rate).toBe('slow');
    rounds(network, 12, []);
    expect(gossip.view(network.now).backup).toEqual({ rate: 'fast', why: 'membership is updating' });
  });

  test('turns fast at once when an instance falls over, without waiting for the slow timer', () => {
    const { network, nodes } = cluster(4);
    nodes[0]?.inject(record(1));
    rounds(network, 20, nodes);
    nodes[2]?.crashInstance(MODULE);
    expect(nodes[2]?.gossip?.view(network.now).backup).toEqual({ rate: 'fast', why: 'membership is failed' });
    expect(sentIn(nodes[2] as TestNode, () => network.run(1_300))).toBeGreaterThanOrEqual(1);
  });

  test('is fast on a node that knows nothing yet', () => {
    const { network, nodes } = cluster(2);
    network.run(1_000);
    expect(nodes[1]?.gossip?.view(network.now).backup).toEqual({ rate: 'fast', why: 'nothing is known yet' });
  });
});

test('peers that do not answer cost no round: another one is asked meanwhile (law 4)', () => {
  const hints = Array.from({ length: 12 }, (_, index) => ({ ...peer(10 + index), failures: 0, proven: true }));
  const shared = { self: peer(1), incarnation: 1, records: [], hints, intervalMs: 1_000 };
  const node = new GossipNode({ ...shared, rendezvous: [peer(2)], runs: () => true, random: seeded(1) });
  const asked: string[] = [];
  const waiting: { token: number; at: number }[] = [];
  const take = (effects: GossipEffect[]): void => {
    for (const effect of effects) {
      if (effect.type === 'timer') waiting.push(effect);
      if (effect.type === 'send') asked.push(effect.to.id);
    }
  };
  take(node.handle({ type: 'start' }, 0));
  while (waiting.length > 0) {
    const next = waiting.toSorted((a, b) => a.at - b.at)[0] as { token: number; at: number };
    if (next.at > 10_000) break;
    waiting.splice(waiting.indexOf(next), 1);
    take(node.handle({ type: 'timer', token: next.token }, next.at));
  }
  expect(asked.length).toBeGreaterThanOrEqual(8);
  expect(new Set(asked).size).toBe(asked.length);
});

test('every fourth exchange goes outside the active view, so that partitions heal; every fourth to a rendezvous node', () => {
  const rendezvous = peer(2);
  const hints = Array.from({ length: 100 }, (_, index) => ({ ...peer(10 + index), failures: 0, proven: true }));
  const ports = new Ports(timingOf(1_000), seeded(1));
  const table = new Hints(peer(1).id, [rendezvous], ports.random);
  table.restore(hints);
  const view = new ActiveView(table, ports);
  const asked: Peer[] = [];
  const reconciler = { free: () => true, backup: (to: Peer) => void asked.push(to) };
  new Backup({ ports, hints: table, view, reconciler, trouble: () => null }).start();
  const turns = Array.from({ length: 12 }, () => {
    for (const effect of ports.end()) if (effect.type === 'timer') ports.timers.fire(effect.token);
    const to = asked.at(-1) as Peer;
    return to.id === rendezvous.id ? 'rendezvous' : view.has(to) ? 'view' : 'outside';
  });
  expect(turns).toEqual(Array.from({ length: 3 }, () => ['rendezvous', 'view', 'outside', 'view']).flat());
});

test('without peers nothing is sent, and a lone node is well', () => {
  const network = new Network({ rendezvous: [peer(1)] });
  const node = network.add(peer(1)).start();
  node.inject(record(1));
  network.run(100_000);
  expect(node.sent).toEqual({ exchange: 0, configuration: 0 });
  expect(node.view(MODULE)).toMatchObject({ state: 'running', useful: true });
  expect(node.gossip?.view(network.now).backup.rate).toBe('slow');
});

test('a configuration that does not fit into one message comes in several', () => {
  const { network, nodes } = cluster(2);
  nodes[1]?.crash();
  for (let sequence = 1; sequence <= 150; sequence += 1)
    nodes[0]?.inject(record(sequence, { module: `module${sequence % 3}`, code: code('same') }));
  nodes[1]?.start();
  network.run(10_000);
  expect(nodes[1]?.disk.records).toHaveLength(150);
});

describe('attack B8: eclipse', () => {
  /** A node whose whole hints table lies; only the rendezvous node is honest. */
  function eclipsed(rendezvous: number): boolean {
    const network = new Network({ rendezvous: Array.from({ length: rendezvous }, () => peer(1)) });
    const honest = network.add(peer(1)).start();
    const victim = network.add(peer(2)).start(Array.from({ length: 300 }, (_, index) => peer(1_000 + index)));
    honest.inject(record(1));
    return !network.runUntil(() => victim.view(MODULE)?.state === 'running', 20_000);
  }

  test('every fourth exchange goes to a rendezvous node, so no lie lasts', () => {
    expect(eclipsed(1)).toBe(false);
  });

  test('without a rendezvous node the victim learns nothing', () => {
    expect(eclipsed(0)).toBe(true);
  });
});

test('a dead peer that comes back at its old address is found again', () => {
  const { network, nodes } = cluster(2, 0);
  nodes[0]?.inject(record(1));
  network.run(10_000);
  nodes[1]?.crash();
  nodes[0]?.inject(record(2));
  network.run(300_000);
  nodes[1]?.start();
  nodes[1]?.cutFrom.clear();
  expect(network.runUntil(() => nodes[1]?.running(MODULE)?.instance.record === record(2), 20_000)).toBe(true);
});
