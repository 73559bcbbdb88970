import { describe, expect, test } from 'vitest';
import { GossipNode } from '../../src/gossip/node.ts';
import type { NumberScope } from '../../src/api/deployments.ts';
import type { GossipEffect, GossipNodeOptions } from '../../src/gossip/protocol.ts';
import { Ports } from '../../src/gossip/ports.ts';
import { timingOf } from '../../src/gossip/timing.ts';
import type { VerifiedDeployment } from '../../src/model/deployment.ts';
import { peer, record, seeded } from '../support/records.ts';

function fresh(options: Partial<GossipNodeOptions> = {}): GossipNode {
  const usual = {
    self: peer(1),
    incarnation: 1,
    rendezvous: [],
    runs: () => true,
    records: [],
    hints: [],
    intervalMs: 1_000,
    random: seeded(1),
  };
  return new GossipNode({ ...usual, ...options });
}

function node(options: Partial<GossipNodeOptions> = {}): GossipNode {
  const made = fresh(options);
  made.handle({ type: 'start' }, 0);
  return made;
}

const outcome = (effects: readonly GossipEffect[]) =>
  effects.flatMap((effect) => (effect.type === 'injected' ? effect.answer.outcome : []));

/** Injects on a disk that takes everything; the effects of all of it. */
function inject(made: GossipNode, token: number, one: VerifiedDeployment, scope?: NumberScope): GossipEffect[] {
  const effects = made.handle({ type: 'inject', token, record: one, ...(scope && { scope }) }, token);
  const writes = effects.some(({ type }) => type === 'persist-injection');
  return writes ? [...effects, ...made.handle({ type: 'persisted', token, refusal: null }, token)] : effects;
}

describe('an injected deployment', () => {
  test.each([
    ['the same sequence', record(2, { message: 'another' })],
    ['a lower sequence', record(1)],
    ['a sequence of another module', record(2, { module: 'registry' })],
  ])('is refused as taken with %s (attack B11)', (_, rival) => {
    const made = node();
    inject(made, 1, record(2));
    expect(outcome(inject(made, 2, rival))).toEqual(['taken']);
    expect(made.records()).toEqual([record(2)]);
    expect(made.highestSequence()).toBe(2);
  });

  test('waits for the one before it, and is judged by its number (attack B11)', () => {
    const made = node();
    made.handle({ type: 'inject', token: 1, record: record(1) }, 1);
    for (const [token, one] of [
      [2, record(1, { message: 'rival' })],
      [3, record(1)],
      [4, record(2)],
    ] as const)
      expect(made.handle({ type: 'inject', token, record: one }, 1)).toEqual([]);
    const effects = made.handle({ type: 'persisted', token: 1, refusal: null }, 2);
    expect(outcome(effects)).toEqual(['applied', 'taken', 'known']);
    expect(effects).toContainEqual({ type: 'persist-injection', token: 4, record: record(2) });
    expect(outcome(made.handle({ type: 'persisted', token: 4, refusal: null }, 3))).toEqual(['applied']);
  });

  test.each([
    ['the same record', record(1), ['known']],
    ['a rival of its number', record(1, { message: 'rival' }), ['applied']],
  ])('while it is written, %s comes by gossip: it stays on the disk', (_, other, outcomes) => {
    const made = node();
    made.handle({ type: 'inject', token: 1, record: record(1) }, 1);
    const message = { kind: 'configuration', digest: 'A'.repeat(22), summary: null, records: [other], peers: [] } as const;
    made.handle({ type: 'request', token: 5, from: peer(2), message }, 1);
    expect(outcome(made.handle({ type: 'persisted', token: 1, refusal: null }, 2))).toEqual(outcomes);
    expect(made.records()).toContainEqual(record(1));
  });
});

