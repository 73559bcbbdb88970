/** For whom a deployment would be, and how long the simulator says that it takes. */
import { describe, expect, test } from 'vitest';
import { GossipError } from '../../../src/model/errors.ts';
import type { ModuleName } from '../../../src/model/names.ts';
import { audienceOf, forecast } from '../../../src/operator/deploy/forecast.ts';
import type { Sighting } from '../../../src/operator/status/gather.ts';
import { peer, record } from '../../support/records.ts';
import { moduleStatus, nodeStatus } from '../paper-node.ts';

const module = 'membership' as ModuleName;
const answering = (number: number, state: 'running' | 'stopped' = 'running'): Sighting => {
  const node = peer(number);
  return { node, answer: { status: nodeStatus(node, [], { modules: [moduleStatus(record(1), { state })] }) } };
};
const silent = (number: number, belief: Sighting['belief']): Sighting => ({
  node: peer(number),
  answer: { error: new GossipError('GOSSIP_E_TIMEOUT', 'late') },
  ...(belief === undefined ? {} : { belief }),
});

describe('the audience', () => {
  test('is every member, also those that do not answer; whoever has left or is long gone is none', () => {
    const sightings = [answering(1), silent(2, undefined), silent(3, 'calls'), silent(4, 'left'), silent(5, 'gone'), silent(6, 'hearsay')];
    expect(audienceOf(sightings, module, true)).toEqual({ nodes: 3, answered: 1, without: [] });
  });

  test('names the nodes that do not want the module', () => {
    expect(audienceOf([answering(1), answering(2, 'stopped')], module, true).without).toEqual([peer(2)]);
  });

  test('names none of a module that was removed: it is stopped everywhere', () => {
    expect(audienceOf([answering(1, 'stopped')], module, false).without).toEqual([]);
  });
});

describe('the forecast', () => {
  const patient = new AbortController().signal;

  test.each([1, 2, 5])('of %i nodes is known everywhere before it runs everywhere', async (nodes) => {
    const told = await forecast({ nodes, intervalMs: 1_000, codeBytes: 60_000 }, 2, patient);
    expect(told).toMatchObject({ nodes, intervalMs: 1_000, codeBytes: 60_000 });
    expect(told?.runningMs).toBeGreaterThan(told?.knownMs ?? Number.NaN);
  });

  test('of a removal and of the same code has nothing to fetch', async () => {
    expect(await forecast({ nodes: 2, intervalMs: 100, codeBytes: 0 }, 1, patient)).toMatchObject({
      codeBytes: 0,
      runningMs: expect.any(Number),
    });
  });

  test('is none where nobody waits for it', async () => {
    expect(await forecast({ nodes: 50, intervalMs: 1_000, codeBytes: 1 }, 3, AbortSignal.abort())).toBeNull();
  });

  test('of very many nodes there is none: that is what gossip simulate is for', async () => {
    expect(await forecast({ nodes: 5_000, intervalMs: 1_000, codeBytes: 1 }, 3)).toBeNull();
  });
});
