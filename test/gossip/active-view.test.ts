import { array, assert, constant, constantFrom, integer, oneof, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ActiveView, placesAmong } from '../../src/gossip/active-view.ts';
import { Hints } from '../../src/gossip/hints.ts';
import { Ports } from '../../src/gossip/ports.ts';
import { timingOf } from '../../src/gossip/timing.ts';
import type { Peer } from '../../src/model/names.ts';
import { peer, seeded } from '../support/records.ts';

const INTERVAL_MS = 1_000;
const SELF = peer(1);
const RENDEZVOUS = peer(2);

interface Setting {
  readonly rendezvous?: readonly Peer[];
  /** Peers that answered once. */
  readonly proven?: readonly Peer[];
  /** Peers that were only heard of. */
  readonly heard?: readonly Peer[];
  readonly seed?: number;
}

class Stage {
  readonly hints: Hints;
  readonly ports: Ports;
  readonly view: ActiveView;
  #now = 0;

  constructor({ rendezvous = [], proven = [], heard = [], seed = 1 }: Setting) {
    const random = seeded(seed);
    this.ports = new Ports(timingOf(INTERVAL_MS), random);
    this.hints = new Hints(SELF.id, rendezvous, random);
    for (const known of [...proven, ...heard]) this.hints.hear(known);
    for (const known of proven) this.hints.succeeded(known);
    this.view = new ActiveView(this.hints, this.ports);
  }

  /** The names of the view, in the order of their numbers. */
  get names(): string[] {
    return this.view
      .sample()
      .map(({ name }) => name)
      .toSorted((a, b) => Number(a.slice(4)) - Number(b.slice(4)));
  }

