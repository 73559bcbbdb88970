/** Registry on a network in memory. */
import { describe, expect, it } from 'vitest';
import Registry from '../../src/modules/registry/index.ts';
import { MAX_KEYS, MAX_TOMBSTONES } from '../../src/sdk/replicated.ts';
import { TestNetwork } from '../../src/sdk/test-context.ts';
import type { TestNetworkOptions } from '../../src/sdk/test-context.ts';
import type { TestNode } from '../../src/sdk/test-node.ts';

function registry(node: TestNode): Registry {
  return node.module as Registry;
}

function contentOf(node: TestNode): string {
  const { floor, entries } = JSON.parse(String(node.module.transferState())) as { floor: number; entries: unknown };
  return JSON.stringify({ floor, entries });
}

function equal(nodes: readonly TestNode[]): boolean {
  return new Set(nodes.map(contentOf)).size === 1;
}

async function cluster(count: number, options: TestNetworkOptions = {}): Promise<TestNetwork> {
  const network = new TestNetwork(options);
  for (let added = 0; added < count; added++) await network.add(Registry);
  return network;
}

describe('registry', () => {
  it('brings what was written anywhere everywhere, also under loss', async () => {
    const network = await cluster(10, { loss: 0.2 });
    for (const [index, node] of network.nodes.entries()) registry(node).set(`key/${index}`, { index });
    await network.until('all are equal', () => equal(network.nodes));
    expect(network.nodes.map((node) => node.module.inspect())).toEqual(
      Array.from({ length: 10 }, () => expect.objectContaining({ keys: 10, tombstones: 0 })),
    );
    expect(registry(network.nodes[9] as TestNode).get('key/0')).toEqual({ index: 0 });
  });

  it('lets the last writer win, and agrees on one of two writers in a partition', async () => {
    const network = await cluster(4);
    const [a, b, c, d] = network.nodes as [TestNode, TestNode, TestNode, TestNode];
    registry(a).set('colour', 'red');
    await network.until('all are equal', () => equal(network.nodes));
    registry(c).set('colour', 'green');
    await network.until('all are equal', () => equal(network.nodes));
    expect(registry(b).get('colour')).toBe('green');
    network.separate((from, to) => [a, b].includes(from) !== [a, b].includes(to));
    registry(a).set('colour', 'blue');
    registry(d).set('colour', 'white');
    await network.advance(10_000);
    expect([registry(b).get('colour'), registry(c).get('colour')]).toEqual(['blue', 'white']);
    network.separate();
    await network.until('all are equal', () => equal(network.nodes));
  });

  it('does not resurrect a deleted key through a node that slept', async () => {
    const network = await cluster(5);
    const [sleeper, ...awake] = network.nodes as [TestNode, TestNode, ...TestNode[]];
    registry(sleeper).set('ghost', 1);
    await network.until('all are equal', () => equal(network.nodes));
    sleeper.freeze();
    registry(awake[0]).delete('ghost');
    await network.until('the others are equal', () => equal(awake));
    sleeper.thaw();
    await network.until('all are equal', () => equal(network.nodes));
    expect(network.nodes.map((node) => registry(node).get('ghost'))).toEqual(Array.from({ length: 5 }));
  });

  it('does not resurrect it either after the tombstone was dropped, and never holds more tombstones than the bound', async () => {
    const network = await cluster(4);
    const [sleeper, ...awake] = network.nodes as [TestNode, TestNode, ...TestNode[]];
    registry(sleeper).set('ghost', 1);
    registry(sleeper).set('kept', 2);
    await network.until('all are equal', () => equal(network.nodes));
    network.separate((from, to) => (from === sleeper) !== (to === sleeper));
    registry(awake[0]).delete('ghost');
    for (let index = 0; index < MAX_TOMBSTONES + 10; index++) {
      registry(awake[0]).set('passing', index);
      registry(awake[0]).delete(`never/${index}`);
    }
    await network.until('the others are equal', () => equal(awake));
    expect(awake[0].module.inspect()).toMatchObject({ floor: expect.toSatisfy((floor: number) => floor > 0) });
    network.separate();
    await network.until('all are equal', () => equal(network.nodes));
    for (const node of network.nodes) {
      expect(registry(node).get('ghost')).toBeUndefined();
      expect(registry(node).get('kept')).toBe(2);
      expect(node.module.inspect()).toMatchObject({ tombstones: expect.toSatisfy((count: number) => count <= MAX_TOMBSTONES) });
    }
  });

  it('writes what the deployment says once, and does not undo later writes', async () => {
    const settings = { entries: { colour: 'red', shape: 'round' } };
    const network = new TestNetwork();
    for (let added = 0; added < 3; added++) await network.add(Registry, { settings });
    const [a, b] = network.nodes as [TestNode, TestNode];
    expect(equal(network.nodes)).toBe(true);
    registry(a).set('colour', 'blue');
    await network.until('all are equal', () => equal(network.nodes));
    await b.restart(Registry, b.module.transferState());
    expect(registry(b).get('colour')).toBe('blue');
    for (const node of network.nodes) {
      await node.update(Registry, { deployment: 'd2', settings: { entries: { colour: 'green' }, deletions: ['shape'] } });
    }
    await network.until('all are equal', () => equal(network.nodes));
    expect([registry(a).get('colour'), registry(b).get('shape')]).toEqual(['green', undefined]);
  });

  it('brings a new node everything, and does not let its settings undo what was deleted since', async () => {
    const settings = { entries: { colour: 'red', shape: 'round' } };
    const network = new TestNetwork();
    for (let added = 0; added < 3; added++) await network.add(Registry, { settings });
    registry(network.nodes[0] as TestNode).delete('colour');
    await network.until('all are equal', () => equal(network.nodes));
    await network.add(Registry, { settings });
    await network.until('all are equal', () => equal(network.nodes));
    expect(network.nodes.map((node) => registry(node).get('colour'))).toEqual(Array.from({ length: 4 }));
  });

  it('bounds keys and values', async () => {
    const node = await new TestNetwork().add(Registry);
    for (let index = 0; index < MAX_KEYS; index++) registry(node).set(`key/${index}`, index);
    expect(() => registry(node).set('one/more', 1)).toThrow('holds 1000 keys');
    registry(node).set('key/1', 'overwritten');
    registry(node).delete('key/2');
    registry(node).set('one/more', 1);
    expect(() => registry(node).set('key/3', 'x'.repeat(4_096))).toThrow('4096');
    expect(() => registry(node).set('key with blanks', 1)).toThrow('malformed');
    expect(() => registry(node).set('x'.repeat(129), 1)).toThrow('128');
  });

  it('brings a full map to a new node, in messages of bounded size', async () => {
    const network = await cluster(1);
    const [full] = network.nodes as [TestNode];
    for (let index = 0; index < MAX_KEYS; index++) registry(full).set(`key/${index}`, 'x'.repeat(4_000));
    let largest = 0;
    network.onExchange = ({ request, answer }) => void (largest = Math.max(largest, JSON.stringify([request, answer]).length));
    await network.add(Registry);
    await network.until('all are equal', () => equal(network.nodes), { stepMs: 1_000 });
    expect(largest).toBeLessThan(512 * 1_024);
  });

  it('says nothing but digests when all are equal', async () => {
    const network = await cluster(3);
    registry(network.nodes[0] as TestNode).set('colour', 'red');
    await network.until('all are equal', () => equal(network.nodes));
    await network.advance(5_000);
    const answers: unknown[] = [];
    network.onExchange = ({ request, answer }) => void answers.push([(request as { type: string }).type, answer]);
    await network.advance(5_000);
    expect(answers.length).toBeGreaterThan(10);
    expect(answers.filter((each) => JSON.stringify(each) !== '["compare",null]')).toEqual([]);
  });
});
