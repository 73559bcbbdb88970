/** How many connections a node begins, and when it tries again (law 10: an overload ends with its cause). */
import { describe, expect, test } from 'vitest';
import { BackOff } from '../../../../src/core/transport/client/back-off.ts';
import { HandshakeBound } from '../../../../src/core/transport/client/handshake-bound.ts';
import { CLIENT_LIMITS } from '../../../../src/core/transport/limits.ts';

/** Far above every bound below. */
const MANY = 1_000;

/** How many begin at `now`, each ended at once or not at all. */
function begin(bound: HandshakeBound, now: number, { strain = 1, end = true } = {}): number {
  let begun = 0;
  while (begun < MANY && bound.begin(now, strain)) {
    begun += 1;
    if (end) bound.ended();
  }
  return begun;
}

describe('the bound', () => {
  test('at a time, in a burst, and in each second after that', () => {
    const limits = { ...CLIENT_LIMITS, maxHandshakes: 3, handshakesPerSecond: 10, handshakeBurst: 5 };
    const bound = new HandshakeBound(limits, 0);
    expect([begin(bound, 0, { end: false }), bound.underWay]).toEqual([3, 3]);
    for (let index = 0; index < 3; index += 1) bound.ended();
    expect([begin(bound, 0), begin(bound, 1_000), begin(bound, 1_100)]).toEqual([2, 5, 1]);
  });

  test('a strained node begins so many times fewer, and one at a time at least', () => {
    const limits = { ...CLIENT_LIMITS, maxHandshakes: 8, handshakesPerSecond: 16, handshakeBurst: 16 };
    expect([1, 2, 4, 8, 100].map((strain) => begin(new HandshakeBound(limits, 0), 0, { strain, end: false }))).toEqual([8, 4, 2, 1, 1]);
    const bound = new HandshakeBound(limits, 0);
    let [begun, now] = [begin(bound, 0, { strain: 8 }), 0];
    for (; now < 10_000; now += 10) begun += begin(bound, now, { strain: 8 });
    expect(begun).toBeLessThanOrEqual(2 + (10 * 16) / 8);
  });

  test('tells how long those wait that others are ahead of', () => {
    const bound = new HandshakeBound({ ...CLIENT_LIMITS, handshakesPerSecond: 10, handshakeBurst: 5 }, 0);
    expect([bound.waitMs(0, 0, 1), bound.waitMs(5, 0, 1), bound.waitMs(5, 0, 4)]).toEqual([0, 100, 1_600]);
  });
});

describe('a peer whose handshakes come to nothing', () => {
  test('is left alone for longer each time, up to eight seconds, and never as long as another', () => {
    const backOff = new BackOff(() => 0.999);
    let now = 0;
    const pauses = Array.from({ length: 7 }, () => {
      backOff.failed('a', now);
      const leftMs = backOff.leftMs('a', now);
      now += leftMs;
      return Math.round(leftMs / 100) * 100;
    });
    expect([pauses, backOff.leftMs('a', now), backOff.leftMs('b', 0)]).toEqual([[500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000], 0, 0]);
    const hasty = new BackOff(() => 0);
    hasty.failed('a', 0);
    expect(hasty.leftMs('a', 0)).toBe(250);
  });

  test('begins anew after a success, and when it was not tried for long', () => {
    const backOff = new BackOff(() => 0.999);
    for (let index = 0; index < 5; index += 1) backOff.failed('a', 0);
    backOff.succeeded('a');
    expect([backOff.leftMs('a', 0), backOff.size(0)]).toEqual([0, 0]);
    for (let index = 0; index < 5; index += 1) backOff.failed('a', 0);
    backOff.failed('a', 100_000);
    expect([Math.round(backOff.leftMs('a', 100_000)), backOff.size(100_000)]).toEqual([500, 1]);
  });
});
