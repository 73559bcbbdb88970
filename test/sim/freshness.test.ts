/**
 * Attacks A4 and B16 in simulated clusters: whoever is kept from what is new for an hour of rounds says that it is stale, and one rendezvous node of three that lies
 * changes nothing. And that the law finds each way in which it would be otherwise.
 */
import { describe, expect, test } from 'vitest';
import { GossipNode } from '../../src/gossip/node.ts';
import type { GossipNodeOptions, NodeView } from '../../src/gossip/protocol.ts';
import type { NodeId } from '../../src/model/names.ts';
import type { Protocol } from '../../src/sim/node/node-run.ts';
import { simulate } from '../../src/sim/play/simulate.ts';
import { stale } from '../../src/sim/scenarios/freezes.ts';
import type { Parts } from '../../src/sim/world/parts.ts';

/** Twenty are played with the other scenarios. */
const NODES = 5;
const SEEDS = [1, 2, 3];

/** What came of it: 'clean', or what was broken. */
async function outcome(seed: number, parts: Partial<Parts> = {}): Promise<string> {
  try {
    await simulate({ scenario: stale, seed, nodes: NODES, parts });
    return 'clean';
  } catch (error) {
    return String(error);
  }
}

test.each(SEEDS)(
  'attacks A4 and B16: the frozen of 5 nodes say that they are stale, and nobody else does, seed %i',
  async (seed) => {
    expect(await outcome(seed)).toBe('clean');
  },
  120_000,
);

/** Nodes that say of their freshness what `told` makes of it. */
function saying(told: (fresh: boolean | null, node: NodeId, now: number) => boolean | null): Partial<Parts> {
  return {
    makeProtocol: (options) => {
      const real = new GossipNode(options);
      const view = (now: number): NodeView => {
        const whole = real.view(now);
        return { ...whole, freshness: { ...whole.freshness, fresh: told(whole.freshness.fresh, options.self.id, now) } };
      };
      return new Proxy(real, { get: (node, name) => (name === 'view' ? view : bound(node, name)) });
    },
  };
}

function bound(node: GossipNode, name: string | symbol): unknown {
  const value: unknown = Reflect.get(node, name, node);
  return typeof value === 'function' ? value.bind(node) : value;
}

/** Nodes that end what they run once they are stale. */
function givingUp(options: GossipNodeOptions): Protocol {
  const real = new GossipNode(options);
  const handle: GossipNode['handle'] = (event, now) => {
    const effects = real.handle(event, now);
    const isStale = effects.some((effect) => effect.type === 'note' && effect.note.event === 'stale' && effect.note.stale);
    const running = isStale
      ? real.moduleViews(now).flatMap(({ name, generation }) => (generation === null ? [] : [{ module: name, generation }]))
      : [];
    return [...effects, ...running.map((instance) => ({ type: 'stop-instance', reason: 'update', ...instance }) as const)];
  };
  return new Proxy(real, { get: (node, name) => (name === 'handle' ? handle : bound(node, name)) });
}

describe('is found broken when', () => {
  const HOUR_OF_ROUNDS_MS = 360_000;

  test.each<[string, Partial<Parts>, string]>([
    ['a node never says that it is stale', saying(() => true), 'says that it is fresh, and is kept from'],
    ['a node that is stale says nothing', saying((fresh) => fresh || null), 'does not say that it is stale'],
    [
      'one says that it is stale and is not',
      saying((fresh, _, now) => (now > HOUR_OF_ROUNDS_MS / 2 ? false : fresh)),
      'holds what most rendezvous nodes hold, and says that it is stale',
    ],
    ['who was stale stays so', stuck(), 'did not say within'],
    ['a stale node ends what it runs', { makeProtocol: givingUp }, 'law 8'],
  ])(
    '%s',
    async (_, parts, broken) => {
      expect(await outcome(1, parts)).toContain(broken);
    },
    120_000,
  );
});

/** Nodes that say so from the first time on that they are stale. */
function stuck(): Partial<Parts> {
  const seen = new Set<NodeId>();
  return saying((fresh, node) => {
    if (fresh === false) seen.add(node);
    return seen.has(node) ? false : fresh;
  });
}
