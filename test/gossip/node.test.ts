import { describe, expect, test } from 'vitest';
import { GossipNode } from '../../src/gossip/node.ts';
import type { GossipEffect, GossipNodeOptions } from '../../src/gossip/protocol.ts';
import { Ports } from '../../src/gossip/ports.ts';
import { timingOf } from '../../src/gossip/timing.ts';
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

const kinds = (effects: readonly GossipEffect[]) => effects.map(({ type }) => type).filter((type) => type !== 'note' && type !== 'timer');
const outcome = (effects: readonly GossipEffect[]) => effects.flatMap((effect) => (effect.type === 'injected' ? effect.outcome : []));

describe('an injected deployment', () => {
  test('is durable before it is acknowledged, and acknowledged before it spreads (law 5)', () => {
    const made = node({ rendezvous: [peer(2)] });
    const effects = made.handle({ type: 'inject', token: 1, record: record(1) }, 1);
    expect(kinds(effects)).toEqual(['persist-configuration', 'injected', 'send', 'start-instance']);
    expect(outcome(effects)).toEqual(['applied']);
  });

  test('is known the second time, and changes nothing', () => {
    const made = node();
    made.handle({ type: 'inject', token: 1, record: record(1) }, 1);
    expect(kinds(made.handle({ type: 'inject', token: 2, record: record(1) }, 2))).toEqual(['injected']);
    expect(outcome(made.handle({ type: 'inject', token: 3, record: record(1) }, 3))).toEqual(['known']);
  });

  test.each([
    ['the same sequence', record(2, { message: 'another' })],
    ['a lower sequence', record(1)],
    ['a sequence of another module', record(2, { module: 'registry' })],
  ])('is refused as taken with %s (attack B11)', (_, rival) => {
    const made = node();
    made.handle({ type: 'inject', token: 1, record: record(2) }, 1);
    expect(outcome(made.handle({ type: 'inject', token: 2, record: rival }, 2))).toEqual(['taken']);
    expect(made.records()).toEqual([record(2)]);
    expect(made.highestSequence()).toBe(2);
  });
});

describe('a file that was signed earlier', () => {
  const inject = (made: ReturnType<typeof node>, token: number, one: ReturnType<typeof record>) =>
    outcome(made.handle({ type: 'inject', token, record: one, scope: 'module' }, token));

  test('is taken whatever other modules have deployed since, also under the same sequence', () => {
    const made = node({ records: [record(1), record(2, { module: 'registry' }), record(3, { module: 'registry' })] });
    expect(inject(made, 1, record(2))).toEqual(['applied']);
    expect(made.highestSequence()).toBe(3);
    expect(made.records().map(({ deployment }) => deployment.number.sequence)).toContain(2);
  });

  test.each([1, 2])('is refused as taken once its own module was deployed since: sequence %i', (sequence) => {
    const made = node({ records: [record(2)] });
    expect(inject(made, 1, record(sequence, { message: 'late' }))).toEqual(['taken']);
    expect(made.records()).toEqual([record(2)]);
  });
});

test('records from a peer are durable before the answer that counts them', () => {
  const message = { kind: 'configuration', digest: 'A'.repeat(22), summary: [], records: [record(1)], peers: [] } as const;
  const effects = node().handle({ type: 'request', token: 5, from: peer(2), message }, 1);
  expect(kinds(effects).slice(0, 1)).toEqual(['persist-configuration']);
  expect(effects.find((effect) => effect.type === 'respond')).toMatchObject({ token: 5, message: { fresh: 1 } });
});

test('two payloads of one number are both kept as evidence, and noted (attack B12)', () => {
  const [a, b] = [record(3, { message: 'a' }), record(3, { message: 'b' })];
  const made = node({ records: [a] });
  const message = { kind: 'configuration', digest: 'A'.repeat(22), summary: null, records: [b], peers: [] } as const;
  const effects = made.handle({ type: 'request', token: 5, from: peer(2), message }, 1);
  expect(effects).toContainEqual({ type: 'note', note: { event: 'conflict', a, b } });
  expect(new Set(made.records())).toEqual(new Set([a, b]));
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
  expect(made.handle({ type: 'instance-loaded', module: record(1).deployment.module, generation: 7 }, 1)).toEqual([]);
});

test('a node that starts again knows its peers by the hints on its disk (law 8)', () => {
  const made = node({ hints: [{ ...peer(5), failures: 0, proven: true }] });
  expect(made.peers()).toEqual([peer(5)]);
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
