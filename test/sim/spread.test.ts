/** A plan is played as it says, and from one seed always alike. */
import { describe, expect, test } from 'vitest';
import type { SpreadPlan, Step } from '../../src/sim/play/plan.ts';
import { nodeNames } from '../../src/sim/play/plan.ts';
import { spread } from '../../src/sim/play/spread.ts';
import type { SoFar, SpreadRun } from '../../src/sim/play/spread.ts';
import { COSTS } from '../../src/sim/world/costs.ts';

const NODES = 12;

function plan(changes: Partial<SpreadPlan> = {}): SpreadPlan {
  return {
    nodes: NODES,
    rendezvous: 2,
    intervalMs: 200,
    loss: 0,
    churnPerMinute: 0,
    codeBytes: 10_000,
    bitsPerSecond: null,
    machines: null,
    modules: 'membership',
    steps: [deployAt(0)],
    limitMs: 120_000,
    ...changes,
  };
}

function deployAt(atMs: number, node = 'rendezvous1'): Step {
  return { atMs, do: 'deploy', node };
}

function lastMs(run: SpreadRun, deployment = 0): number {
  return run.deployments[deployment]?.runningMs.at(-1) ?? Number.NaN;
}

function counts({ deployments }: SpreadRun): [known: number, running: number][] {
  return deployments.map(({ knownMs, runningMs }) => [knownMs.length, runningMs.length]);
}

test('every node comes to know and to run the deployment, in ascending times', async () => {
  const run = await spread(plan(), 1);
  expect(run).toMatchObject({ seed: 1, complete: true, downAtEnd: 0 });
  expect(counts(run)).toEqual([[NODES, NODES]]);
  for (const { knownMs, runningMs } of run.deployments) {
    expect(knownMs).toEqual(knownMs.toSorted((a, b) => a - b));
    expect(knownMs.every((known, index) => known >= 0 && known <= (runningMs[index] as number))).toBe(true);
  }
});

test('one plan and seed give one run, event by event; another seed another', async () => {
  const play = async (seed: number) => {
    const trace: string[] = [];
    return { run: await spread(plan({ loss: 0.1, churnPerMinute: 0.2 }), seed, { show: (line) => trace.push(line) }), trace };
  };
  const [first, again, other] = [await play(3), await play(3), await play(4)];
  expect(again).toEqual(first);
  expect(first.trace).toHaveLength(first.run.events);
  expect(other.run.fingerprint).not.toBe(first.run.fingerprint);
});

test('where nodes share processors it takes the time of their work, and ends as well', async () => {
  const machines = { cores: 1, nodesPerMachine: NODES };
  const shared = await spread(plan({ machines, intervalMs: 1_000 }), 1);
  expect(counts(shared)).toEqual([[NODES, NODES]]);
  // Twelve modules are loaded into hosts that waited, one after the other.
  expect(lastMs(shared)).toBeGreaterThan(NODES * COSTS.hostLoadMs);
  const apart = await spread(plan({ machines: { cores: 1, nodesPerMachine: 1 }, intervalMs: 1_000 }), 1);
  expect(lastMs(apart)).toBeLessThan(lastMs(shared));
});

test('an update of many on one machine is no reason to doubt each other: messages do not multiply', async () => {
  const crowd = { nodes: 40, rendezvous: 4, intervalMs: 1_000, machines: { cores: 2, nodesPerMachine: 40 } };
  const { load, complete, simulatedMs } = await spread(plan(crowd), 1);
  expect(complete).toBe(true);
  // A rumor goes to all, each fetches the code, and in each round each says something to two or three.
  expect(load.nodes?.sentMessages.mean).toBeLessThan(20 + (5 * simulatedMs) / 1_000);
});

test('modules that gossip nothing leave it to the cores', async () => {
  const run = await spread(plan({ modules: 'silent' }), 1);
  expect([run.complete, counts(run)]).toEqual([true, [[NODES, NODES]]]);
});

test('the stand-in for membership speaks about as often and as much', async () => {
  const rates = await Promise.all(
    (['membership', 'pulse'] as const).map(async (modules) => {
      const { load, simulatedMs } = await spread(plan({ nodes: 60, modules, steps: [deployAt(6_000)] }), 1);
      const { sentMessages, sentBytes } = load.nodes as NonNullable<typeof load.nodes>;
      return { messages: sentMessages.mean / simulatedMs, bytes: sentBytes.mean / simulatedMs };
    }),
  );
  const [membership, pulse] = rates as [(typeof rates)[number], (typeof rates)[number]];
  for (const figure of ['messages', 'bytes'] as const) {
    expect(pulse[figure] / membership[figure]).toBeGreaterThan(0.5);
    expect(pulse[figure] / membership[figure]).toBeLessThan(2);
  }
});