  rounds(count: number): void {
    this.#now += count * INTERVAL_MS;
    this.ports.begin(this.#now);
  }

  fail(failing: Peer, times: number): void {
    for (let time = 0; time < times; time += 1) this.hints.failed(failing);
  }
}

function peers(from: number, count: number): Peer[] {
  return Array.from({ length: count }, (_, index) => peer(from + index));
}

function names(list: readonly Peer[]): string[] {
  return list.map(({ name }) => name);
}

test('its size follows log2 of the number of nodes, within bounds', () => {
  expect([1, 3, 9, 49, 99, 999, 100_000].map(placesAmong)).toEqual([4, 4, 6, 8, 9, 12, 12]);
});

test('in a cluster of its size it is everybody, the dead among them: there is nobody else to speak to', () => {
  const proven = peers(2, 4);
  const stage = new Stage({ proven });
  stage.fail(peer(3), 10);
  expect(stage.names).toEqual(names(proven));
});

test('whoever failed is drawn less often, and still drawn', () => {
  const stage = new Stage({ proven: peers(2, 4) });
  stage.fail(peer(3), 50);
  const drawn = Array.from({ length: 1_000 }, () => stage.view.sample(1)[0]?.name).filter((name) => name === 'node3').length;
  expect(drawn).toBeGreaterThan(10);
  expect(drawn).toBeLessThan(100);
});

describe('it changes slowly', () => {
  test('while all is well one place at a time, about once in 30 rounds', () => {
    const stage = new Stage({ proven: peers(2, 99) });
    let before = stage.names;
    let changes = 0;
    for (let round = 0; round < 3_000; round += 1) {
      stage.rounds(1);
      const now = stage.names;
      const fresh = now.filter((name) => !before.includes(name)).length;
      expect(fresh).toBeLessThanOrEqual(1);
      changes += fresh;
      before = now;
    }
    expect(changes).toBeGreaterThan(80);
    expect(changes).toBeLessThan(120);
  });

  test('in the long run everybody comes into it', () => {
    const stage = new Stage({ proven: peers(2, 49) });
    const seen = new Set<string>();
    for (let turn = 0; turn < 400; turn += 1) {
      stage.rounds(40);
      for (const name of stage.names) seen.add(name);
    }
    expect(seen.size).toBe(49);
  });

  test('also among rendezvous nodes', () => {
    const rendezvous = peers(2, 5);
    const stage = new Stage({ rendezvous, proven: [...rendezvous, ...peers(100, 300)] });
    const seen = new Set<string>();
    for (let turn = 0; turn < 400; turn += 1) {
      stage.rounds(40);
      for (const { id, name } of stage.view.sample()) if (stage.hints.isRendezvous(id)) seen.add(name);
    }
    expect(seen.size).toBe(5);
  });
});

describe('whoever fails', () => {
  test('stays after one failure, and leaves after two in a row; another one comes in at once', () => {
    const stage = new Stage({ proven: peers(2, 50) });
    const [failing] = stage.view.sample(1) as [Peer];
    const before = stage.names;
    stage.fail(failing, 1);
    stage.hints.succeeded(failing);
    stage.fail(failing, 1);
    expect(stage.names).toEqual(before);
    stage.fail(failing, 1);
    expect(stage.names.filter((name) => !before.includes(name))).toHaveLength(1);
    expect(stage.names).toHaveLength(before.length);
    expect(stage.names).not.toContain(failing.name);
  });

  test('leaves at once, and three others with it; then one in each round: where all seem to fail, this node may be slow (law 10)', () => {
    const stage = new Stage({ proven: peers(2, 99) });
    const before = stage.view.sample();
    const left = (): number => before.filter((member) => !stage.view.has(member)).length;
    for (const failing of before) stage.fail(failing, 2);
    const gone = [1, 1, 1, 1, 1, 1, 1].map((round) => {
      const { length } = stage.names;
      expect(length).toBe(before.length);
      const count = left();
      stage.rounds(round);
      return count;
    });
    expect(gone).toEqual([3, 4, 5, 6, 7, 8, 9]);
  });

  test('may come in again once it answers', () => {
    const stage = new Stage({ proven: peers(2, 12) });
    const [failing] = stage.view.sample(1) as [Peer];
    stage.fail(failing, 2);
    stage.view.sample();
    expect(stage.view.has(failing)).toBe(false);
    stage.hints.succeeded(failing);
    const returns = Array.from({ length: 100 }).some(() => {
      stage.rounds(40);
      stage.view.sample();
      return stage.view.has(failing);
    });
    expect(returns).toBe(true);
  });
});

describe('attack B8: eclipse', () => {
  test('nobody gets in by calling: 1,000 callers that were never called stay outside', () => {
    const proven = peers(2, 40);
    const stage = new Stage({ rendezvous: [RENDEZVOUS], proven });
    const good = new Set(names(proven));
    for (const caller of peers(1_000, 1_000)) {
      stage.hints.claim(caller);
      stage.hints.called(caller.id, 'A'.repeat(22), 1);
      stage.rounds(10);
      expect(stage.names.filter((name) => !good.has(name))).toEqual([]);
    }
  });

  test('hearsay displaces nobody who answered, and whoever answered displaces hearsay', () => {
    const stage = new Stage({ rendezvous: [RENDEZVOUS], proven: [RENDEZVOUS, peer(3)], heard: peers(1_000, 200) });
    for (let turn = 0; turn < 50; turn += 1) {
      stage.rounds(40);
      expect(stage.names).toEqual(expect.arrayContaining(['node2', 'node3']));
    }
    for (const known of peers(4, 20)) {
      stage.hints.hear(known);
      stage.hints.succeeded(known);
    }
    expect(stage.names.filter((name) => Number(name.slice(4)) >= 1_000)).toEqual([]);
  });

  test('at most half of the places go to peers that never answered', () => {
    const stage = new Stage({ proven: [peer(2)], heard: peers(1_000, 250) });
    const places = placesAmong(251);
    expect(stage.names).toHaveLength(1 + places / 2);
  });

  test('a rendezvous node that answers is always among them', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const stage = new Stage({ rendezvous: [RENDEZVOUS], proven: [RENDEZVOUS, ...peers(3, 300)], seed });
      for (let turn = 0; turn < 20; turn += 1) {
        expect(stage.names).toContain('node2');
        stage.rounds(40);
      }
    }
  });

  test('the only rendezvous node leaves when it fails, and comes back when it answers', () => {
    const stage = new Stage({ rendezvous: [RENDEZVOUS], proven: [RENDEZVOUS, ...peers(3, 100)] });
    stage.view.sample();
    stage.fail(RENDEZVOUS, 2);
    expect(stage.names).not.toContain('node2');
    stage.hints.succeeded(RENDEZVOUS);
    expect(stage.names).toContain('node2');
  });
});

