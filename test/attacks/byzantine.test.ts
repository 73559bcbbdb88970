/** Attacks by many members at once, in simulated clusters: what trust and budgets must bear when a large part of the nodes is hostile. */
import { describe, expect, test } from 'vitest';
import { CHECKS } from '../../src/gossip/checks.ts';
import { GossipNode } from '../../src/gossip/node.ts';
import type { GossipNodeOptions } from '../../src/gossip/protocol.ts';
import { contradictions, eclipse, forgedNumbers } from '../../src/sim/byzantine/lies.ts';
import { Cluster } from '../../src/sim/world/cluster.ts';
import type { Protocol } from '../../src/sim/node/node-run.ts';
import { corrupt } from '../../src/sim/faults/nodes.ts';
import { converge, deploy } from '../../src/sim/scenarios/scenario.ts';
import { rivals } from '../../src/sim/scenarios/operators.ts';
import { GOAL, order, rendezvous, veteran } from '../../src/sim/scenarios/setting.ts';
import { simulate } from '../../src/sim/play/simulate.ts';
import type * as Simulate from '../../src/sim/play/simulate.ts';
import type * as Operators from '../../src/sim/scenarios/operators.ts';
import { scratchCopy } from '../trust/mutant.ts';
import { join } from 'node:path';

const NODES = 50;
const HOSTILE = 30;
const ROUNDS = 5;
/** What the hints of all peers together may cause on each node: a burst, and so many in a round; each may be followed by a push of what is lacking; and as much again for all honest ones. */
const MOST_EXCHANGES = (NODES - HOSTILE) * (32 + 8 * ROUNDS) * 4;

describe('attack B2: 30 of 50 nodes forge numbers and digests, and say each time that they have learnt something', () => {
  /** Configuration exchanges that correct nodes begin in some rounds, and whether an honest deployment reached all of them. */
  async function storm(
    rounds: number,
    makeProtocol?: (options: GossipNodeOptions) => Protocol,
  ): Promise<{ exchanges: number; known: number }> {
    let exchanges = 0;
    const cluster = new Cluster({ seed: 1, nodes: NODES, parts: makeProtocol === undefined ? {} : { makeProtocol } });
    corrupt(cluster, HOSTILE / NODES, () => ({ ...contradictions, ...(forgedNumbers.act && { act: forgedNumbers.act }) }));
    await veteran(cluster);
    cluster.listen((happening) => {
      if (happening.type !== 'handled') return;
      for (const effect of happening.effects) if (effect.type === 'send' && effect.message.kind === 'configuration') exchanges += 1;
    });
    const record = await deploy(cluster, order('registry', '2'), rendezvous(cluster));
    const { known } = await converge(cluster, GOAL.half(NODES), [record]);
    await cluster.advance(Math.max(0, rounds - known) * cluster.intervalMs);
    return { exchanges, known };
  }

  test('an honest deployment gets through, and the forgers cause a bounded number of exchanges', async () => {
    const { exchanges, known } = await storm(ROUNDS);
    expect(known).toBeLessThanOrEqual(GOAL.half(NODES));
    expect(exchanges).toBeLessThanOrEqual(MOST_EXCHANGES);
  });

  test('without a budget for hints, they cause a storm of exchanges', async () => {
    const checks = { ...CHECKS, budget: () => ({ take: () => true }) };
    const { exchanges } = await storm(1, (options) => new GossipNode(options, checks));
    // In a fifth of the time.
    expect(exchanges).toBeGreaterThan(MOST_EXCHANGES);
  });
});

describe('attack B8: 40 % of the nodes are hostile, and all that anybody hears names hostile nodes alone', () => {
  /** In which every node hears of a deployment. */
  const ENOUGH_ROUNDS = 60;

  /** Nodes that begin with empty disks. Without `withRendezvous`, only the rendezvous nodes themselves are told of any, and the others do not follow the root either. */
  async function surrounded(withRendezvous: boolean): Promise<Cluster> {
    const makeProtocol = (options: GossipNodeOptions): Protocol => {
      if (withRendezvous || options.rendezvous.some(({ id }) => id === options.self.id)) return new GossipNode(options);
      const { trust: _followed, ...untold } = options;
      return new GossipNode({ ...untold, rendezvous: [] });
    };
    const cluster = new Cluster({ seed: 2, nodes: NODES, parts: { makeProtocol } });
    corrupt(cluster, 0.4, () => eclipse);
    cluster.startAll();
    await cluster.advance(10 * cluster.intervalMs);
    return cluster;
  }

  test('the eclipse does not last: every node hears of a deployment', async () => {
    const cluster = await surrounded(true);
    const record = await deploy(cluster, order('registry', '1'), rendezvous(cluster));
    const known = (): boolean => cluster.progress.holders(record.hash) === cluster.nodes.length;
    expect(await cluster.until('all know it', known, ENOUGH_ROUNDS * cluster.intervalMs)).toBeGreaterThan(0);
  });

  test('without the share of exchanges for rendezvous nodes, it lasts', async () => {
    const cluster = await surrounded(false);
    const record = await deploy(cluster, order('registry', '1'), rendezvous(cluster));
    await cluster.advance(2 * ENOUGH_ROUNDS * cluster.intervalMs);
    expect(cluster.progress.holders(record.hash)).toBeLessThan(cluster.nodes.length);
  });
});

describe('attack B11: two operators deploy at once, over and over, some on two sides of a partition', () => {
  /** Three races each. */
  const SEEDS = 170;

  test('after 510 races all nodes agree, every time', async () => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const { known, goal } = await simulate({ scenario: rivals, seed, nodes: 4 });
      expect(known, `seed ${seed}`).toBeLessThanOrEqual(goal);
    }
  });

  test('where the order ends at the sequence, nodes go on to disagree (attack B11)', async () => {
    const directory = await scratchCopy([
      { in: 'compareNumbers', drop: 'time' },
      { in: 'compareNumbers', drop: 'origin' },
      { in: 'compareDeployments', drop: 'hash' },
    ]);
    const { simulate: simulateWithout } = (await import(/* @vite-ignore */ join(directory, 'src/sim/play/simulate.ts'))) as typeof Simulate;
    const { rivals: scenario } = (await import(/* @vite-ignore */ join(directory, 'src/sim/scenarios/operators.ts'))) as typeof Operators;
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, (_, seed) => simulateWithout({ scenario, seed, nodes: 4 })));
    expect(outcomes.filter(({ status }) => status === 'rejected')).not.toEqual([]);
  });
});