test('what a node sends and receives is counted, code among it', async () => {
  const codeBytes = 50_000;
  const { load } = await spread(plan({ codeBytes }), 1);
  expect(load.nodes?.receivedBytes.mean).toBeGreaterThan(codeBytes);
  expect(load.nodes?.receivedBytes.busiest).toBeGreaterThanOrEqual(load.nodes?.receivedBytes.mean as number);
  expect(load.rendezvous.sentMessages.mean).toBeGreaterThan(0);
});

test('a cluster of rendezvous nodes alone has no load of others', async () => {
  const { load, complete } = await spread(plan({ nodes: 2 }), 1);
  expect([load.nodes, complete]).toEqual([null, true]);
});

test('a slow link takes its time for the code', async () => {
  const copyMs = 4_000;
  const slow = plan({ codeBytes: 500_000, bitsPerSecond: 1_000_000 });
  expect(lastMs(await spread(slow, 1))).toBeGreaterThan(copyMs);
  expect(lastMs(await spread({ ...slow, bitsPerSecond: null }, 1))).toBeLessThan(copyMs);
});

test('a run that does not get there ends at its limit, and says so', async () => {
  const cutOff: Step = { atMs: 0, do: 'partition', nodes: { names: ['node1'] } };
  const run = await spread(plan({ steps: [cutOff, deployAt(10)], limitMs: 8_000 }), 1);
  expect([run.complete, counts(run)]).toEqual([false, [[NODES - 1, NODES - 1]]]);
  expect(run.simulatedMs).toBeGreaterThanOrEqual(8_000);
});

test('whoever looks on can stop it, and has what is known so far', async () => {
  const seen: SoFar[] = [];
  const run = await spread(plan(), 1, { pause: async (soFar) => (seen.push(soFar) > 3 ? 'stop' : 'go-on') });
  expect([seen.length, run.complete, run.deployments]).toEqual([4, false, []]);
});

describe('steps', () => {
  test('a partition that heals lets the deployment through afterwards', async () => {
    const steps: Step[] = [{ atMs: 0, do: 'partition', nodes: { share: 0.5 } }, deployAt(10), { atMs: 5_000, do: 'heal' }];
    const run = await spread(plan({ steps }), 1);
    expect([run.complete, counts(run)]).toEqual([true, [[NODES, NODES]]]);
    expect(run.deployments[0]?.knownMs.filter((ms) => ms > 4_900)).toHaveLength(5);
  });

  test('nodes that crash stay down, and others do without them', async () => {
    const run = await spread(plan({ steps: [{ atMs: 0, do: 'crash', nodes: { count: 3 } }, deployAt(100)] }), 1);
    expect([run.complete, run.downAtEnd, counts(run)]).toEqual([true, 3, [[NODES - 3, NODES - 3]]]);
  });

  test('nodes that start again catch up', async () => {
    const steps: Step[] = [
      { atMs: 0, do: 'crash', nodes: { names: ['node1', 'node2'] } },
      deployAt(100),
      { atMs: 4_000, do: 'start', nodes: { share: 1 } },
    ];
    const run = await spread(plan({ steps }), 1);
    expect([run.downAtEnd, counts(run)]).toEqual([0, [[NODES, NODES]]]);
    expect(run.deployments[0]?.knownMs.filter((ms) => ms > 3_900)).toHaveLength(2);
  });

  test('nodes that restart come back by themselves', async () => {
    const run = await spread(plan({ steps: [deployAt(0), { atMs: 50, do: 'restart', nodes: { share: 1 } }] }), 1);
    expect([run.complete, run.downAtEnd, counts(run)]).toEqual([true, 0, [[NODES, NODES]]]);
  });

  test('a second deployment is another spread; one into a node that is down waits for it', async () => {
    const steps: Step[] = [
      deployAt(0),
      { atMs: 3_000, do: 'crash', nodes: { names: ['node1'] } },
      deployAt(3_100, 'node1'),
      { atMs: 6_000, do: 'start', nodes: { names: ['node1'] } },
    ];
    const run = await spread(plan({ steps }), 1);
    expect([run.complete, counts(run)]).toEqual([
      true,
      [
        [NODES, NODES],
        [NODES, NODES],
      ],
    ]);
    expect(run.deployments[1]?.atMs).toBeGreaterThan(6_000);
  });

  test('loss begins when it is told to', async () => {
    const lossy = await spread(plan({ steps: [{ atMs: 0, do: 'loss', share: 0.5 }, deployAt(10)] }), 1);
    const clean = await spread(plan(), 1);
    expect(lossy.complete).toBe(true);
    expect(lastMs(lossy)).toBeGreaterThan(lastMs(clean));
  });
});

test('nodes have the names that steps can use', () => {
  expect(nodeNames({ nodes: 4, rendezvous: 2 })).toEqual(['rendezvous1', 'rendezvous2', 'node1', 'node2']);
});
