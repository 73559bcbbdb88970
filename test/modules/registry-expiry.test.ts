/** Registry: values with a time to live are gone everywhere when it is over, without a writer. */
import { describe, expect, it } from 'vitest';
import { MAX_TTL_MS, MIN_TTL_MS } from '../../src/modules/registry/entry.ts';
import Registry from '../../src/modules/registry/index.ts';
import { MAX_TOMBSTONES } from '../../src/sdk/replicated.ts';
import type { Json, JsonObject } from '../../src/sdk/index.ts';
import { TestNetwork } from '../../src/sdk/test-context.ts';
import type { TestNode } from '../../src/sdk/test-node.ts';
import { missingHistory } from '../support/previous-release.ts';
import { previousModule } from '../support/previous-modules.ts';

async function cluster(...clockOffsetsMs: readonly number[]): Promise<{ network: TestNetwork; nodes: TestNode[] }> {
  const network = new TestNetwork();
  for (const clockOffsetMs of clockOffsetsMs) await network.add(Registry, { clockOffsetMs });
  return { network, nodes: network.nodes };
}

async function ask(node: TestNode | undefined, body: JsonObject): Promise<JsonObject> {
  return (await node?.request(body)) as JsonObject;
}

const value = (node: TestNode, key = 'x'): Json | undefined => (node.module as Registry).get(key);

/** What watchers of a node were told. */
function told({ events }: TestNode): string[] {
  return events.map(({ topic, event }) => `${(event as { event: string }).event} ${topic}`);
}

