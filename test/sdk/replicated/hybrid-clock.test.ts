/** Stamps rise, whatever clocks say. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_VERSION } from '../../../src/sdk/replicated.ts';
import { HybridClock, isLater, MAX_DRIFT_MS, MAX_LEAP } from '../../../src/sdk/replicated/hybrid-clock.ts';
import type { Stamp } from '../../../src/sdk/replicated/hybrid-clock.ts';

const NOTHING: Stamp = { version: 0, time: 0 };

describe('the hybrid clock', () => {
  const stamps = fc.record({ version: fc.nat({ max: MAX_LEAP }), time: fc.maxSafeNat() });

  it('stamps each write later than everything known, whatever the wall clock does', () => {
    const steps = fc.array(fc.record({ now: fc.oneof(fc.integer(), fc.double({ noNaN: true })), known: stamps, heard: stamps }));
    fc.assert(
      fc.property(steps, (list) => {
        let now = 0;
        let last = NOTHING;
        const clock = new HybridClock(() => now);
        for (const step of list) {
          now = step.now;
          clock.observe(step.heard);
          const stamp = clock.next(step.known);
          expect(isLater(stamp, step.known)).toBe(true);
          expect(Number.isSafeInteger(stamp.time) && stamp.version <= MAX_VERSION && stamp.time >= 0).toBe(true);
          // A wall clock that was set back far leaves earlier stamps in the far future.
          const wasNear = last.time <= 1_000 * (clock.nowMs + MAX_DRIFT_MS) && last.version * 1_000 <= clock.nowMs;
          expect(!wasNear || isLater(stamp, last)).toBe(true);
          last = stamp;
        }
      }),
    );
  });

  it('follows the wall clock, counts on where many write at one moment, and where it was set back a little', () => {
    let now = 5_000_000;
    const clock = new HybridClock(() => now);
    expect(clock.next(NOTHING)).toEqual({ version: 5_000, time: 5_000_000_000 });
    expect(clock.next(NOTHING)).toEqual({ version: 5_000, time: 5_000_000_001 });
    now -= 30_000;
    expect(clock.next(NOTHING)).toEqual({ version: 5_000, time: 5_000_000_002 });
    now += 31_000;
    expect(clock.next(NOTHING)).toEqual({ version: 5_001, time: 5_001_000_000 });
  });

  it('is not moved by the far future, and writes after it all the same', () => {
    const clock = new HybridClock(() => 5_000_000);
    const far = { version: 9_000_000, time: 9e15 };
    clock.observe(far);
    expect(clock.next(NOTHING)).toEqual({ version: 5_000, time: 5_000_000_000 });
    expect(clock.next(far)).toEqual({ version: 9_000_001, time: 5_000_000_000 });
    expect(clock.next(NOTHING)).toEqual({ version: 5_000, time: 5_000_000_001 });
  });
});
