/** What applications ask of the shipped modules, and what they are told: on a network in memory. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import Aggregate from '../../src/modules/aggregate/index.ts';
import Membership from '../../src/modules/membership/index.ts';
import Registry from '../../src/modules/registry/index.ts';
import { MAX_KEYS } from '../../src/sdk/replicated.ts';
import type { Json, JsonObject, ModuleClass } from '../../src/sdk/index.ts';
import { TestNetwork } from '../../src/sdk/test-context.ts';
import type { TestNode } from '../../src/sdk/test-node.ts';

async function nodes(Module: ModuleClass, count: number): Promise<{ network: TestNetwork; all: TestNode[] }> {
  const network = new TestNetwork();
  for (let added = 0; added < count; added += 1) await network.add(Module);
  return { network, all: network.nodes };
}

async function one(
  Module: ModuleClass,
): Promise<{ network: TestNetwork; ask: (body: Json | Uint8Array) => Promise<Json>; node: TestNode }> {
  const { network, all } = await nodes(Module, 1);
  const [node] = all as [TestNode];
  return { network, node, ask: async (body) => (await node.request(body)) as Json };
}

/** How it was refused: the reason, and the message. */
async function refused(asked: Promise<unknown>): Promise<string> {
  return asked.then(
    (answer) => `answered ${JSON.stringify(answer)}`,
    (error: Error & { reason?: string }) => `${error.name === 'BadInput' ? 'malformed' : error.reason}: ${error.message}`,
  );
}

describe.each([
  ['registry', Registry],
  ['membership', Membership],
  ['aggregate', Aggregate],
] as const)('%s', (_, Module) => {
  test('answers whatever it is asked, or says what is wrong with it; and goes on', async () => {
    const { network, node, ask } = await one(Module);
    const words = fc.constantFrom(
      'op',
      'key',
      'value',
      'get',
      'set',
      'list',
      'read',
      'unset',
      'delete',
      'prefix',
      'state',
      'id',
      'name',
      'ifVersion',
      'alive',
      '__proto__',
      'constructor',
    );
    const bodies = fc.oneof(
      fc.jsonValue() as fc.Arbitrary<Json>,
      fc.dictionary(words, fc.oneof(words, fc.jsonValue())) as fc.Arbitrary<Json>,
    );
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        const why = await refused(ask(body));
        expect(why).toMatch(/^(answered |malformed: |conflict: |full: )/);
      }),
      { numRuns: 500 },
    );
    expect(await refused(ask(new Uint8Array([1, 2])))).toBe('malformed: a request must be JSON, and bytes came');
    await network.advance(2_000);
    expect(network.construct(Module).acceptState(node.module.transferState())).toBeUndefined();
    expect('polluted' in {}).toBe(false);
  });
});

