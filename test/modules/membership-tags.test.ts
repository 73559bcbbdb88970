/** Tags of members: each node says its own, and nobody else for it. */
import { describe, expect, it } from 'vitest';
import Membership from '../../src/modules/membership/index.ts';
import { contractSuite } from '../../src/sdk/contract.ts';
import type { Json, JsonObject } from '../../src/sdk/index.ts';
import { TestNetwork } from '../../src/sdk/test-context.ts';
import type { TestNetworkOptions } from '../../src/sdk/test-context.ts';
import type { TestNode } from '../../src/sdk/test-node.ts';
import { missingHistory } from '../support/previous-release.ts';
import { previousModule } from '../support/previous-modules.ts';

/** The last one without tags. (Instances of different deployments never speak with each other; the previous release had other messages.) */
const BEFORE_TAGS = '66076b5045e566169b3950175f157a503833f576';

async function cluster(count: number, options: TestNetworkOptions = {}): Promise<{ network: TestNetwork; nodes: TestNode[] }> {
  const network = new TestNetwork(options);
  for (let added = 0; added < count; added += 1) await network.add(Membership);
  await network.until('everyone sees everyone', () => network.nodes.every((node) => shown(node).length === count));
  return { network, nodes: network.nodes };
}

function shown(node: TestNode): { name: string; state: string; tags?: JsonObject }[] {
  return (node.module.inspect() as unknown as { members: { name: string; state: string; tags?: JsonObject }[] }).members;
}

function tagsSeen(observers: readonly TestNode[], { peer }: TestNode): (JsonObject | undefined)[] {
  return observers.map((node) => shown(node).find(({ name }) => name === peer.name)?.tags);
}

const tag = (node: TestNode, body: JsonObject): Promise<Json | Uint8Array> => node.request({ op: 'tag', ...body });

async function untilAllSee(network: TestNetwork, member: TestNode, tags: JsonObject | undefined, observers = network.nodes): Promise<void> {
  const wanted = JSON.stringify(tags);
  await network.until(`all see ${wanted}`, () => tagsSeen(observers, member).every((seen) => JSON.stringify(seen) === wanted), {
    deadlineMs: 120_000,
  });
}

