import { describe, expect, test } from 'vitest';
import { Hints } from '../../src/gossip/hints.ts';
import { MAX_PROVEN, MAX_UNPROVEN } from '../../src/gossip/peer-table.ts';
import type { Address, Peer } from '../../src/model/names.ts';
import { peer, seeded } from '../support/records.ts';

const self = peer(1);

function table(rendezvous: readonly Peer[] = []): Hints {
  return new Hints(self.id, rendezvous, seeded(3));
}

function moved(known: Peer, port: number): Peer {
  return { ...known, address: known.address.replace(/\d+$/, String(port)) as Address };
}

test('the own address is no hint', () => {
  const hints = table([self]);
  hints.hear(self);
  hints.claim(self);
  expect(hints.size).toBe(0);
});

describe('an id has one address', () => {
  test("the node's own newest claim wins over hearsay", () => {
    const hints = table();
    hints.hear(peer(2));
    hints.claim(moved(peer(2), 8000));
    hints.hear(moved(peer(2), 9000));
    expect(hints.get(peer(2).id)).toEqual(moved(peer(2), 8000));
  });

  test('hearsay replaces an address only after that one failed often', () => {
    const hints = table();
    hints.hear(peer(2));
    hints.hear(moved(peer(2), 9000));
    expect(hints.get(peer(2).id)).toEqual(peer(2));
    for (let failure = 0; failure < 3; failure += 1) hints.failed(peer(2));
    hints.hear(moved(peer(2), 9000));
    expect(hints.get(peer(2).id)).toEqual(moved(peer(2), 9000));
  });

  test('an address that answers where the known one fails is the new one', () => {
    const hints = table();
    hints.hear(peer(2));
    hints.succeeded(moved(peer(2), 9000));
    expect(hints.get(peer(2).id)).toEqual(peer(2));
    hints.failed(peer(2));
    hints.succeeded(moved(peer(2), 9000));
    expect(hints.get(peer(2).id)).toEqual(moved(peer(2), 9000));
  });
});

describe('attack B7: poisoned hints', () => {
  const honest = Array.from({ length: 100 }, (_, index) => peer(index + 2));

  test('100,000 of them take bounded room, and peers that answered survive', () => {
    const hints = table();
    for (const known of honest) {
      hints.hear(known);
      hints.succeeded(known);
    }
    for (let lie = 0; lie < 100_000; lie += 1) hints.hear(peer(1_000 + (lie % 60_000)));
    expect(hints.size).toBeLessThanOrEqual(MAX_PROVEN + MAX_UNPROVEN);
    for (const known of honest) expect(hints.get(known.id)).toEqual(known);
  });

  test('without the proof of an answer the honest ones drown', () => {
    const hints = table();
    for (const known of honest) hints.hear(known);
    for (let lie = 0; lie < 100_000; lie += 1) hints.hear(peer(1_000 + (lie % 60_000)));
    expect(honest.filter(({ id }) => hints.get(id) !== undefined).length).toBeLessThan(honest.length / 2);
  });

  test('half of the choices at most go to peers that never answered', () => {
    const hints = table();
    for (const known of honest.slice(0, 5)) {
      hints.hear(known);
      hints.succeeded(known);
    }
    for (let lie = 0; lie < 250; lie += 1) hints.hear(peer(1_000 + lie));
    const good = new Set(honest.slice(0, 5).map(({ id }) => id));
    const chosen = Array.from({ length: 1_000 }, () => hints.pick()).filter((choice) => choice !== undefined && good.has(choice.id));
    expect(chosen.length).toBeGreaterThan(400);
  });

  test('rendezvous nodes are never given up', () => {
    const rendezvous = peer(9_999);
    const hints = table([rendezvous]);
    for (let lie = 0; lie < 10_000; lie += 1) hints.hear(peer(10_000 + lie));
    expect(hints.get(rendezvous.id)).toEqual(rendezvous);
  });
});

test('dead peers are kept and still tried, less often than good ones', () => {
  const hints = table();
  for (const known of [peer(2), peer(3)]) {
    hints.hear(known);
    hints.succeeded(known);
  }
  for (let failure = 0; failure < 50; failure += 1) hints.failed(peer(3));
  const dead = Array.from({ length: 1_000 }, () => hints.pick()).filter((choice) => choice?.id === peer(3).id).length;
  expect(dead).toBeGreaterThan(30);
  expect(dead).toBeLessThan(300);
});

test('a sample has distinct peers, and all of them when there are few', () => {
  const hints = table();
  for (let number = 2; number < 12; number += 1) hints.hear(peer(number));
  const ids = hints.sample(10).map(({ id }) => id);
  expect(new Set(ids).size).toBe(10);
  expect(hints.sample(3)).toHaveLength(3);
  expect(hints.sample(99)).toHaveLength(10);
});

test('others are told only of peers that answered here, never of themselves', () => {
  const hints = table();
  for (let number = 2; number < 8; number += 1) hints.hear(peer(number));
  hints.succeeded(peer(2));
  hints.succeeded(peer(3));
  hints.failed(peer(3));
  hints.succeeded(peer(4));
  expect(new Set(hints.sampleProven(8, peer(4).id))).toEqual(new Set([peer(2)]));
});

test('a rendezvous node that does not answer is tried at its own claim and at the address in the root', () => {
  const rendezvous = peer(2);
  const hints = table([rendezvous]);
  hints.claim(moved(rendezvous, 8000));
  expect(hints.pickRendezvous()).toEqual(moved(rendezvous, 8000));
  hints.failed(moved(rendezvous, 8000));
  expect(hints.pickRendezvous()).toEqual(rendezvous);
  hints.failed(rendezvous);
  expect(hints.pickRendezvous()).toEqual(moved(rendezvous, 8000));
});

