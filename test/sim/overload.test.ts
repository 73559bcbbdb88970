/** Nodes that share too few processors are told how long they wait for one, as real cores are: so they feel it, and their modules slow down (law 10, decision 77). */
import { describe, expect, test } from 'vitest';
import { GossipNode } from '../../src/gossip/node.ts';
import type { GossipNodeOptions } from '../../src/gossip/protocol.ts';
import { deploy, settle } from '../../src/sim/scenarios/scenario.ts';
import { order } from '../../src/sim/scenarios/setting.ts';
import { Cluster } from '../../src/sim/world/cluster.ts';
import type { SimNode } from '../../src/sim/node/node.ts';
import type { Parts } from '../../src/sim/world/parts.ts';

const NODES = 24;
const CROWDED_MS = 200;
const REST_MS = 30_000;
/** Until an update is everywhere. */
const UPDATE_MS = 120_000;

interface Crowd {
  /** Events `processor` that the node with the fewest was told, at rest. */
  readonly told: number;
  /** How many times as long as it had a processor a node waited for one: at rest, the one in the middle of all that were told. */
  readonly waiting: number;
  /** The highest strain of a node: at rest, and at the end of the update. */
  readonly strain: readonly [rest: number, update: number];
  /** Until a deployment ran on all. */
  readonly updateMs: number;
}

/** All on one processor, with rounds of that length. `hears`: whether the protocol is told what the simulated system counts. */
async function crowd(intervalMs: number, { hears = true } = {}): Promise<Crowd> {
  const protocols: GossipNode[] = [];
  const made = (options: GossipNodeOptions): GossipNode => {
    const node = new (hears ? GossipNode : Unhearing)(options);
    protocols.push(node);
    return node;
  };
  const told = new Map<unknown, number[]>();
  const parts: Partial<Parts> = { makeProtocol: made };
  const cluster = new Cluster({
    seed: 1,
    nodes: NODES,
    rendezvous: 3,
    intervalMs,
    machines: { cores: 1, nodesPerMachine: NODES },
    parts,
    observe: (happening) => {
      if (happening.type !== 'handled' || happening.event.type !== 'processor') return;
      const { ranMs, waitedMs } = happening.event;
      told.set(happening.node, [...(told.get(happening.node) ?? []), waitedMs / ranMs]);
    },
  });
  for (const module of ['membership', 'registry', 'aggregate'] as const) cluster.install(order(module, '1'));
  cluster.introduce();
  await settle(cluster);
  told.clear();
  await cluster.advance(REST_MS);
  const ratios = [...told.values()].flat().toSorted((a, b) => a - b);
  const highest = (): number => Math.max(...protocols.map(({ strain }) => strain));
  const atRest = highest();
  const before = cluster.now;
  await deploy(cluster, order('registry', '2'), cluster.nodes[0] as SimNode);
  await cluster.until('all run it', () => cluster.progress.arrived, UPDATE_MS);
  return {
    told: Math.min(...cluster.nodes.map((node) => told.get(node)?.length ?? 0)),
    waiting: ratios[Math.floor(ratios.length / 2)] ?? NaN,
    strain: [atRest, highest()],
    updateMs: cluster.now - before,
  };
}

/** Told of its processor, it does nothing. */
class Unhearing extends GossipNode {
  override handle(...[event, now]: Parameters<GossipNode['handle']>): ReturnType<GossipNode['handle']> {
    return event.type === 'processor' ? [] : super.handle(event, now);
  }
}

describe('where nodes share a processor', () => {
  test('each is told once a second how long it ran and waited, and none is strained where there is room', async () => {
    const { told, waiting, strain } = await crowd(1_000);
    expect(told).toBeGreaterThanOrEqual(REST_MS / 1_000 - 5);
    expect(waiting).toBeLessThan(2);
    expect(strain[0]).toBe(1);
  });

  test('which cannot do all that their modules want, they feel it by how long they wait, and an update gets through in less time', async () => {
    const [hearing, deaf] = [await crowd(CROWDED_MS), await crowd(CROWDED_MS, { hears: false })];
    expect(hearing.strain[1]).toBeGreaterThan(2);
    expect(hearing.waiting).toBeLessThan(deaf.waiting / 2);
    expect(hearing.updateMs).toBeLessThan(deaf.updateMs);
  });
});