describe('tags', () => {
  it('are set and removed by a node for itself, heard of everywhere, asked for, and watched', async () => {
    const { network, nodes } = await cluster(10, { loss: 0.1 });
    const [a, b] = nodes as [TestNode, TestNode];
    expect(await tag(a, { set: { role: 'web', zone: 'eu-1' } })).toEqual({ tags: { role: 'web', zone: 'eu-1' } });
    await tag(b, { set: { role: 'db' } });
    await untilAllSee(network, a, { role: 'web', zone: 'eu-1' });
    await untilAllSee(network, b, { role: 'db' });
    const listed = async (tags: JsonObject) =>
      ((await b.request({ op: 'list', tags })) as unknown as { members: { name: string }[] }).members.map(({ name }) => name);
    expect(await listed({ role: 'web' })).toEqual(['node1']);
    expect(await listed({ role: 'db' })).toEqual(['node2']);
    expect(await listed({ role: 'web', zone: 'us-1' })).toEqual([]);
    expect(await listed({ constructor: 'x' })).toEqual([]);
    expect(await listed({})).toHaveLength(10);
    expect(await nodes[5]?.request({ op: 'get', name: 'node1' })).toMatchObject({ member: { tags: { role: 'web', zone: 'eu-1' } } });
    expect(await tag(a, { set: { role: 'api' }, remove: ['zone', 'none'] })).toEqual({ tags: { role: 'api' } });
    await untilAllSee(network, a, { role: 'api' });
    expect(await tag(a, { remove: ['role'] })).toEqual({ tags: {} });
    await untilAllSee(network, a, undefined);
    for (const node of [a, nodes[5]]) {
      const told = node?.events.filter(({ topic, event }) => topic === 'node1' && (event as { event: string }).event === 'tags');
      expect(told?.map(({ event }) => (event as unknown as { member: { tags: Json } }).member.tags)).toEqual([
        { role: 'web', zone: 'eu-1' },
        { role: 'api' },
        {},
      ]);
    }
  });

  it('are kept over updates, restarts and crashes, by a newcomer too; what a killed node has forgotten its peers tell it', async () => {
    const { network, nodes } = await cluster(5);
    const [a, ...others] = nodes as [TestNode, ...TestNode[]];
    await tag(a, { set: { role: 'web' } });
    await untilAllSee(network, a, { role: 'web' });
    for (const node of nodes) await node.update(Membership, { deployment: 'd2' });
    expect(tagsSeen(nodes, a)).toEqual(nodes.map(() => ({ role: 'web' })));
    const checkpoint = a.module.transferState();
    await tag(a, { set: { role: 'api' } });
    await untilAllSee(network, a, { role: 'api' });
    for (const state of [checkpoint, undefined]) {
      await a.restart(Membership, state);
      await untilAllSee(network, a, { role: 'api' });
      await network.advance(30_000);
      expect(tagsSeen(nodes, a)).toEqual(nodes.map(() => ({ role: 'api' })));
    }
    await a.restart(Membership, checkpoint);
    await tag(a, { set: { role: 'new' } });
    await untilAllSee(network, a, { role: 'new' });
    const newcomer = await network.add(Membership, { deployment: 'd2' });
    await untilAllSee(network, a, { role: 'new' }, [newcomer]);
    expect(others).toHaveLength(4);
  });

  it('that somebody else gives a node are refuted by it, whatever their version', async () => {
    const { network, nodes } = await cluster(6);
    const [a, b, liar] = nodes as [TestNode, TestNode, TestNode];
    await tag(a, { set: { role: 'web' } });
    await untilAllSee(network, a, { role: 'web' });
    await network.advance(20_000);
    const lie = async (version: number, to: TestNode) => {
      const tags = [{ id: a.peer.id, version, tags: { role: 'admin' } }];
      await network.deliver(to, { type: 'probe', name: liar.peer.name, incarnation: 1, claims: [], tags }, liar.peer);
    };
    for (const version of [1, 2, 1_000, 2 ** 20, 2 ** 40]) {
      await lie(version, a);
      await lie(version, b);
      await network.advance(20_000);
      expect(tagsSeen(nodes, a)).toEqual(nodes.map(() => ({ role: 'web' })));
    }
  });

  it('are bounded, and so is what messages carry of them', async () => {
    const { network, nodes } = await cluster(40);
    let [largest, carried] = [0, 0];
    network.onExchange = ({ request, answer }) => {
      for (const message of [request, answer]) {
        const { tags, claims } = message as { tags: Json[]; claims: Json[] };
        if (claims.length <= 32) largest = Math.max(largest, JSON.stringify(tags).length);
        carried += tags.length;
      }
    };
    const full = Object.fromEntries(Array.from({ length: 16 }, (_, at) => [`tag-${at}`.padEnd(32, 'x'), 'y'.repeat(64)]));
    for (const node of nodes) await tag(node, { set: full });
    for (const node of nodes) await untilAllSee(network, node, sorted(full));
    const newcomer = await network.add(Membership);
    await network.until('a newcomer knows all', () => shown(newcomer).filter(({ tags }) => tags !== undefined).length === 40);
    expect([carried > 40, largest < 9 * 1_024]).toEqual([true, true]);
    await expect(tag(newcomer, { set: { ...full, more: '1' } })).rejects.toThrow('at most 16');
    await tag(newcomer, { set: full });
    await expect(tag(newcomer, { set: { more: '1' } })).rejects.toMatchObject({ reason: 'full' });
  });

  it.each([
    [{}, 'tag needs tags to set, or names to remove'],
    [{ set: [] }, 'set must be an object'],
    [{ set: { Role: 'x' } }, "a tag's name is malformed"],
    [{ set: { ['__proto__']: 'x' } }, "a tag's name is malformed"],
    [{ set: { role: 1 } }, "a tag's value must be a text"],
    [{ set: { role: 'a b' } }, "a tag's value is malformed"],
    [{ set: { role: 'x'.repeat(65) } }, "a tag's value must have at most 64 characters"],
    [{ remove: 'role' }, 'remove must be a list'],
    [{ remove: [1] }, "a tag's name must be a text"],
    [{ set: {}, id: 'ab'.repeat(32) }, "'id' is no field of tag"],
  ] as [JsonObject, string][])('are refused as %j', async (body, message) => {
    const node = await new TestNetwork().add(Membership);
    await expect(tag(node, body)).rejects.toThrow(message);
  });
});

/** Names in order, as a node keeps them. */
function sorted(tags: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(tags).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

describe.skipIf((await missingHistory()) !== null)('tags and the version before', () => {
  it('is updated to this one and back, and takes part without them', async () => {
    const Before = await previousModule('membership', BEFORE_TAGS);
    const network = new TestNetwork();
    for (const Module of [Membership, Before, Membership, Before]) await network.add(Module);
    const [a, , b] = network.nodes as [TestNode, TestNode, TestNode];
    await tag(a, { set: { role: 'web' } });
    await untilAllSee(network, a, { role: 'web' }, [a, b]);
    await network.advance(30_000);
    expect(network.nodes.map((node) => shown(node).filter(({ state }) => state === 'alive').length)).toEqual([4, 4, 4, 4]);
    for (const node of network.nodes) await node.update(Before, { deployment: 'd2' });
    await network.advance(10_000);
    for (const node of network.nodes) await node.update(Membership, { deployment: 'd3' });
    await tag(a, { set: { role: 'again' } });
    await untilAllSee(network, a, { role: 'again' });
  });

  it('keep the contract of an update and a rollback', async () => {
    const Before = await previousModule('membership');
    const check = contractSuite(Membership, { previous: Before }).find(({ name }) => name.includes('the version before'));
    await expect(check?.run()).resolves.toBeUndefined();
  });
});
