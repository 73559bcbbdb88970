/** Configuration exchanges as one node sees them: when it sends, what, and when it does not. */
import { describe, expect, test } from 'vitest';
import { Configuration } from '../../src/gossip/configuration.ts';
import { Hints } from '../../src/gossip/hints.ts';
import type { HeardAnswer } from '../../src/gossip/messages.ts';
import { Ports } from '../../src/gossip/ports.ts';
import { Reconciler } from '../../src/gossip/reconcile.ts';
import { MAX_SUMMARY } from '../../src/gossip/summary.ts';
import { timingOf } from '../../src/gossip/timing.ts';
import type { VerifiedDeployment } from '../../src/model/deployment.ts';
import type { PayloadHash } from '../../src/model/names.ts';
import type { VerifiedNote } from '../../src/trust/node-note.ts';
import { peer, record, seeded } from '../support/records.ts';

const OTHER_DIGEST = 'A'.repeat(22);

function bench(...records: VerifiedDeployment[]) {
  const ports = new Ports(timingOf(1_000), seeded(1));
  const configuration = new Configuration();
  configuration.merge(records);
  const reconciler = new Reconciler({
    ports,
    configuration,
    hints: new Hints(peer(1).id, [peer(2)], seeded(1)),
    budget: { take: () => true },
    accept: () => 0,
    roots: {
      told: () => undefined,
      toldTo: () => undefined,
      alarms: [],
      take: () => 0,
      spread: () => undefined,
      isOfEpochBefore: () => false,
      version: 1,
    },
    ownWords: { told: () => ({}), take: () => undefined },
    notes: { told: () => undefined, whole: () => undefined, answer: () => undefined, next: () => null, agrees: () => true, take: () => 0 },
    rumorTold: () => undefined,
  });
  const sent = () => ports.end().flatMap((effect) => (effect.type === 'send' ? [effect] : []));
  return { ports, configuration, reconciler, sent };
}

function answer(change: Partial<Extract<HeardAnswer, { kind: 'configuration' }>>): HeardAnswer {
  return { kind: 'configuration', digest: OTHER_DIGEST, records: [], lacking: [], fresh: 0, peers: [], ...change };
}

test('at most one exchange at a time with one peer, whatever asks for it (attack B1)', () => {
  const { reconciler, sent } = bench();
  reconciler.hinted(peer(2));
  reconciler.hinted(peer(2));
  expect(reconciler.free(peer(2))).toBe(false);
  reconciler.hinted(peer(3));
  const under = sent();
  expect(under.map(({ to }) => to)).toEqual([peer(2), peer(3)]);
  reconciler.unanswered(under[0]?.token ?? 0, { code: 'GOSSIP_E_TIMEOUT', message: 'no answer' });
  expect([reconciler.free(peer(2)), reconciler.free(peer(3))]).toEqual([true, false]);
});

test('what a peer lacks is pushed at once: it may not be able to call back', () => {
  const { reconciler, sent } = bench(record(1), record(2));
  reconciler.backup(peer(2));
  reconciler.answered(sent()[0]?.token ?? 0, answer({ lacking: [record(2).hash] }));
  expect(sent()).toMatchObject([{ to: peer(2), message: { kind: 'configuration', summary: null, records: [record(2)] } }]);
});

describe('an old record never goes out without the newest of its module, so that nobody runs what was removed', () => {
  const [deployed, removed] = [record(1, { module: 'gone' }), record(2, { module: 'gone', code: null })];
  /** Of a node with so many records that its summary covers only the neighbours of one hash. */
  const around = (hash: PayloadHash): PayloadHash[] =>
    Array.from({ length: MAX_SUMMARY }, (_, index) => {
      const neighbour = BigInt(`0x${hash}`) + BigInt(index < MAX_SUMMARY / 2 ? index - MAX_SUMMARY / 2 : index - MAX_SUMMARY / 2 + 1);
      return neighbour.toString(16).padStart(64, '0') as PayloadHash;
    });

  test('in an answer', () => {
    const { ports, reconciler } = bench(deployed, removed);
    const asked = { kind: 'configuration', digest: OTHER_DIGEST, records: [], peers: [] } as const;
    reconciler.request(9, peer(2), { ...asked, summary: around(deployed.hash) });
    expect(ports.end()).toMatchObject([{ message: { records: [removed, deployed] } }]);
    reconciler.request(9, peer(2), { ...asked, summary: around(removed.hash) });
    expect(ports.end()).toMatchObject([{ message: { records: [removed] } }]);
  });

  test('in what is pushed', () => {
    const { reconciler, sent } = bench(deployed, removed);
    reconciler.backup(peer(2));
    reconciler.answered(sent()[0]?.token ?? 0, answer({ lacking: [deployed.hash] }));
    expect(sent()).toMatchObject([{ message: { records: [removed, deployed] } }]);
  });
});

test('nobody makes a node send by calling it: the asker, who chose whom to talk to, acts on a difference', () => {
  const { ports, reconciler } = bench(record(1));
  reconciler.request(9, peer(2), { kind: 'configuration', digest: OTHER_DIGEST, summary: [record(3).hash], records: [], peers: [] });
  expect(ports.end()).toMatchObject([{ type: 'respond', token: 9, message: { records: [record(1)], lacking: [record(3).hash] } }]);
});

test('an operator is promised by the answer that the root or the notes which he brings are kept; a reader, and a peer that passes them on, are not', () => {
  const { ports, reconciler } = bench();
  const asked = { kind: 'configuration', digest: OTHER_DIGEST, summary: null, records: [], peers: [] } as const;
  const root = { version: 2, hash: record(1).hash, steps: [] };
  const notes = { digest: OTHER_DIGEST, notes: [{} as VerifiedNote] };
  const promised = (from: Parameters<typeof reconciler.request>[1], told: object) => {
    reconciler.request(9, from, { ...asked, ...told });
    return ports.end().map((effect) => effect.type === 'respond' && effect.acknowledges);
  };
  const operator = { id: peer(3).id };
  expect([promised(operator, { root }), promised(operator, { notes })]).toEqual([[true], [true]]);
  expect([promised(operator, {}), promised(operator, { notes: { ...notes, notes: [] } })]).toEqual([[false], [false]]);
  expect([promised(peer(2), { root }), promised(peer(2), { notes })]).toEqual([[false], [false]]);
});

test('without progress an exchange is not begun again: two nodes never keep each other busy', () => {
  const { reconciler, sent } = bench(record(1));
  reconciler.backup(peer(2));
  reconciler.answered(sent()[0]?.token ?? 0, answer({}));
  expect(sent()).toEqual([]);
});

test('as long as it brings something new an exchange goes on, until both digests are equal', () => {
  const { reconciler, sent, configuration } = bench(record(1));
  reconciler.backup(peer(2));
  reconciler.answered(sent()[0]?.token ?? 0, answer({ fresh: 1 }));
  const [again] = sent();
  expect(again).toMatchObject({ to: peer(2), message: { summary: [record(1).hash] } });
  reconciler.answered(again?.token ?? 0, answer({ fresh: 1, digest: configuration.digest }));
  expect(sent()).toEqual([]);
});
