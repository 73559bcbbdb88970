/** One request to all nodes: who answers, who fails and why, within the time that there is. */
import { expect, test } from 'vitest';
import { Gossip } from '../../../src/client/index.ts';
import { Caller } from '../../../src/client/door.ts';
import { GossipError } from '../../../src/model/errors.ts';
import type { ErrorCode } from '../../../src/model/errors.ts';
import type { ModuleName } from '../../../src/model/names.ts';
import { askAll, requireAll } from '../../../src/operator/modules/ask-all.ts';
import type { AskAllOptions } from '../../../src/operator/modules/ask-all.ts';
import type { Sighting } from '../../../src/operator/status/gather.ts';
import type { NodeStatus } from '../../../src/api/status.ts';
import { peer } from '../../support/records.ts';
import { outcome } from '../../trust/fixture.ts';

const registry = 'registry' as ModuleName;

/** A node that answers with its own text, an error, or never. */
interface Paper {
  readonly name: string;
  readonly says?: string;
  readonly silent?: NonNullable<Sighting['belief']>;
  readonly state?: string;
}

class PaperCaller extends Caller {
  readonly #says: string;
  readonly #seen: { now: number; most: number };
  constructor(says: string, seen: { now: number; most: number }) {
    super();
    this.#says = says;
    this.#seen = seen;
  }
  override close(): void {}
  protected override send(): Promise<never> {
    throw new Error('not used');
  }
  protected override failed(): GossipError {
    return new GossipError('GOSSIP_E_INTERNAL', 'not used');
  }
  override async ask({ signal }: Parameters<Caller['ask']>[0]): Promise<{ type: string; body: Uint8Array }> {
    this.#seen.now += 1;
    this.#seen.most = Math.max(this.#seen.most, this.#seen.now);
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#says === 'never') await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)));
    this.#seen.now -= 1;
    if (this.#says.startsWith('GOSSIP_E')) throw new GossipError(this.#says as ErrorCode, 'it does not', { reason: 'so' });
    return { type: 'application/json', body: Buffer.from(JSON.stringify(this.#says)) };
  }
}

function ask(nodes: readonly Paper[], timeoutMs = 10_000): { all: ReturnType<typeof askAll>; seen: { most: number } } {
  const seen = { now: 0, most: 0 };
  const says = new Map<string, string>();
  const options: AskAllOptions = {
    module: registry,
    request: null,
    timeoutMs,
    gather: async (_, onFound) => {
      const sightings = nodes.map(({ name, says: text = name, silent, state = 'running' }, index): Sighting => {
        const node = { ...peer(index + 1), name };
        says.set(node.id, text);
        if (silent !== undefined)
          return { node, belief: silent, answer: { error: new GossipError('GOSSIP_E_UNREACHABLE', 'nothing listens') } };
        const status = { name, modules: [{ name: registry, state }] } as unknown as NodeStatus;
        onFound({ ...node, name: '' }, status);
        // It may answer at two addresses.
        onFound({ ...node, name: '' }, status);
        return { node, answer: { status } };
      });
      return { sightings, unasked: { count: 0, tellers: [] } };
    },
    reach: (node) => new Gossip(new PaperCaller(says.get(node.id) ?? '', seen)),
  };
  return { all: askAll(options), seen };
}

test('each node has its answer or its error, in the order of the names; who may not run it, or is gone, is named apart', async () => {
  const { all } = ask([
    { name: 'node10' },
    { name: 'node2', says: 'GOSSIP_E_MODULE_REFUSED' },
    { name: 'node3', silent: 'member' },
    { name: 'node4', silent: 'calls' },
    { name: 'node5', silent: 'gone' },
    { name: 'node6', silent: 'hearsay' },
    { name: 'node7', state: 'stopped' },
  ]);
  const id = (number: number) => peer(number).id;
  const unreachable = { code: 'GOSSIP_E_UNREACHABLE', message: 'nothing listens' };
  expect(await all).toEqual({
    module: 'registry',
    answered: 1,
    failed: 3,
    nodes: [
      { name: 'node2', id: id(2), error: { code: 'GOSSIP_E_MODULE_REFUSED', message: 'it does not', reason: 'so' } },
      { name: 'node3', id: id(3), error: unreachable },
      { name: 'node4', id: id(4), error: unreachable },
      { name: 'node10', id: id(1), answer: 'node10' },
    ],
    elsewhere: [{ name: 'node7', id: id(7) }],
    gone: [
      { name: 'node5', id: id(5) },
      { name: 'node6', id: id(6) },
    ],
  });
});

test('one that never answers costs its own answer alone, and the whole ends in time', async () => {
  const { nodes, answered } = await ask([{ name: 'node1' }, { name: 'node2', says: 'never' }], 2_000).all;
  expect(answered).toBe(1);
  expect(nodes[1]).toMatchObject({ error: { code: 'GOSSIP_E_TIMEOUT' } });
});

test('few are asked at a time, and all are', async () => {
  const { all, seen } = ask(Array.from({ length: 100 }, (_, index) => ({ name: `node${index}` })));
  expect((await all).answered).toBe(100);
  expect(seen.most).toBe(16);
});

test.each([
  ['all answered', [{ name: 'a' }, { name: 'b' }], 'accepted'],
  ['one failed', [{ name: 'a' }, { name: 'b', silent: 'member' }], 'GOSSIP_E_SOME_FAILED'],
  [
    'all refused in the same way',
    [
      { name: 'a', says: 'GOSSIP_E_MODULE_REFUSED' },
      { name: 'b', says: 'GOSSIP_E_MODULE_REFUSED' },
    ],
    'GOSSIP_E_MODULE_REFUSED',
  ],
  [
    'all failed, each in its own way',
    [
      { name: 'a', says: 'GOSSIP_E_MODULE_REFUSED' },
      { name: 'b', silent: 'member' },
    ],
    'GOSSIP_E_SOME_FAILED',
  ],
  ['nobody may run it', [{ name: 'a', state: 'stopped' }], 'GOSSIP_E_MODULE_ABSENT'],
] as const)('ends as %s', async (_, nodes, code) => {
  const all = await ask(nodes).all;
  expect(outcome(() => requireAll(all))).toBe(code);
});
