import { describe, expect, test } from 'vitest';
import { ActiveView } from '../../src/gossip/active-view.ts';
import { Hints } from '../../src/gossip/hints.ts';
import { Ports } from '../../src/gossip/ports.ts';
import { Rumors } from '../../src/gossip/rumor.ts';
import { RUMOR_AT_ONCE, RUMOR_ENOUGH, timingOf } from '../../src/gossip/timing.ts';
import type { ModuleName, NodeId, Peer } from '../../src/model/names.ts';
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
  const network = cluster(20, 1);
  const from = network.trace.length;
  network.node('node1').inject(record(2));
  network.run(1);
  const first = network.trace.slice(from).filter((line) => line.includes('push [d2]'));
  // All branches that the record before it has shown.
  expect(first.length).toBeGreaterThanOrEqual(RUMOR_AT_ONCE);
  expect(first.length).toBeLessThanOrEqual(8);
  network.run(4);
  const told = new Set(first.map((line) => line.split(' ')[2]));
  const second = network.trace.slice(from).filter((line) => line.includes('push [d2]') && told.has(line.split(' ')[0]));
  expect(second.length).toBeGreaterThan(0);
  for (const line of second) expect(line.split(' ')[2]).not.toBe('node1');
});

describe('one node of 41', () => {
  /** Whom it tells of a record; `fire` lets its next timer come, false when there is none. */
  function teller(seed = 1): { rumors: Rumors; pushed: Peer[]; view: readonly NodeId[]; fire: () => boolean } {
    const ports = new Ports(timingOf(1_000), seeded(seed));
    const hints = new Hints(peer(1).id, [], seeded(seed));
    for (let number = 2; number <= 41; number += 1) {
      hints.hear(peer(number));
      hints.succeeded(peer(number));
    }
    const view = new ActiveView(hints, ports);
    const pushed: Peer[] = [];
    const rumors = new Rumors({ ports, hints, view, current: () => true, push: (to) => void pushed.push(to) });
    rumors.spread([record(1)], null);
    const fire = (): boolean => {
      const timers = ports.end().flatMap((effect) => (effect.type === 'timer' ? effect.token : []));
      return timers.some((token) => ports.timers.fire(token));
    };
    return { rumors, pushed, view: view.members, fire };
  }

  test('each answer makes room for the next peer, until the whole view was told, and nobody twice', () => {
    const { rumors, pushed, view } = teller();
    expect(pushed).toHaveLength(RUMOR_AT_ONCE);
    for (let answered = 0; answered < view.length; answered += 1) {
      expect(pushed).toHaveLength(Math.min(view.length, RUMOR_AT_ONCE + answered));
      rumors.answered(pushed[answered] as Peer, 1);
    }
    expect(pushed.map(({ id }) => id).toSorted()).toEqual(view.toSorted());
  });

  test('it ends as soon as a few in sequence knew', () => {
    const { rumors, pushed, fire } = teller();
    rumors.answered(pushed[0] as Peer, 0);
    rumors.answered(pushed[1] as Peer, 1);
    for (let knew = 0; knew < RUMOR_ENOUGH; knew += 1) rumors.answered(pushed[knew + 2] as Peer, 0);
    const told = pushed.length;
    while (fire());
    expect(rumors.size).toBe(0);
    expect(pushed).toHaveLength(told);
  });

  test('whoever sent the record too is not told of it', () => {
    const { rumors, pushed, view } = teller();
    const others = view.filter((id) => pushed.every((to) => to.id !== id));
    for (const id of others) rumors.heard([record(1)], id);
    rumors.answered(pushed[0] as Peer, 1);
    expect(pushed).toHaveLength(RUMOR_AT_ONCE);
  });

  /** One that has told a record: of the first two peers that it told one did not know it, and all others did. */
  function taught(seed: number): ReturnType<typeof teller> & { readonly branch: Peer } {
    const node = teller(seed);
    const [branch, ...others] = node.pushed as [Peer, ...Peer[]];
    node.rumors.answered(branch, 1);
    for (const other of [...others, ...node.pushed.slice(RUMOR_AT_ONCE)]) node.rumors.answered(other, 0);
    expect(node.rumors.size).toBe(0);
    node.fire();
    node.pushed.length = 0;
    return { ...node, branch };
  }

  test('the next record goes to whoever did not know the last one in any case, and to others of the view', () => {
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const { rumors, pushed, branch } = taught(seed);
      rumors.spread([record(2)], null);
      expect(pushed).toHaveLength(RUMOR_AT_ONCE);
      expect(pushed[0]).toEqual(branch);
    }
  });

  test('whoever knew, or does not answer, is no branch any more', () => {
    for (const outcome of [0, null]) {
      const first = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => {
        const { rumors, pushed, branch } = taught(seed);
        rumors.spread([record(2)], null);
        rumors.answered(branch, outcome);
        pushed.length = 0;
        rumors.spread([record(3)], null);
        return pushed[0]?.id === branch.id;
      });
      expect(first).toContain(false);
    }
  });

  test('a branch is told where the view no longer has it, and not once it was forgotten', () => {
    const ports = new Ports(timingOf(1_000), seeded(1));
    const hints = new Hints(peer(1).id, [], seeded(1));
    hints.hear(peer(2));
    let inView = [peer(2)];
    const pushed: Peer[] = [];
    const view = { sample: (count = 12, fits: (to: Peer) => boolean = () => true) => inView.filter(fits).slice(0, count) };
    const rumors = new Rumors({ ports, hints, view, current: () => true, push: (to) => void pushed.push(to) });
    rumors.spread([record(1)], null);
    rumors.answered(peer(2), 1);
    inView = [];
    rumors.spread([record(2)], null);
    expect(pushed).toEqual([peer(2), peer(2)]);
    rumors.answered(peer(2), 1);
    hints.forget(peer(2).id);
    rumors.spread([record(3)], null);
    expect(pushed).toHaveLength(2);
  });

  test('where nobody answers it goes on, a few in each of ln n rounds and two more', () => {
    const { rumors, pushed, fire } = teller();
    const perRound: number[] = [];
    for (let from = 0, waiting = true; waiting;) {
      const now = pushed.slice(from);
      perRound.push(now.length);
      from = pushed.length;
      for (const silent of now) rumors.answered(silent, null);
      waiting = fire();
    }
    // At once, then in ⌈ln 42⌉ + 2 rounds.
    expect(perRound).toEqual([...Array<number>(7).fill(RUMOR_AT_ONCE), 0]);
  });
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