test('whatever happens, it is bounded, distinct, never the node itself, and of peers that are known', () => {
  const number = integer({ min: 1, max: 60 });
  const event = oneof(
    record({ do: constantFrom('hear' as const, 'claim' as const, 'succeeded' as const, 'failed' as const), number }),
    record({ do: constant('rounds' as const), number }),
  );
  assert(
    property(array(event, { maxLength: 300 }), integer({ min: 0, max: 3 }), (events, rendezvous) => {
      const stage = new Stage({ rendezvous: peers(2, rendezvous) });
      for (const each of events) {
        if (each.do === 'rounds') stage.rounds(each.number);
        else stage.hints[each.do](peer(each.number));
        const members = stage.view.sample();
        expect(members.length).toBeLessThanOrEqual(Math.min(placesAmong(stage.hints.size), stage.hints.size));
        expect(new Set(members.map(({ id }) => id)).size).toBe(members.length);
        for (const member of members) {
          expect(member.id).not.toBe(SELF.id);
          expect(stage.hints.get(member.id)).toEqual(member);
        }
        const answers = peers(2, rendezvous).some(({ id }) => (stage.hints.hint(id)?.failures ?? 0) === 0);
        expect(!answers || members.some(({ id }) => stage.hints.isRendezvous(id))).toBe(true);
      }
    }),
    { seed: 1, numRuns: 200 },
  );
});

describe('the overlay of 1,000 nodes, a fifth of them dead, after 100 rounds', () => {
  const NODES = 1_000;
  const ROUNDS = 100;
  const rendezvous = peers(1, 3);
  const isDead = (number: number): boolean => number % 5 === 4;

  /** Whom each living node speaks with: all have met 300 at random, among them dead ones, and call one of their view in each round. */
  function overlay(seed: number): Map<number, number[]> {
    const random = seeded(seed);
    const nodes = Array.from({ length: NODES }, (_, index) => index + 1).filter((number) => !isDead(number));
    const numbers = new Map(peers(1, NODES).map(({ id }, index) => [id, index + 1]));
    return new Map(
      nodes.map((self) => {
        const ports = new Ports(timingOf(INTERVAL_MS), random);
        const hints = new Hints(peer(self).id, rendezvous, random);
        for (let met = 0; met < 300; met += 1) {
          const known = peer(1 + Math.floor(random() * NODES));
          hints.hear(known);
          hints.succeeded(known);
        }
        const view = new ActiveView(hints, ports);
        for (let round = 0; round < ROUNDS; round += 1) {
          ports.begin(round * INTERVAL_MS);
          for (const callee of view.sample(1)) {
            if (isDead(numbers.get(callee.id) as number)) hints.failed(callee);
            else hints.succeeded(callee);
          }
        }
        return [self, view.sample().map(({ id }) => numbers.get(id) as number)];
      }),
    );
  }

  /** How many hops it takes to reach every living node from this one; infinite when one is never reached. */
  function hops(from: number, edges: ReadonlyMap<number, readonly number[]>): number {
    const reached = new Set([from]);
    let front = [from];
    for (let hop = 0; front.length > 0; hop += 1) {
      if (reached.size === edges.size) return hop;
      front = front.flatMap((node) => (edges.get(node) ?? []).filter((next) => edges.has(next) && !reached.has(next) && reached.add(next)));
    }
    return Number.POSITIVE_INFINITY;
  }

  const edges = overlay(1);

  test('is connected from every node to every other, within a few hops', () => {
    for (const from of [1, 100, 500, 1_000]) expect(hops(from, edges)).toBeLessThanOrEqual(6);
  });

  test('speaks to few dead ones, and loads nobody much more than others', () => {
    const called = [...edges.values()].flat();
    expect(called.filter(isDead).length / called.length).toBeLessThan(0.05);
    const others = called.filter((number) => number > rendezvous.length);
    const loads = new Map<number, number>();
    for (const number of others) loads.set(number, (loads.get(number) ?? 0) + 1);
    expect(Math.max(...loads.values())).toBeLessThan(40);
  });
});