describe('registry', () => {
  test('sets, gets, deletes, lists by the beginning of a key, page by page', async () => {
    const { ask } = await one(Registry);
    const set = async (key: string, value: Json) => (await ask({ op: 'set', key, value })) as { version: string };
    const { version } = await set('service/a', { port: 1 });
    await set('service/b', null);
    await set('other', 'x');
    expect(await ask({ op: 'get', key: 'service/a' })).toEqual({ key: 'service/a', exists: true, value: { port: 1 }, version });
    expect(await ask({ op: 'get', key: 'nobody' })).toEqual({ key: 'nobody', exists: false });
    const keys = async (request: JsonObject) => {
      const { entries, more } = (await ask({ op: 'list', ...request })) as unknown as { entries: { key: string }[]; more: boolean };
      return [...entries.map(({ key }) => key), more];
    };
    expect(await keys({})).toEqual(['other', 'service/a', 'service/b', false]);
    expect(await keys({ prefix: 'service/' })).toEqual(['service/a', 'service/b', false]);
    expect(await keys({ limit: 2 })).toEqual(['other', 'service/a', true]);
    expect(await keys({ limit: 2, after: 'service/a' })).toEqual(['service/b', false]);
    expect(await ask({ op: 'delete', key: 'service/a' })).toEqual({ key: 'service/a', existed: true });
    expect(await ask({ op: 'delete', key: 'service/a' })).toEqual({ key: 'service/a', existed: false });
    expect(await keys({ prefix: 'service/' })).toEqual(['service/b', false]);
  });

  test('compares before it writes', async () => {
    const { ask } = await one(Registry);
    const first = (await ask({ op: 'set', key: 'a', value: 1, ifVersion: null })) as { version: string };
    expect(await refused(ask({ op: 'set', key: 'a', value: 2, ifVersion: null }))).toBe(
      `conflict: the key has the version ${first.version}, and it should not be there`,
    );
    const second = (await ask({ op: 'set', key: 'a', value: 2, ifVersion: first.version })) as { version: string };
    expect(await refused(ask({ op: 'set', key: 'a', value: 3, ifVersion: first.version }))).toMatch(/^conflict: /);
    expect(await refused(ask({ op: 'delete', key: 'a', ifVersion: first.version }))).toMatch(/^conflict: /);
    expect(await ask({ op: 'delete', key: 'a', ifVersion: second.version })).toEqual({ key: 'a', existed: true });
    expect(await refused(ask({ op: 'set', key: 'a', value: 4, ifVersion: second.version }))).toMatch(/^conflict: the key is not there, /);
  });

  test.each([
    [{ op: 'gte', key: 'a' }, "malformed: a request's op must be one of get, set, delete, list"],
    [{ op: 'get', key: 'a', vlaue: 1 }, "malformed: 'vlaue' is no field of get; it takes op, key"],
    [{ op: 'get' }, 'malformed: a key must be a text'],
    [{ op: 'set', key: 'a' }, 'malformed: set needs a value'],
    [{ op: 'set', key: 'a b', value: 1 }, 'malformed: a key is malformed'],
    [{ op: 'set', key: 'a', value: 'x'.repeat(4_096) }, 'malformed: a value must be JSON of at most 4096 characters'],
    [{ op: 'set', key: 'a', value: 1, ifVersion: 'x' }, 'malformed: ifVersion is malformed'],
    [{ op: 'list', limit: 0 }, 'malformed: limit must lie between 1 and 1000'],
    [[], 'malformed: a request must be an object'],
  ])('says what is wrong with %j', async (body, expected) => {
    const { ask } = await one(Registry);
    expect(await refused(ask(body as Json))).toBe(expected);
  });

  test('is full at its limit, for new keys alone', async () => {
    const { ask } = await one(Registry);
    for (let count = 0; count < MAX_KEYS; count += 1) await ask({ op: 'set', key: `key${count}`, value: count });
    expect(await refused(ask({ op: 'set', key: 'one-more', value: 1 }))).toBe('full: the registry holds 1000 keys already');
    expect(await ask({ op: 'set', key: 'key0', value: 'x' })).toMatchObject({ key: 'key0' });
  });

  test('tells those that watch, on every node: what was written there, and what is heard from others', async () => {
    const { network, all } = await nodes(Registry, 3);
    const [a, b, c] = all as [TestNode, TestNode, TestNode];
    await a.request({ op: 'set', key: 'x', value: 1 });
    await network.until('all have heard of it', () => all.every(({ events }) => events.length === 1));
    await b.request({ op: 'delete', key: 'x' });
    await network.until('all have heard of that', () => all.every(({ events }) => events.length === 2));
    expect(c.events).toEqual([
      { topic: 'x', event: { event: 'set', key: 'x', value: 1, version: expect.any(String) as string } },
      { topic: 'x', event: { event: 'delete', key: 'x', version: expect.any(String) as string } },
    ]);
  });

  test('loses nothing that it answered while it is updated', async () => {
    const { node, ask } = await one(Registry);
    const answers: Promise<Json>[] = [];
    for (let count = 0; count < 20; count += 1) answers.push(ask({ op: 'set', key: `before${count}`, value: count }));
    const updated = node.update(Registry, { deployment: 'd2' });
    for (let count = 0; count < 20; count += 1) answers.push(ask({ op: 'set', key: `after${count}`, value: count }));
    await Promise.all([updated, ...answers]);
    expect(((await ask({ op: 'list' })) as { entries: Json[] }).entries).toHaveLength(40);
  });
});

