/** Nodes share the processors of their machine: what there is to do takes its time, and a long job does not hold up the short ones. */
import { describe, expect, it } from 'vitest';
import type { NodeId } from '../../src/model/names.ts';
import { Scheduler } from '../../src/sdk/virtual/scheduler.ts';
import { FREE, Machines } from '../../src/sim/world/machines.ts';

const id = (number: number): NodeId => number.toString(16).padStart(64, '0') as NodeId;

/** When each of the jobs ended: `[node, ms]`, all begun at once. */
async function play(plan: { cores: number; nodesPerMachine: number }, jobs: readonly (readonly [number, number])[]): Promise<number[]> {
  const scheduler = new Scheduler();
  const machines = new Machines(scheduler, plan);
  const ends: number[] = [];
  jobs.forEach(([node, ms], index) => machines.core(id(node)).spend(ms, () => void (ends[index] = Math.round(scheduler.now))));
  await scheduler.run(100_000);
  return ends;
}

describe('a machine', () => {
  it('does one thing after the other for each node, and as many at a time as it has processors', async () => {
    expect(
      await play({ cores: 4, nodesPerMachine: 9 }, [
        [1, 10],
        [1, 10],
        [2, 10],
      ]),
    ).toEqual([10, 20, 10]);
    expect(
      await play({ cores: 1, nodesPerMachine: 9 }, [
        [1, 3],
        [2, 3],
        [3, 3],
      ]),
    ).toEqual([3, 6, 9]);
  });

  it('shares its processors fairly among those that have much to do', async () => {
    const ends = await play({ cores: 2, nodesPerMachine: 9 }, [
      [1, 90],
      [2, 90],
      [3, 90],
      [4, 90],
    ]);
    for (const end of ends) expect(end).toBeGreaterThan(170);
    expect(Math.max(...ends)).toBe(180);
  });

  it('lets a short job go before the rest of a long one', async () => {
    const [long, short] = (await play({ cores: 1, nodesPerMachine: 9 }, [
      [1, 100],
      [2, 1],
    ])) as [number, number];
    expect(short).toBeLessThan(10);
    expect(long).toBe(101);
  });

  it('is another one for nodes elsewhere', async () => {
    expect(
      await play({ cores: 1, nodesPerMachine: 2 }, [
        [1, 50],
        [2, 50],
        [3, 50],
      ]),
    ).toEqual([98, 100, 50]);
  });
});

describe('a thread', () => {
  it('counts how long it had a processor, and how long it was ready and had none; not how long what it has to do waits for itself', async () => {
    const scheduler = new Scheduler();
    const machines = new Machines(scheduler, { cores: 1, nodesPerMachine: 9 });
    const cores = [1, 2, 3].map((number) => machines.core(id(number)));
    for (const core of cores) for (const ms of [3, 3]) core.spend(ms, () => {});
    await scheduler.run(1_000);
    expect(cores.map(({ time }) => time)).toEqual([
      { ranMs: 6, waitedMs: 6 },
      { ranMs: 6, waitedMs: 9 },
      { ranMs: 6, waitedMs: 12 },
    ]);
    expect(FREE.time).toBeNull();
  });
});

describe('a host', () => {
  it('goes behind its core: it gets a quarter where both have much to do', async () => {
    const scheduler = new Scheduler();
    const machines = new Machines(scheduler, { cores: 1, nodesPerMachine: 9 });
    const ends: Record<string, number> = {};
    machines.host(id(1)).spend(300, () => void (ends['host'] = scheduler.now));
    machines.core(id(1)).spend(300, () => void (ends['core'] = scheduler.now));
    await scheduler.run(10_000);
    expect(ends['core']).toBeGreaterThan(390);
    expect(ends['core']).toBeLessThan(420);
    expect(ends['host']).toBeCloseTo(600, 0);
  });
});
