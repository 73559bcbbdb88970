/** Registry: what is written later wins, whatever a node has forgotten, and whatever clocks say. */
import { describe, expect, it } from 'vitest';
import { MAX_LEAP } from '../../src/sdk/replicated/hybrid-clock.ts';
import Registry from '../../src/modules/registry/index.ts';
import { contractSuite } from '../../src/sdk/contract.ts';
import { TestNetwork } from '../../src/sdk/test-context.ts';
import { BEGINNING_MS } from '../../src/sdk/virtual/scheduler.ts';
import type { TestNode } from '../../src/sdk/test-node.ts';
import { missingHistory } from '../support/previous-release.ts';
import { previousModule } from '../support/previous-modules.ts';

const YEAR_MS = 365 * 24 * 3_600_000;

const registry = (node: TestNode): Registry => node.module as Registry;
const values = (network: TestNetwork, key: string): unknown[] => network.nodes.map((node) => registry(node).get(key));

async function cluster(...clockOffsetsMs: readonly number[]): Promise<{ network: TestNetwork; nodes: TestNode[] }> {
  const network = new TestNetwork();
  for (const clockOffsetMs of clockOffsetsMs) await network.add(Registry, { clockOffsetMs });
  return { network, nodes: network.nodes };
}

describe('registry', () => {
  it('lets a write after a kill win over what was written before it and forgotten', async () => {
    const { network, nodes } = await cluster(0, 0);
    const [a] = nodes as [TestNode];
    registry(a).set('x', 0);
    const checkpoint = a.module.transferState();
    for (let count = 1; count <= 50; count++) registry(a).set('x', count);
    registry(a).delete('y');
    await network.until('the other has heard', () => values(network, 'x').every((value) => value === 50));
    for (const state of [checkpoint, undefined]) {
      await a.restart(Registry, state);
      registry(a).set('x', `after ${state === undefined}`);
      registry(a).set('y', 1);
      await network.advance(10_000);
      expect(values(network, 'x')).toEqual(Array.from({ length: 2 }, () => `after ${state === undefined}`));
      expect(values(network, 'y')).toEqual([1, 1]);
    }
  });

  it('lets a write win over one of a node whose clock is a year ahead, and no other key is concerned', async () => {
    const { network, nodes } = await cluster(0, 0, YEAR_MS);
    const [a, b, fast] = nodes as [TestNode, TestNode, TestNode];
    registry(fast).set('x', 'from the future');
    registry(a).set('other', 1);
    const checkpoint = a.module.transferState();
    await network.advance(10_000);
    expect(values(network, 'x')).toEqual(Array.from({ length: 3 }, () => 'from the future'));
    registry(b).set('x', 'now');
    registry(b).set('other', 2);
    await network.advance(10_000);
    expect(values(network, 'x')).toEqual(['now', 'now', 'now']);
    await a.restart(Registry, checkpoint);
    registry(a).set('other', 3);
    await network.advance(10_000);
    expect(values(network, 'other')).toEqual([3, 3, 3]);
    registry(fast).delete('x');
    await network.advance(10_000);
    expect(values(network, 'x')).toEqual([undefined, undefined, undefined]);
  });

  it('lets the highest version that a peer may send be overwritten, and takes no higher one', async () => {
    const { network, nodes } = await cluster(0, 0);
    const [a, b] = nodes as [TestNode, TestNode];
    const highest = BEGINNING_MS / 1_000 + MAX_LEAP;
    const entry = { key: 'x', time: Number.MAX_SAFE_INTEGER, writer: 'ab'.repeat(32), value: 'hostile' };
    const entries = [
      { ...entry, version: highest },
      { ...entry, key: 'y', version: highest + 1 },
    ];
    await network.deliver(a, { type: 'swap', entries, wants: [] }, b.peer);
    await network.advance(10_000);
    expect([values(network, 'x'), values(network, 'y')]).toEqual([
      ['hostile', 'hostile'],
      [undefined, undefined],
    ]);
    for (const [count, node] of [b, a, b].entries()) {
      registry(node).set('x', count);
      await network.advance(10_000);
      expect(values(network, 'x')).toEqual([count, count]);
    }
  });

  it('works among clocks that are hours and decades wrong: who has heard of a write writes after it', async () => {
    const { network, nodes } = await cluster(0, -5 * 3_600_000, 5 * 3_600_000, -60 * YEAR_MS, 200 * YEAR_MS);
    for (const [count, node] of [...nodes, ...nodes.toReversed()].entries()) {
      registry(node).set('x', count);
      await network.until('all have heard', () => values(network, 'x').every((value) => value === count));
    }
    expect(values(network, 'x')).toHaveLength(5);
  });
});

describe.skipIf((await missingHistory()) !== null)('registry and the version before', () => {
  it('are handed the state of each other: what is written later wins, after an update, a rollback, and another update', async () => {
    const Before = await previousModule('registry');
    const network = new TestNetwork();
    for (let added = 0; added < 3; added++) await network.add(Before);
    const { nodes } = network;
    for (const [round, [Module, deployment]] of (
      [
        [Registry, 'd2'],
        [Before, 'd3'],
        [Registry, 'd4'],
      ] as const
    ).entries()) {
      for (const [writer, node] of nodes.entries()) {
        registry(node).set('x', `${round}.${writer}`);
        registry(node).set(`gone/${round}.${writer}`, 1);
        await network.until('all have heard', () => values(network, 'x').every((value) => value === `${round}.${writer}`));
        registry(node).delete(`gone/${round}.${writer}`);
        await network.advance(10_000);
      }
      for (const node of nodes) await node.update(Module, { deployment });
    }
    // One more node, which knows nothing of versions, and one that comes back with the first state.
    const newcomer = await network.add(Registry, { deployment: 'd4' });
    registry(newcomer).set('x', 'newcomer');
    await network.until('all have heard', () => values(network, 'x').every((value) => value === 'newcomer'));
    expect(nodes.map(({ module }) => module.inspect())).toEqual(Array.from({ length: 4 }, () => expect.objectContaining({ keys: 1 })));
  });

  it('understand each other, whoever writes', async () => {
    const Before = await previousModule('registry');
    const network = new TestNetwork();
    for (const Module of [Registry, Before, Registry, Before]) await network.add(Module);
    for (const [count, node] of [...network.nodes, ...network.nodes.toReversed()].entries()) {
      registry(node).set('x', count);
      await network.until('all have heard', () => values(network, 'x').every((value) => value === count));
    }
    for (const node of network.nodes) {
      registry(node).delete('x');
      await network.until('it is gone', () => values(network, 'x').every((value) => value === undefined));
      registry(node).set('x', 'again');
      await network.until('it is back', () => values(network, 'x').every((value) => value === 'again'));
    }
    expect(values(network, 'x')).toHaveLength(4);
  });

  it('keep the contract of an update and a rollback', async () => {
    const Before = await previousModule('registry');
    const check = contractSuite(Registry, { previous: Before }).find(({ name }) => name.includes('the version before'));
    await expect(check?.run()).resolves.toBeUndefined();
  });
});
