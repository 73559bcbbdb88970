/** A node that is behind doubts itself first: its rounds grow longer, and it says so, until that is over (law 10). */
import { describe, expect, test } from 'vitest';
import { Ports } from '../../src/gossip/ports.ts';
import type { Note } from '../../src/gossip/protocol.ts';
import { Pulse } from '../../src/gossip/pulse.ts';
import { Strain } from '../../src/gossip/strain.ts';
import { timingOf } from '../../src/gossip/timing.ts';

function strainOf({ late = [] as number[], waits = [] as [ranMs: number, waitedMs: number][], timedOut = 0, answered = 0 }): Strain {
  const strain = new Strain();
  for (const [ranMs, waitedMs] of waits) strain.processor(ranMs, waitedMs);
  for (const lateMs of late) strain.timer(lateMs);
  for (let index = 0; index < timedOut; index += 1) strain.call('timed-out');
  for (let index = 0; index < answered; index += 1) strain.call('answered');
  return strain;
}

function times<T>(count: number, what: T): T[] {
  return Array.from({ length: count }, () => what);
}

describe('the measure', () => {
  test.each([
    ['a node that has just started', {}, 1],
    ['timers that are late by a little', { late: [20, 90, 10, 60, 95] }, 1],
    ['a single long pause, as when a laptop sleeps', { late: [0, 3_600_000, 0, 0, 0] }, 1],
    ['two of five are late', { late: [900, 900, 0, 0, 0] }, 1],
    ['three of five are late', { late: [0, 250, 900, 300, 0] }, 2.5],
    ['timers that are late by far', { late: [9_000, 9_000, 9_000, 9_000, 9_000] }, 8],
    ['calls that time out alone: that may be the fault of the others', { timedOut: 100 }, 1],
    ['late timers, and no call is answered', { late: [300, 300, 300, 300, 300], timedOut: 100 }, 6],
    ['a processor that is waited for twice as long as it is had', { waits: times(60, [10, 20]) }, 1],
    ['one that is waited for five times as long', { waits: times(60, [10, 50]) }, 2],
    ['one that is never had, for a minute', { waits: times(60, [0, 1_000]) }, 8],
    ['one that is not had for some seconds: of many nodes all would stop at once, and begin again', { waits: times(5, [0, 1_000]) }, 1.1],
    [
      'a single second without one',
      {
        waits: [
          [10, 10],
          [0, 1_000],
          [10, 10],
          [10, 10],
          [10, 10],
        ],
      },
      1,
    ],
    ['a node that hardly runs, and waits for little', { waits: times(60, [0.1, 12]) }, 1],
    ['what is waited for and late timers: the worse of both', { waits: times(60, [10, 75]), late: times(5, 600) }, 6],
    ['late timers, and half as many calls time out as are answered', { late: [300, 300, 300, 300, 300], timedOut: 5, answered: 10 }, 3],
  ] as [string, Parameters<typeof strainOf>[0], number][])('%s', (_name, told, level) => {
    expect(strainOf(told).level).toBeCloseTo(level, 1);
  });

  test('is 1 again after a few timers that are in time, and a few calls that are answered', () => {
    const strain = strainOf({ late: [800, 800, 800, 800, 800], timedOut: 100 });
    for (let index = 0; index < 3; index += 1) strain.timer(0);
    for (let index = 0; index < 6; index += 1) strain.call('answered');
    expect([strain.level, strain.view]).toEqual([1, { level: 1, lateMs: 0, waiting: 0, timeouts: 2 }]);
  });
});

describe('a machine that is crowded', () => {
  /** Waits, for each time that a processor is had, of a queue that serves in turns, on a machine that is so full. */
  const waitsAt = (full: number): number => (full >= 0.98 ? 50 : full / (1 - full));
  const middle = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

  test.each([0.6, 1, 1.3, 2, 3, 5])(
    'has room again where its nodes together want %d times what it has, and is not left empty',
    (wanted) => {
      const strain = new Strain();
      const full: number[] = [];
      for (let second = 0; second < 600; second += 1) {
        full.push(Math.min(1, wanted / strain.level));
        strain.processor(10, 10 * waitsAt(full.at(-1) ?? 0));
      }
      const late = full.slice(-300);
      expect(middle(late)).toBeLessThan(0.92);
      expect(Math.min(...late)).toBeGreaterThan(0.58);
    },
  );

  test('slows its nodes little in a burst of some seconds, and not at all a while later', () => {
    const strain = strainOf({ waits: times(8, [10, 400]) });
    expect(strain.level).toBeLessThan(2);
    for (let second = 0; second < 20; second += 1) strain.processor(10, 10);
    expect(strain.level).toBe(1);
  });

  test('for long makes them as slow as it is full, and no slower', () => {
    expect(strainOf({ waits: times(60, [10, 75]) }).level).toBeCloseTo(3, 5);
    expect(strainOf({ waits: times(60, [0, 1_000]) }).level).toBe(8);
  });
});

test('a round takes so many times longer', () => {
  const ports = new Ports(timingOf(1_000), () => 0.5);
  expect(ports.round(1_000)).toBe(1_000);
  for (let index = 0; index < 5; index += 1) ports.strain.timer(400);
  expect(ports.round(1_000)).toBe(4_000);
});

test('it is told when it begins and when it is over, and not in between', () => {
  const ports = new Ports(timingOf(1_000), () => 0.5);
  const notes: Note[] = [];
  let [now, due] = [0, 0];
  const take = (): void => {
    for (const effect of ports.end()) {
      if (effect.type === 'timer') due = effect.token;
      if (effect.type === 'note') notes.push(effect.note);
    }
  };
  const pulse = (lateMs: number): void => {
    now += 1_000 + lateMs;
    ports.begin(now);
    ports.timers.fire(due);
    take();
  };
  ports.begin(now);
  new Pulse(ports).start();
  take();
  for (const lateMs of [0, 0, 300, 300, 300, 400, 500, 150, 150, 150, 0, 0, 0, 0, 0]) pulse(lateMs);
  expect(notes).toEqual([
    { event: 'strain', strain: { level: 3, lateMs: 300, waiting: 0, timeouts: 0 } },
    { event: 'strain', strain: { level: 1, lateMs: 0, waiting: 0, timeouts: 0 } },
  ]);
  expect([ports.work.lateness.counts.reduce((sum, count) => sum + count), ports.work.lateness.sumMs]).toEqual([15, 2_250]);
});
