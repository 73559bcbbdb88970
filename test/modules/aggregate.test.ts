/** Aggregate on a network in memory. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import Aggregate from '../../src/modules/aggregate/index.ts';
import { Epoch } from '../../src/modules/aggregate/epoch.ts';
import type { Json, JsonObject } from '../../src/sdk/index.ts';
import { TestNetwork } from '../../src/sdk/test-context.ts';
import type { TestNetworkOptions } from '../../src/sdk/test-context.ts';
import type { TestNode } from '../../src/sdk/test-node.ts';

interface Shown {
  readonly count: number;
  readonly mean: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly epoch: number;
  readonly settled: boolean;
}

function shown(node: TestNode): Shown {
  return node.module.inspect() as unknown as Shown;
}

/** Nodes with the numbers 1 to `count`. */
async function cluster(count: number, options: TestNetworkOptions = {}): Promise<TestNetwork> {
  const network = new TestNetwork(options);
  for (let value = 1; value <= count; value++) await network.add(Aggregate, { settings: { value } });
  return network;
}

async function untilEpoch(network: TestNetwork, epoch: number, nodes = network.nodes): Promise<void> {
  await network.until(`all are in epoch ${epoch}`, () => nodes.every((node) => shown(node).epoch >= epoch));
}

/** The weights that instances hold, are sending, or have counted twice: as many as nodes, if nothing was lost or made. */
function weightOf(nodes: readonly TestNode[]): number {
  const states = nodes.map((node) => JSON.parse(String(node.module.transferState())) as State);
  const taken = new Set(states.flatMap((state) => state.taken));
  const held = states.reduce((sum, state) => sum + state.mass.weight, 0);
  const underWay = states.flatMap((state) => state.pending).filter(({ push }) => !taken.has(push.id));
  return underWay.reduce((sum, { push }) => sum + push.mass.weight, held);
}

interface State {
  readonly mass: { readonly weight: number };
  readonly taken: readonly number[];
  readonly pending: readonly { readonly push: { readonly id: number; readonly mass: { readonly weight: number } } }[];
}

describe('aggregate of 20', () => {
  it.each([
    { loss: 0, tolerance: 0.01 },
    { loss: 0.2, tolerance: 0.25 },
  ])('tells count, mean and extrema within $tolerance at a loss of $loss', async ({ loss, tolerance }) => {
    // A lost push comes back after two rounds: with longer ones an epoch of this length ends before all mass has.
    const network = await cluster(20, { loss, timeoutMs: 2_000 });
    for (const epoch of [1, 2, 3]) {
      await untilEpoch(network, epoch);
      for (const { count, mean, min, max, settled } of network.nodes.map(shown)) {
        expect({ count, min, max, settled }).toEqual({ count: 20, min: 1, max: 20, settled: true });
        expect(Math.abs(mean - 10.5)).toBeLessThan(tolerance);
      }
    }
  });

  it('neither loses nor makes mass when requests and answers are lost', async () => {
    const network = await cluster(20, { loss: 0.3 });
    for (let second = 0; second < 25; second++) {
      await network.advance(1_000);
      expect(weightOf(network.nodes)).toBeCloseTo(20, 9);
    }
  });

  it('would make mass if a receiver did not know a repeated push again', async () => {
    class Forgetful extends Aggregate {
      override receive(body: Json): Json {
        const message = body as { push: JsonObject };
        return super.receive({ ...message, push: { ...message.push, id: Math.floor(this.context.random() * 2 ** 48) } });
      }
    }
    const network = new TestNetwork({ loss: 0.3 });
    for (let value = 1; value <= 20; value++) await network.add(Forgetful, { settings: { value } });
    await network.advance(25_000);
    expect(weightOf(network.nodes)).toBeGreaterThan(25);
  });

  it('forgets nodes that are gone with the next epochs, and counts new ones', async () => {
    const network = await cluster(20);
    await untilEpoch(network, 1);
    const [gone, rest] = [network.nodes.slice(15), network.nodes.slice(0, 15)];
    for (const node of gone) node.crash();
    const now = Math.max(...rest.map((node) => shown(node).epoch));
    await untilEpoch(network, now + 2, rest);
    expect(rest.map((node) => ({ count: shown(node).count, max: shown(node).max }))).toEqual(rest.map(() => ({ count: 15, max: 15 })));
    const added = await network.add(Aggregate, { settings: { value: 1_000 } });
    await untilEpoch(network, now + 4, [...rest, added]);
    expect([...rest, added].map((node) => ({ count: shown(node).count, max: shown(node).max }))).toEqual(
      [...rest, added].map(() => ({ count: 16, max: 1_000 })),
    );
  });

  it('keeps its mass through a live update in the middle of an epoch', async () => {
    const network = await cluster(20);
    await network.advance(15_000);
    for (const node of network.nodes) await node.update(Aggregate, { deployment: 'd2' });
    expect(weightOf(network.nodes)).toBeCloseTo(20, 9);
    await untilEpoch(network, 1);
    expect(new Set(network.nodes.map((node) => shown(node).count))).toEqual(new Set([20]));
  });
});

describe('aggregate', () => {
  it('alone tells its own number', async () => {
    const network = new TestNetwork();
    const node = await network.add(Aggregate, { name: 'lonely', settings: { value: 1, values: { lonely: 5 } } });
    await network.advance(60_000);
    expect(shown(node)).toMatchObject({ count: 1, mean: 5, sum: 5, min: 5, max: 5 });
  });

  it.each([{ value: 'x' }, { values: { node1: 1e16 } }, { epochRounds: 1 }, { intervalMs: 0 }])(
    'refuses the settings %j',
    async (settings) => {
      await expect(new TestNetwork().add(Aggregate, { settings })).rejects.toThrow('settings.');
    },
  );
});

describe('an epoch', () => {
  it('conserves its mass however it is split and moved, and takes a push once', () => {
    const moves = fc.array(fc.record({ from: fc.nat(4), to: fc.nat(4), copies: fc.integer({ min: 1, max: 3 }) }), { maxLength: 50 });
    fc.assert(
      fc.property(moves, (list) => {
        const epochs = Array.from({ length: 5 }, (_, index) => Epoch.begin(0, index, index / 5));
        for (const [id, { from, to, copies }] of list.entries()) {
          const push = epochs[from]?.split(id);
          for (let copy = 0; copy < copies; copy++) if (push !== undefined) epochs[to]?.take(push);
        }
        const total = (pick: (epoch: Epoch) => number): number => epochs.reduce((sum, epoch) => sum + pick(epoch), 0);
        expect(total(({ mass }) => mass.weight)).toBeCloseTo(5, 9);
        expect(total(({ mass }) => mass.sum)).toBeCloseTo(10, 9);
        expect(total(({ mass }) => (mass.lot === 0 ? mass.token : 0))).toBeCloseTo(1, 9);
      }),
    );
  });
});