test('the table comes back from disk as it was', () => {
  const hints = table();
  hints.hear(peer(2));
  hints.hear(peer(3));
  hints.succeeded(peer(3));
  hints.failed(peer(2));
  const again = table();
  again.restore(hints.list());
  expect(again.list()).toEqual(hints.list());
});

describe('who calls and cannot be called', () => {
  const RECENT_MS = 60_000;
  function caller(): Hints {
    const hints = table();
    hints.claim(peer(2));
    hints.called(peer(2).id, 'old', 0);
    return hints;
  }
  function fail(hints: Hints, times = 3): void {
    for (let failure = 0; failure < times; failure += 1) for (const number of [2, 3]) hints.failed(peer(number));
  }
  /** It goes on calling while calls to it fail. */
  function uncallable(hints: Hints): Hints {
    fail(hints, 2);
    hints.called(peer(2).id, 'old', 500);
    fail(hints, 1);
    hints.called(peer(2).id, 'digest', 1_000);
    return hints;
  }

  test('is told apart from who was only heard of, with the digest that it showed and when', () => {
    const hints = caller();
    hints.hear(peer(3));
    uncallable(hints);
    const [first, second] = hints.sightings(4_000, RECENT_MS);
    expect(first).toEqual({
      ...peer(2),
      failures: 3,
      proven: false,
      silentMs: 3_000,
      heard: { agoMs: 3_000, digest: 'digest' },
      uncallable: true,
    });
    expect(second).toEqual({ ...peer(3), failures: 3, proven: false, silentMs: 4_000 });
    expect([hints.callable(peer(2)), hints.callable(moved(peer(2), 9)), hints.callable(peer(4))]).toEqual([false, null, null]);
  });

  test('is not who was killed or frozen: it has not called since calls to it fail', () => {
    const hints = caller();
    hints.succeeded(peer(2));
    fail(hints, 9);
    const [first] = hints.sightings(1_000, RECENT_MS);
    expect([first?.failures, first?.uncallable, hints.callable(peer(2))]).toEqual([9, undefined, null]);
    // Awake again, it calls before anyone has called it.
    hints.called(peer(2).id, 'digest', 2_000);
    hints.called(peer(2).id, 'digest', 2_500);
    expect([hints.sightings(3_000, RECENT_MS)[0]?.uncallable, hints.callable(peer(2))]).toEqual([undefined, null]);
  });

  test('is dead, and not that, when it has not called for long', () => {
    const hints = uncallable(caller());
    expect(hints.sightings(1_001 + RECENT_MS, RECENT_MS)[0]?.uncallable).toBeUndefined();
  });

  test('can be called again once it answers', () => {
    const hints = uncallable(caller());
    hints.succeeded(peer(2));
    expect([hints.callable(peer(2)), hints.sightings(1_000, RECENT_MS)[0]]).toEqual([
      true,
      { ...peer(2), failures: 0, proven: true, heard: { agoMs: 0, digest: 'digest' } },
    ]);
  });
});

describe('who has not been heard of for long', () => {
  const MINUTE_MS = 60_000;
  const goneMs = 10 * MINUTE_MS;

  /** A clock, and a table in which one node is dead and `others` live. */
  function withDead(others: number, rendezvous: readonly Peer[] = []) {
    const time = { now: 0, timing: { goneMs, settleMs: 10_000 } };
    const hints = new Hints(self.id, rendezvous, seeded(3), time);
    const dead = peer(2);
    const living = Array.from({ length: others }, (_, index) => peer(index + 3));
    for (const each of [dead, ...living]) hints.claim(each);
    for (const each of [dead, ...living]) hints.succeeded(each);
    /** Draws so many, and tells the table what comes of it; how often the dead one was drawn. */
    const draw = (count: number): number => {
      let drawn = 0;
      for (let tried = 0; tried < count; tried += 1) {
        const chosen = hints.pick();
        if (chosen === undefined) continue;
        if (chosen.id !== dead.id) hints.succeeded(chosen);
        else {
          drawn += 1;
          hints.failed(chosen);
        }
      }
      return drawn;
    };
    return { time, hints, dead, draw };
  }

  test('is asked ever more rarely, and never more rarely than every ten minutes or so', () => {
    const { time, draw } = withDead(3);
    time.now = 9 * MINUTE_MS;
    expect(draw(200)).toBeGreaterThan(3);
    time.now = goneMs;
    // Once, and then not before an eighth of its silence has gone by.
    expect(draw(200)).toBe(1);
    expect(draw(200)).toBe(0);
    time.now = 12 * MINUTE_MS;
    expect(draw(200)).toBe(1);
    let hourly = 0;
    for (let minute = 0; minute < 60 * 24; minute += 1) {
      time.now += MINUTE_MS;
      hourly += draw(20);
    }
    expect(hourly / 24).toBeGreaterThan(4);
    expect(hourly / 24).toBeLessThan(9);
  });

  test('is asked even where nobody else is there, and is a peer like any other once it calls', () => {
    const { time, hints, dead, draw } = withDead(0);
    time.now = goneMs;
    for (let failure = 0; failure < 4; failure += 1) hints.failed(dead);
    expect(draw(50)).toBe(0);
    time.now += 5 * MINUTE_MS;
    expect(draw(50)).toBe(1);
    hints.called(dead.id, 'digest', time.now);
    expect(hints.pick()).toEqual(dead);
  });

  test('is asked as ever where it is a rendezvous node: by those the others are found', () => {
    const { time, draw } = withDead(3, [peer(2)]);
    time.now = 100 * goneMs;
    draw(50);
    expect(draw(500)).toBeGreaterThan(5);
  });
});