describe('membership', () => {
  test('lists members, all or those in a state, and finds one by its id or name', async () => {
    const { network, all } = await nodes(Membership, 3);
    const [a, b] = all as [TestNode, TestNode];
    const list = async (request: JsonObject) =>
      ((await a.request({ op: 'list', ...request })) as unknown as { members: { name: string; state: string }[] }).members.map(
        ({ name, state }) => `${name} ${state}`,
      );
    await network.advance(5_000);
    expect(await list({})).toEqual(['node1 alive', 'node2 alive', 'node3 alive']);
    await b.stop();
    await network.advance(5_000);
    expect(await list({ state: 'left' })).toEqual(['node2 left']);
    expect(await a.request({ op: 'get', name: 'node3' })).toMatchObject({ member: { name: 'node3', state: 'alive' } });
    expect(await a.request({ op: 'get', id: b.peer.id })).toMatchObject({ member: { name: 'node2', state: 'left' } });
    expect(await a.request({ op: 'get', name: 'nobody' })).toEqual({ member: null });
    expect(await refused(a.request({ op: 'get' }))).toBe('malformed: get needs the id of a member, or its name');
    expect(await refused(a.request({ op: 'list', state: 'gone' }))).toBe('malformed: state must be one of alive, suspect, dead, left');
  });

  test('tells who joins, who leaves and who fails', async () => {
    const { network, all } = await nodes(Membership, 4);
    const [a, b, c] = all as [TestNode, TestNode, TestNode];
    const told = () => a.events.map(({ topic, event }) => `${(event as { event: string }).event} ${topic}`);
    await network.until('all have joined', () => told().length === 3);
    expect(told().toSorted()).toEqual(['join node2', 'join node3', 'join node4']);
    await b.stop();
    await network.until('it has left', () => told().includes('leave node2'));
    c.crash();
    await network.until('it has failed', () => told().includes('fail node3'));
    expect(told().slice(3)).toEqual(['leave node2', 'suspect node3', 'fail node3']);
    await c.restart(Membership);
    await network.until('it is back', () => told().at(-1) === 'join node3');
  });
});

describe('aggregate', () => {
  test('takes a number of this node, for the next epoch on, and keeps it over an update; reads what all have', async () => {
    const { network, all } = await nodes(Aggregate, 3);
    const values = [10, 20, 60];
    for (const [at, node] of all.entries()) {
      expect(await node.request({ op: 'set', value: values[at] ?? 0 })).toEqual({ value: values[at], fromEpoch: 1 });
    }
    const [a] = all as [TestNode];
    await network.until('an epoch with these numbers has ended', () => (a.module.inspect() as { epoch: number }).epoch >= 3);
    expect(await a.request({ op: 'read' })).toMatchObject({ count: 3, min: 10, max: 60, settled: true, value: 10 });
    expect(((await a.request({ op: 'read' })) as { sum: number }).sum).toBeCloseTo(90, 1);
    await a.update(Aggregate, { deployment: 'd2', settings: { value: 5 } });
    expect(await a.request({ op: 'read' })).toMatchObject({ value: 10 });
    expect(await a.request({ op: 'unset' })).toMatchObject({ value: 5 });
    expect(await refused(a.request({ op: 'set', value: 'x' }))).toBe('malformed: value must be a finite number');
    expect(await refused(a.request({ op: 'set', value: 1e300 }))).toMatch(/^malformed: value must lie between /);
  });

  test('tells the result of each epoch', async () => {
    const { network, all } = await nodes(Aggregate, 3);
    const [a] = all as [TestNode];
    await network.until('two epochs have ended', () => a.events.length >= 2);
    expect(a.events.map(({ event }) => (event as { event: string; epoch: number }).epoch)).toEqual([0, 1]);
    expect(a.events[1]?.event).toMatchObject({ event: 'result', count: 3 });
  });

  test('a state of the version before has no number of an application', async () => {
    const { network, node } = await one(Aggregate);
    const { set, ...before } = JSON.parse(String(node.module.transferState())) as Record<string, unknown>;
    expect(set).toBeNull();
    const next = network.construct(Aggregate) as Aggregate;
    next.acceptState(JSON.stringify(before));
    expect(JSON.parse(next.transferState())).toMatchObject({ set: null });
  });
});