describe('a file that was signed earlier', () => {
  test('is taken whatever other modules have deployed since, also under the same sequence', () => {
    const made = node({ records: [record(1), record(2, { module: 'registry' }), record(3, { module: 'registry' })] });
    expect(outcome(inject(made, 1, record(2), 'module'))).toEqual(['applied']);
    expect(made.highestSequence()).toBe(3);
    expect(made.records().map(({ deployment }) => deployment.number.sequence)).toContain(2);
  });

  const files = [record(2), record(2, { module: 'registry' }), record(3, { module: 'aggregate' })];
  test.each([[[0, 1, 2]], [[0, 2, 1]], [[1, 0, 2]], [[1, 2, 0]], [[2, 0, 1]], [[2, 1, 0]]])(
    'does not outdate those of other modules, in whatever order they are injected: %j',
    (order) => {
      const made = node({ records: [record(1)] });
      const outcomes = order.map((at, token) => outcome(inject(made, token + 1, files[at] as VerifiedDeployment, 'module')));
      expect(outcomes).toEqual([['applied'], ['applied'], ['applied']]);
      // The end is the same.
      const all = node({ records: [record(1), ...files] });
      expect(new Set(made.records().map(({ hash }) => hash))).toEqual(new Set(all.records().map(({ hash }) => hash)));
    },
  );

  test.each([1, 2])('is refused as taken once its own module was deployed since: sequence %i', (sequence) => {
    const made = node({ records: [record(2)] });
    expect(outcome(inject(made, 1, record(sequence, { message: 'late' }), 'module'))).toEqual(['taken']);
    expect(made.records()).toEqual([record(2)]);
  });
});

test('late and unknown tokens are ignored', () => {
  const made = node();
  const failure = { code: 'GOSSIP_E_TIMEOUT', message: '' } as const;
  expect(made.handle({ type: 'timer', token: 12_345 }, 1)).toEqual([]);
  expect(
    made.handle({ type: 'answer', token: 12_345, message: { kind: 'answer', digest: 'A'.repeat(22), body: new Uint8Array() } }, 1),
  ).toEqual([]);
  expect(made.handle({ type: 'no-answer', token: 12_345, failure }, 1)).toEqual([]);
  expect(made.handle({ type: 'delivered', token: 12_345, reply: { failure } }, 1)).toEqual([]);
  expect(made.handle({ type: 'code-fetched', token: 12_345 }, 1)).toEqual([]);
  expect(made.handle({ type: 'persisted', token: 12_345, refusal: null }, 1)).toEqual([]);
  expect(made.handle({ type: 'instance-loaded', module: record(1).deployment.module, generation: 7 }, 1)).toEqual([]);
});

test('a node that starts again knows its peers by the hints on its disk (law 8)', () => {
  const made = node({ hints: [{ ...peer(5), failures: 0, proven: true }] });
  expect(made.peers()).toEqual({ near: [peer(5)], others: [] });
});

test('hints are written when they changed, and only then', () => {
  const made = node({ rendezvous: [peer(2)] });
  const timers = (effects: readonly GossipEffect[]) => effects.flatMap((effect) => (effect.type === 'timer' ? effect : []));
  const pending = timers(fresh({ rendezvous: [peer(2)] }).handle({ type: 'start' }, 0));
  const care = pending.find(({ at }) => at === timingOf(1_000).persistHintsMs);
  const message = { kind: 'configuration', digest: 'A'.repeat(22), summary: null, records: [], peers: [] } as const;
  made.handle({ type: 'request', token: 1, from: peer(3), message }, 1);
  const first = made.handle({ type: 'timer', token: care?.token ?? 0 }, 5_000);
  expect(first.find((effect) => effect.type === 'persist-hints')).toMatchObject({
    hints: expect.arrayContaining([expect.objectContaining(peer(3))]),
  });
  const second = made.handle({ type: 'timer', token: timers(first)[0]?.token ?? 0 }, 10_000);
  expect(second.map(({ type }) => type)).not.toContain('persist-hints');
});

describe('timers', () => {
  test('a slot that is set anew forgets its old timer', () => {
    const ports = new Ports(timingOf(1_000), seeded(1));
    const ran: string[] = [];
    ports.timers.set('slot', 10, () => ran.push('old'));
    ports.timers.set('slot', 20, () => ran.push('new'));
    const [old, late] = ports.end().flatMap((effect) => (effect.type === 'timer' ? effect.token : []));
    expect([ports.timers.fire(old ?? 0), ports.timers.fire(late ?? 0), ports.timers.fire(late ?? 0)]).toEqual([false, true, false]);
    expect(ran).toEqual(['new']);
  });

  test('the clock of the parts never runs backwards (law 7)', () => {
    const ports = new Ports(timingOf(1_000), seeded(1));
    ports.begin(100);
    ports.begin(50);
    expect(ports.now).toBe(100);
  });
});
