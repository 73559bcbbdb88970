import { describe, expect, it } from 'vitest';
import type { NodeAddress } from '../../../src/operator/client/client.ts';
import { gather, reachable } from '../../../src/operator/status/gather.ts';
import { mapBounded } from '../../../src/model/map-bounded.ts';
import { GossipError } from '../../../src/model/errors.ts';
import { peer } from '../../support/records.ts';
import { nodeStatus } from '../paper-node.ts';

const hint = (node: NodeAddress) => ({ ...node, failures: 0, proven: true });

describe('gathering', () => {
  it('asks everyone that anyone knows, each once', async () => {
    const chain = [1, 2, 3, 4].map((number) => peer(number));
    const asked: string[] = [];
    const { sightings } = await gather([peer(1), peer(1)], async (node) => {
      asked.push(node.name);
      const next = chain[chain.findIndex(({ id }) => id === node.id) + 1];
      return nodeStatus(node, [], { peers: next === undefined ? [hint(peer(1))] : [hint(next), hint(peer(1))] });
    });
    expect(asked).toEqual(['node1', 'node2', 'node3', 'node4']);
    expect(reachable(sightings).map(({ name }) => name)).toEqual(['node1', 'node2', 'node3', 'node4']);
  });

  it('lists the nodes that do not answer, and why', async () => {
    const { sightings } = await gather([peer(1), peer(2)], async (node) => {
      if (node.id === peer(2).id) throw new GossipError('GOSSIP_E_UNREACHABLE', 'nothing listens there');
      return nodeStatus(node, []);
    });
    expect(sightings.map(({ node, answer }) => [node.name, 'status' in answer || answer.error.code])).toEqual([
      ['node1', true],
      ['node2', 'GOSSIP_E_UNREACHABLE'],
    ]);
  });

  it('begins few calls to members at a time: on a machine that has too much to do many would all be too late (law 10)', async () => {
    const members = Array.from({ length: 60 }, (_, number) => peer(number + 1));
    let asked = 0;
    const silence = (): Promise<never> => {
      asked += 1;
      return new Promise(() => undefined);
    };
    await gather(members, silence, { signal: AbortSignal.timeout(300) });
    expect(asked).toBe(16);
  });

  it('names the members whose turn had not come when it ended', async () => {
    const members = Array.from({ length: 20 }, (_, number) => peer(number + 1));
    const silence = () => new Promise<never>(() => undefined);
    const { sightings, waiting } = await gather(members, silence, { signal: AbortSignal.timeout(50) });
    expect([sightings.length, waiting?.map(({ name }) => name)]).toEqual([16, ['node17', 'node18', 'node19', 'node20']]);
  });

  it('ends soon after the last answer, where that is wanted, and not before the first', async () => {
    const answered = Promise.withResolvers<void>();
    setTimeout(answered.resolve, 200);
    const ask = async (node: NodeAddress) => {
      if (node.id === peer(2).id) return new Promise<never>(() => undefined);
      await answered.promise;
      return nodeStatus(node, []);
    };
    const late = AbortSignal.timeout(4_000);
    const { sightings } = await gather([peer(1), peer(2)], ask, { quietMs: 50, signal: late });
    expect(late.aborted).toBe(false);
    expect(sightings.map(({ node, answer }) => [node.name, 'status' in answer || answer.error.code])).toEqual([
      ['node1', true],
      ['node2', 'GOSSIP_E_TIMEOUT'],
    ]);
  });

  it('takes the name from the node itself', async () => {
    const { sightings } = await gather([{ ...peer(1), name: '' }], async () => nodeStatus(peer(1, 'own-name'), []));
    expect(sightings[0]?.node.name).toBe('own-name');
  });
});

describe('many that are long gone', () => {
  it('hold nobody up, and are not taken for hearsay where they were not asked', async () => {
    const dead = Array.from({ length: 200 }, (_, number) => peer(number + 2));
    const peers = dead.map((node) => ({ ...hint(node), failures: 5 }));
    const ask = (node: NodeAddress) =>
      node.id === peer(1).id ? Promise.resolve(nodeStatus(node, [], { uptimeMs: 900_000, peers })) : new Promise<never>(() => undefined);
    const { sightings, unasked } = await gather([peer(1)], ask, { rendezvous: new Set([peer(1).id]) });
    expect([sightings.length, unasked.count]).toEqual([201, 0]);
    expect(sightings.filter(({ belief }) => belief === 'gone')).toHaveLength(200);
  });
});

describe('a sample', () => {
  const members = Array.from({ length: 60 }, (_, number) => peer(number + 2));
  const [own] = [peer(1)];
  const rendezvous = new Set([own.id]);
  const ask = async (node: NodeAddress) => nodeStatus(node, [], { peers: members.map(hint) });

  it('is drawn where more members are known than are to be asked; whom the operator named is asked besides', async () => {
    const { sightings, sample, unasked } = await gather([own], ask, { rendezvous, sampling: { above: 40, size: 20, random: () => 0.5 } });
    expect([sample?.known, sample?.drawn.size, sightings.length]).toEqual([61, 20, 21]);
    // Who was not drawn is no hearsay.
    expect(unasked.count).toBe(0);
    expect(sightings.map(({ node }) => node.id)).toContain(own.id);
  });

  it('is as random as its numbers: each member is drawn as often as any other', async () => {
    const times = new Map<string, number>();
    for (let round = 0; round < 60; round += 1) {
      const { sample } = await gather([own], ask, { rendezvous, sampling: { above: 40, size: 20 } });
      for (const id of sample?.drawn ?? []) times.set(id, (times.get(id) ?? 0) + 1);
    }
    // Twenty times each on average; less than 5 or more than 40 has odds of one in many millions.
    expect(times.size).toBe(60);
    for (const count of times.values()) expect(count > 4 && count < 41).toBe(true);
  });

  it('is not drawn of few, nor where everybody is asked', async () => {
    const few = await gather([own], ask, { rendezvous, sampling: { above: 61, size: 20 } });
    expect([few.sample, few.sightings.length]).toEqual([undefined, 61]);
    expect((await gather([own], ask, { rendezvous, everybody: true })).sightings).toHaveLength(61);
  });

  it('tells how far it is', async () => {
    const told: number[][] = [];
    await gather([own], ask, { rendezvous, onAsked: (asked, known) => told.push([asked, known]) });
    expect(told.at(-1)).toEqual([61, 61]);
  });
});

describe('bounded work', () => {
  it('never runs more at the same time, and keeps the order of the items', async () => {
    let running = 0;
    let most = 0;
    const results = await mapBounded([5, 1, 4, 2, 3], 2, async (item) => {
      most = Math.max(most, (running += 1));
      for (let turn = 0; turn < item; turn += 1) await Promise.resolve();
      running -= 1;
      return item * 10;
    });
    expect(results).toEqual([50, 10, 40, 20, 30]);
    expect(most).toBe(2);
  });

  it('ends with the first failure', async () => {
    await expect(mapBounded([1, 2], 1, (item) => Promise.reject(new Error(`item ${item}`)))).rejects.toThrow('item 1');
    expect(await mapBounded([], 4, () => Promise.resolve(1))).toEqual([]);
  });
});