describe('a value with a time to live', () => {
  it('is gone on all nodes when it is over, also where the writer is gone, and watchers hear so once', async () => {
    const { network, nodes } = await cluster(0, 0, 0);
    const [writer, ...others] = nodes as [TestNode, TestNode, TestNode];
    const { version } = await ask(writer, { op: 'set', key: 'x', value: 1, ttlMs: 60_000 });
    await network.advance(10_000);
    writer.crash();
    for (const node of others) {
      expect(await ask(node, { op: 'get', key: 'x' })).toEqual({ key: 'x', exists: true, value: 1, version, remainsMs: 50_000 });
      expect(await ask(node, { op: 'list' })).toMatchObject({ entries: [{ key: 'x', remainsMs: 50_000 }] });
    }
    await network.advance(49_999);
    expect(others.map((node) => value(node))).toEqual([1, 1]);
    await network.advance(1);
    for (const node of others) {
      expect(await ask(node, { op: 'get', key: 'x' })).toEqual({ key: 'x', exists: false });
      expect(await ask(node, { op: 'list' })).toEqual({ entries: [], more: false });
    }
    await writer.restart(Registry);
    await network.advance(30_000);
    expect([...others.map(told), told(writer)]).toEqual([['set x', 'expire x'], ['set x', 'expire x'], ['set x']]);
    expect(others[0]?.events).toEqual([
      { topic: 'x', event: { event: 'set', key: 'x', value: 1, version, ttlMs: 60_000 } },
      { topic: 'x', event: { event: 'expire', key: 'x', version } },
    ]);
  });

  it('is judged by each node, by its own clock: one that is an hour ahead takes it from nobody else, and one behind brings it back to nobody', async () => {
    const { network, nodes } = await cluster(0, 3_600_000, -3_600_000);
    const [right, ahead, behind] = nodes as [TestNode, TestNode, TestNode];
    await ask(right, { op: 'set', key: 'x', value: 1, ttlMs: 60_000 });
    await network.advance(30_000);
    expect([right, ahead, behind].map((node) => value(node))).toEqual([1, undefined, 1]);
    await network.advance(31_000);
    expect([right, ahead, behind].map((node) => value(node))).toEqual([undefined, undefined, 1]);
    await network.advance(60_000);
    expect(value(right)).toBeUndefined();
    // It was heard of with a time ahead of that clock: it lives there so long from then on.
    expect(value(behind)).toBeUndefined();
    // What a clock that is behind says of its own writes others do not see.
    await ask(behind, { op: 'set', key: 'y', value: 1, ttlMs: 60_000 });
    await network.advance(10_000);
    expect([right, ahead, behind].map((node) => value(node, 'y'))).toEqual([undefined, undefined, 1]);
    expect(told(right)).toEqual(['set x', 'expire x']);
  });

  it('lives on when it is written again, for ever where that says no time; a delete ends it', async () => {
    const { network, nodes } = await cluster(0, 0);
    const [a, b] = nodes as [TestNode, TestNode];
    for (let count = 0; count < 20; count += 1) {
      await ask(a, { op: 'set', key: 'x', value: count, ttlMs: 20_000 });
      await network.advance(10_000);
      expect(value(b)).toBe(count);
    }
    await ask(b, { op: 'set', key: 'x', value: 'for ever' });
    await network.advance(60_000);
    expect(value(a)).toBe('for ever');
    expect((await ask(a, { op: 'get', key: 'x' }))['remainsMs']).toBeUndefined();
    await ask(a, { op: 'set', key: 'x', value: 1, ttlMs: 20_000 });
    await ask(a, { op: 'delete', key: 'x' });
    await network.advance(60_000);
    expect(told(b).slice(-2)).toEqual(['set x', 'delete x']);
  });

  it('counts as absent once it is over, for whoever compares', async () => {
    const { network, nodes } = await cluster(0);
    const set = (more: JsonObject) => ask(nodes[0], { op: 'set', key: 'x', value: 1, ...more });
    const { version } = await set({ ttlMs: 5_000 });
    await expect(set({ ifVersion: null })).rejects.toMatchObject({ reason: 'conflict' });
    await network.advance(5_000);
    await expect(set({ ifVersion: version ?? null })).rejects.toMatchObject({ reason: 'conflict' });
    expect(await set({ ifVersion: null })).toMatchObject({ key: 'x' });
  });

  it('expires although its node was updated, or killed and started with its checkpoint', async () => {
    const { network, nodes } = await cluster(0, 0);
    const [a, b] = nodes as [TestNode, TestNode];
    await ask(a, { op: 'set', key: 'x', value: 1, ttlMs: 60_000 });
    await network.advance(10_000);
    const checkpoint = a.module.transferState();
    await network.advance(10_000);
    await a.restart(Registry, checkpoint);
    await b.update(Registry, { deployment: 'd2' });
    for (const node of nodes) expect(await ask(node, { op: 'get', key: 'x' })).toMatchObject({ remainsMs: 40_000 });
    await network.advance(40_000);
    expect(nodes.map((node) => value(node))).toEqual([undefined, undefined]);
    await a.restart(Registry, checkpoint);
    expect(value(a)).toBeUndefined();
  });

  it('does not come back through a node that slept, nor does what was there before it', async () => {
    const { network, nodes } = await cluster(0, 0, 0);
    const [sleeper, a, b] = nodes as [TestNode, TestNode, TestNode];
    await ask(a, { op: 'set', key: 'x', value: 'old' });
    await network.advance(10_000);
    sleeper.freeze();
    await ask(a, { op: 'set', key: 'x', value: 'new', ttlMs: 5_000 });
    await network.advance(60_000);
    sleeper.thaw();
    await network.advance(10_000);
    expect([sleeper, a, b].map((node) => value(node))).toEqual([undefined, undefined, undefined]);
  });

  it('leaves bounded rubbish, and no talk', async () => {
    const { network, nodes } = await cluster(0, 0);
    const [a] = nodes as [TestNode];
    for (let count = 0; count < 3 * MAX_TOMBSTONES; count += 1) {
      await ask(a, { op: 'set', key: `session/${count}`, value: count, ttlMs: MIN_TTL_MS });
      if (count % 500 === 0) await network.advance(5_000);
    }
    await network.advance(60_000);
    for (const { module } of nodes)
      expect(module.inspect()).toMatchObject({ keys: 0, tombstones: expect.toSatisfy((count: number) => count <= MAX_TOMBSTONES) });
    const answers: unknown[] = [];
    network.onExchange = ({ answer }) => void answers.push(answer);
    await network.advance(10_000);
    expect(answers.length).toBeGreaterThan(10);
    expect(answers.filter((answer) => answer !== null)).toEqual([]);
  });

  it.each([
    [0, `ttlMs must lie between ${MIN_TTL_MS} and ${MAX_TTL_MS}`],
    [MAX_TTL_MS + 1, `ttlMs must lie between ${MIN_TTL_MS} and ${MAX_TTL_MS}`],
    [1_000.5, 'ttlMs must be a whole number'],
    ['60s', 'ttlMs must be a finite number'],
    [null, 'ttlMs must be a finite number'],
  ])('is refused for %j', async (ttlMs, message) => {
    const { nodes } = await cluster(0);
    await expect(ask(nodes[0], { op: 'set', key: 'x', value: 1, ttlMs })).rejects.toThrow(message);
    await expect(ask(nodes[0], { op: 'get', key: 'x', ttlMs: 1_000 })).rejects.toThrow('no field of get');
  });
});

describe.skipIf((await missingHistory()) !== null)('the version before', () => {
  it('takes values with a time to live for lasting ones, and what has expired for deleted', async () => {
    const Before = await previousModule('registry');
    const { network, nodes } = await cluster(0, 0);
    const [a] = nodes as [TestNode];
    await ask(a, { op: 'set', key: 'over', value: 1, ttlMs: 1_000 });
    await ask(a, { op: 'set', key: 'x', value: 1, ttlMs: 60_000 });
    await network.advance(10_000);
    for (const node of nodes) await node.update(Before, { deployment: 'd2' });
    await network.advance(60_000);
    expect(nodes.map((node) => [value(node), value(node, 'over')])).toEqual([
      [1, undefined],
      [1, undefined],
    ]);
    const back = await network.add(Registry, { deployment: 'd3' });
    for (const node of nodes.slice(0, 2)) await node.update(Registry, { deployment: 'd3' });
    await network.advance(10_000);
    expect([value(back), value(back, 'over')]).toEqual([1, undefined]);
  });
});
