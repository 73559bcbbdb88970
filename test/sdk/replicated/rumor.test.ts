/** Rumors: at once to a few, each so many times, and in turn to whoever missed them. */
import { describe, expect, it } from 'vitest';
import { Allowance, chooseToTell, EagerPush } from '../../../src/sdk/replicated.ts';
import type { Peer } from '../../../src/sdk/index.ts';

const peerOf = (id: string): Peer => ({ id, address: `10.0.0.1:${id.length}`, name: id });

function pushing({
  listeners = ['a', 'b', 'c'],
  ...options
}: {
  readonly listeners?: readonly string[];
  readonly atOnce?: number;
  readonly perRound?: number;
  readonly isBusy?: () => boolean;
}) {
  const tasks: (() => unknown)[] = [];
  const told: string[] = [];
  const push = new EagerPush({
    context: {
      after: (_, task) => {
        tasks.push(task);
        return { stop: () => undefined };
      },
      random: () => 0.5,
    },
    listeners: () => listeners.map(peerOf),
    tell: ({ id }) => told.push(id),
    ...options,
  });
  const later = (): void => {
    for (const task of tasks.splice(0)) task();
  };
  return { push, told, tasks, later };
}

describe('eager push', () => {
  it('tells news of one moment together, and not to those who told it', () => {
    const { push, told, tasks, later } = pushing({ perRound: 10 });
    push.spread('a');
    push.spread();
    push.spread('b');
    expect([tasks.length, told]).toEqual([1, []]);
    later();
    expect(told).toEqual(['c']);
    push.spread();
    later();
    expect(told).toEqual(['c', 'a', 'b', 'c']);
  });

  it('stays within its allowance, which rounds fill', () => {
    const { push, told, later } = pushing({ atOnce: 3, perRound: 2 });
    const spread = (): number => {
      const before = told.length;
      push.spread();
      later();
      return told.length - before;
    };
    expect([spread(), spread()]).toEqual([2, 0]);
    push.nextRound();
    expect(spread()).toBe(2);
    for (let count = 0; count < 9; count += 1) push.nextRound();
    expect([spread(), spread()]).toEqual([3, 0]);
  });

  it('leaves all to the rounds while it is busy', () => {
    let isBusy = true;
    const { push, tasks, later } = pushing({ isBusy: () => isBusy });
    push.spread();
    expect(tasks).toEqual([]);
    push.spread(undefined, { urgent: true });
    expect(tasks).toHaveLength(1);
    later();
    isBusy = false;
    push.spread();
    expect(tasks).toHaveLength(1);
  });
});

describe('an allowance', () => {
  it('can be brought down to one', () => {
    const allowance = new Allowance(5, 3);
    allowance.nextRound(true);
    expect([allowance.take(), allowance.take()]).toEqual([true, false]);
  });
});

describe('what a message tells', () => {
  const things = (count: number) => Array.from({ length: count }, (_, name) => ({ name, told: 0 }));

  it('is what was told least, each so often, and then a few in turn, so that all are told again and again', () => {
    const all = things(20);
    const telling = { max: 8, enough: 3, refreshed: 2 };
    let messages = 0;
    while (all.some(({ told }) => told < 3)) {
      expect(chooseToTell(all, telling).length).toBeLessThanOrEqual(8);
      messages += 1;
    }
    expect(messages).toBe(8);
    const told = all.map((thing) => thing.told);
    for (let count = 0; count < 10; count += 1) expect(chooseToTell(all, telling)).toHaveLength(2);
    expect(all.filter((thing, place) => thing.told > (told[place] ?? 0)).length).toBeGreaterThanOrEqual(16);
    const news = { name: 99, told: 0 };
    expect(chooseToTell([...all, news], telling)).toContain(news);
  });

  it('begins with what concerns the listener', () => {
    const all = things(5);
    expect(chooseToTell(all, { about: all[3], max: 2, enough: 3, refreshed: 2 }).map(({ name }) => name)).toEqual([3, 0]);
  });

  it('reaches everybody by push and by rounds, although most of what is pushed is lost', () => {
    // A ring of nodes, each telling one other in a round: what was lost comes in turn.
    const nodes = Array.from({ length: 16 }, () => new Map<number, { readonly name: number; told: number }>());
    (nodes[0] as Map<number, { name: number; told: number }>).set(7, { name: 7, told: 0 });
    let sent = 0;
    for (let round = 0; nodes.some((node) => !node.has(7)); round += 1) {
      for (const [index, node] of nodes.entries()) {
        const told = chooseToTell(node.values(), { max: 4, enough: 2, refreshed: 1 });
        const other = nodes[(index + 1 + (round % 5)) % nodes.length];
        sent += 1;
        if (sent % 3 === 0) for (const { name } of told) if (other?.has(name) === false) other.set(name, { name, told: 0 });
      }
      expect(round).toBeLessThan(200);
    }
  });
});
