import { describe, expect, test } from 'vitest';
import { CHECKS } from '../../src/gossip/checks.ts';
import { mediate } from '../../src/gossip/mediated.ts';
import { stampOf } from '../../src/gossip/stamp.ts';
import type { GossipAnswer } from '../../src/gossip/messages.ts';
import type { Note } from '../../src/gossip/protocol.ts';
import type { ErrorCode } from '../../src/model/errors.ts';
import type { Address, ModuleName, NodeId, Peer } from '../../src/model/names.ts';
import { Network } from '../support/network.ts';
import type { TestInstance } from '../support/network.ts';
import { code, peer, record } from '../support/records.ts';

const MODULE = 'membership' as ModuleName;

describe('mediate', () => {
  const d2 = stampOf(record(2), null);
  test.each([
    ['the same stamp', d2, d2, 'deliver'],
    ['a lower number', d2, stampOf(record(1), null), 'teach'],
    ['a higher number', d2, stampOf(record(3), null), 'learn'],
    ['a later trust epoch', d2, { ...stampOf(record(1), null), trustEpoch: 2 }, 'learn'],
    ['one number with another payload', d2, stampOf(record(2, { message: 'other' }), null), 'settle'],
    ['the same deployment in another state epoch', d2, stampOf(record(2), record(1).hash), 'settle'],
    ['nothing running here', null, d2, 'absent'],
  ] as const)('%s', (_, ours, theirs, mediation) => {
    expect(mediate(ours, theirs)).toBe(mediation);
  });
});

function pair(runs: (module: ModuleName, node: string) => boolean = () => true) {
  const network = new Network({ rendezvous: [peer(1)], runs });
  const [a, b] = [network.add(peer(1)), network.add(peer(2))];
  a.start([peer(2)]);
  b.start([peer(1)]);
  a.inject(record(1));
  network.run(5_000);
  return { network, a, b };
}

test('a module that does not run at the peer is refused with a coded reason, and configurations are compared all the same', () => {
  const { network, a, b } = pair((_, node) => node === 'node1');
  b.cutFrom.add('node1');
  a.inject(record(2));
  network.run(100);
  b.cutFrom.clear();
  a.exchange(MODULE, b.peer);
  network.run(100);
  expect(a.replies).toEqual(['GOSSIP_E_MODULE_ABSENT']);
  expect(b.view(MODULE)?.newest).toBe(record(2));
  expect(b.view(MODULE)).toMatchObject({ state: 'stopped', why: { code: 'GOSSIP_E_MODULE_ABSENT' } });
});

test('an instance that is removed may say goodbye to those that still run the same; one that was replaced may not', () => {
  const { network, a, b } = pair();
  /** The instance that runs, which takes its time to end. */
  const lingering = (): TestInstance => Object.assign(a.running(MODULE)?.instance as TestInstance, { lingers: true });
  const say = (instance: TestInstance): void => instance.exchange(b.peer, new TextEncoder().encode('"bye"'));
  const first = lingering();
  a.inject(record(2));
  network.run(5_000);
  say(first);
  expect(a.replies).toEqual(['GOSSIP_E_BUSY']);
  const second = lingering();
  expect(second).not.toBe(first);
  b.cutFrom.add('node1');
  a.inject(record(3, { code: null }));
  network.run(100);
  expect(a.running(MODULE)).toBeUndefined();
  b.cutFrom.delete('node1');
  say(second);
  network.run(100);
  expect(a.replies).toEqual(['GOSSIP_E_BUSY', 'answer']);
});

test('an unreachable peer fails the exchange and counts against its hint only', () => {
  const { network, a, b } = pair();
  b.crash();
  a.exchange(MODULE, b.peer);
  network.run(100);
  expect(a.replies).toEqual(['GOSSIP_E_NOT_LISTENING']);
  expect(a.gossip?.view(network.now).hints.map(({ name, failures }) => [name, failures])).toEqual([['node2', 1]]);
});

describe('attack B17: what a module says of a peer', () => {
  const hostile: [string, Peer][] = [
    ['a name that no node has', { ...peer(9), name: 'My Node' }],
    ['a name with control characters', { ...peer(9), name: '\u001b]0;\u0007' }],
    ['an address that is none', { ...peer(9), address: 'localhost:22' as Address }],
    ['the address of a service of this machine', { ...peer(9), address: '127.0.0.1:22' as Address }],
    ['an id that is none', { ...peer(9), id: 'x' as NodeId }],
    ['a known id with the name of another', { ...peer(2), name: 'My Node' }],
    ['a known id at another address', { ...peer(2), address: '127.0.0.1:22' as Address }],
  ];

  test.each(hostile)('%s: nobody is called there, nothing stays in the hints, and configurations still spread', (_, to) => {
    const { network, a, b } = pair();
    const c = network.add(peer(3));
    c.start([peer(1)]);
    network.run(3_000);
    const known = () => a.gossip?.view(network.now).hints.map(({ id, address, name }) => [id, address, name]);
    const before = known();
    a.exchange(MODULE, to);
    network.run(100);
    expect(known()).toEqual(before);
    expect(network.trace.filter((line) => line.includes(':22'))).toEqual([]);
    a.inject(record(2, { code: null }));
    network.run(20_000);
    expect([a, b, c].map((node) => node.view(MODULE)?.state)).toEqual(['stopped', 'stopped', 'stopped']);
  });

  test('who is not known and who cannot be reached: one and the same error', () => {
    const { network, a, b } = pair();
    b.crash();
    const failures: unknown[] = [];
    const generation = a.running(MODULE)?.generation ?? 0;
    for (const [token, to] of [peer(2), peer(9)].entries()) {
      const effects = a.gossip?.handle(
        { type: 'module-exchange', token, module: MODULE, generation, to, body: new Uint8Array() },
        network.now,
      );
      for (const effect of effects ?? []) {
        const failure = { code: 'GOSSIP_E_UNREACHABLE', message: `connect ECONNREFUSED ${to.address}` } as const;
        const ends = effect.type === 'send' ? a.gossip?.handle({ type: 'no-answer', token: effect.token, failure }, network.now) : [effect];
        for (const end of ends ?? []) if (end.type === 'module-reply') failures.push(end.reply);
      }
    }
    const same = { failure: { code: 'GOSSIP_E_UNREACHABLE', message: 'the peer cannot be reached' } };
    expect(failures).toEqual([same, same]);
  });

  test('that nobody listens is told of a peer that answered there before, and of no other (attack D11)', () => {
    const { network, a, b } = pair();
    const generation = a.running(MODULE)?.generation ?? 0;
    const elsewhere = { ...peer(9), address: '10.0.0.99:7946' as Address };
    a.gossip?.handle({ type: 'peer-met', peer: elsewhere }, network.now);
    const heard = [b.peer, elsewhere].map((to, token) => {
      const failure = { code: 'GOSSIP_E_NOT_LISTENING', message: `nobody listens at ${to.address}` } as const;
      const ask = { type: 'module-exchange', token: 70 + token, module: MODULE, generation, to, body: new Uint8Array() } as const;
      const sent = a.gossip?.handle(ask, network.now) ?? [];
      const ends = sent.flatMap((effect) =>
        effect.type === 'send' ? (a.gossip?.handle({ type: 'no-answer', token: effect.token, failure }, network.now) ?? []) : [],
      );
      return ends.flatMap((end) => (end.type === 'module-reply' && 'failure' in end.reply ? [end.reply.failure.code] : []));
    });
    expect(heard).toEqual([['GOSSIP_E_NOT_LISTENING'], ['GOSSIP_E_UNREACHABLE']]);
  });

  test('a lost connection is told to the instances, unless the peer is a stranger', () => {
    const { network, a, b } = pair();
    const instance = a.running(MODULE)?.instance as TestInstance;
    for (const { id } of [b.peer, peer(9)]) a.handle({ type: 'peer-lost', id });
    network.run(100);
    expect(instance.heardOf).toEqual(['node2']);
  });
});

test('what this node itself did not try counts against nobody: not the peer, not the module (law 10)', () => {
  const { network, a, b } = pair();
  const generation = a.running(MODULE)?.generation ?? 0;
  const before = a.view(MODULE)?.health?.exchanges;
  let tried = 0;
  for (let count = 0; count < 10; count += 1) {
    const ask = { type: 'module-exchange', token: 100 + count, module: MODULE, generation, to: b.peer, body: new Uint8Array() } as const;
    for (const effect of a.gossip?.handle(ask, network.now) ?? []) {
      if (effect.type !== 'send') continue;
      a.handle({ type: 'no-answer', token: effect.token, failure: { code: 'GOSSIP_E_BUSY', message: '' } });
      tried += 1;
    }
  }
  const failures = a.gossip?.view(network.now).hints.map((hint) => hint.failures);
  expect([tried, failures, a.view(MODULE)?.health?.exchanges]).toEqual([10, [0], before]);
});

test('an exchange that was refused for its size says nothing against the peer', () => {
  const { network, a, b } = pair();
  const generation = a.running(MODULE)?.generation ?? 0;
  const ask = { type: 'module-exchange', token: 77, module: MODULE, generation, to: b.peer, body: new Uint8Array() } as const;
  for (const refusal of ['GOSSIP_E_TOO_LARGE', 'GOSSIP_E_TIMEOUT'] as const) {
    for (const effect of a.gossip?.handle(ask, network.now) ?? [])
      if (effect.type === 'send') a.handle({ type: 'no-answer', token: effect.token, failure: { code: refusal, message: '' } });
    const failures = a.gossip?.view(network.now).hints.find(({ id }) => id === b.peer.id)?.failures;
    expect(failures).toBe(refusal === 'GOSSIP_E_TIMEOUT' ? 1 : 0);
  }
});

describe('a message that receive() cannot answer', () => {
  /** What the asker's module hears, and what the answerer says of its own. */
  function unanswered(reason: ErrorCode) {
    const { network, a, b } = pair();
    a.exchange(MODULE, b.peer);
    network.run(100);
    const generation = b.running(MODULE)?.generation ?? 0;
    const message = {
      kind: 'exchange',
      module: MODULE,
      stamp: stampOf(record(1), null),
      digest: 'A'.repeat(22),
      body: new Uint8Array(),
    } as const;
    const notes: Note[] = [];
    let heard: GossipAnswer | undefined;
    for (const effect of b.gossip?.handle({ type: 'request', token: 5_000, from: a.peer, message }, network.now) ?? []) {
      if (effect.type !== 'deliver') continue;
      const failure = { code: reason, message: 'Error: no (at index.mjs:3:7)' };
      for (const caused of b.gossip?.handle({ type: 'delivered', token: effect.token, reply: { failure } }, network.now) ?? []) {
        if (caused.type === 'note') notes.push(caused.note);
        if (caused.type === 'respond') heard = caused.message;
      }
    }
    expect(generation).toBeGreaterThan(0);
    return { heard, notes, health: b.view(MODULE)?.health };
  }

  test('is counted where it happened, noted with its peer and place, and answered with its code', () => {
    const { heard, notes, health } = unanswered('GOSSIP_E_MODULE_ANSWER');
    expect(heard).toMatchObject({ kind: 'unavailable', reason: 'GOSSIP_E_MODULE_ANSWER' });
    const failure = { code: 'GOSSIP_E_MODULE_ANSWER', message: 'Error: no (at index.mjs:3:7)' };
    expect(notes).toMatchObject([{ event: 'receive-failed', module: MODULE, from: { name: 'node1' }, failure, untold: 0 }]);
    expect(health).toMatchObject({ errors: { count: 1, last: failure }, exchanges: { answered: 1, failed: 1 } });
  });

  test('because the instance ended is told by its end alone', () => {
    expect(unanswered('GOSSIP_E_MODULE_CRASH')).toMatchObject({ notes: [], health: { errors: { count: 0, last: null } } });
  });

  test.each([
    ['GOSSIP_E_MODULE_ABSENT', 'the peer does not run the module now'],
    ['GOSSIP_E_MODULE_ANSWER', 'receive() of the module on the peer threw, or answered what cannot be sent'],
    ['GOSSIP_E_TIMEOUT', 'receive() of the module on the peer did not answer within 5000 ms'],
    ['GOSSIP_E_MODULE_CRASH', 'the module on the peer ended while it answered'],
    ['GOSSIP_E_DISK', 'the peer could not have its module answer (GOSSIP_E_DISK)'],
  ] as const)('the asker hears what %s means', (reason, text) => {
    const { network, a, b } = pair();
    const generation = a.running(MODULE)?.generation ?? 0;
    const ask = { type: 'module-exchange', token: 77, module: MODULE, generation, to: b.peer, body: new Uint8Array() } as const;
    const [send] = a.gossip?.handle(ask, network.now) ?? [];
    const message = { kind: 'unavailable', digest: 'A'.repeat(22), reason } as const;
    const caused = send?.type === 'send' ? (a.gossip?.handle({ type: 'answer', token: send.token, message }, network.now) ?? []) : [];
    expect(caused.find(({ type }) => type === 'module-reply')).toMatchObject({ reply: { failure: { code: reason, message: text } } });
  });
});

test('what has had no outcome for very long is given up', () => {
  const { network, a, b } = pair();
  a.unheardBy.add(b.peer.name);
  a.exchange(MODULE, b.peer);
  network.run(200_000);
  expect(a.replies).toEqual(['GOSSIP_E_TIMEOUT']);
});

describe('attack D11: a module that asks without end', () => {
  /** Asks so often at one moment, and then each time that it is answered; how many exchanges begin in the next seconds. */
  function flood(asks: number, seconds: number): { sent: number; refused: number } {
    const { network, a, b } = pair();
    const [sent, replies] = [a.sent.exchange, a.replies.length];
    for (let ask = 0; ask < asks; ask += 1) a.exchange(MODULE, ask % 2 === 0 ? b.peer : peer(9));
    network.run(seconds * 1_000);
    return { sent: a.sent.exchange - sent, refused: a.replies.slice(replies).filter((reply) => reply === 'GOSSIP_E_BUSY').length };
  }

  test('begins 200 exchanges at once and 100 a second, and a bounded number waits', () => {
    expect(flood(10_000, 0)).toEqual({ sent: 100, refused: 10_000 - 200 - 256 });
    expect(flood(10_000, 1)).toEqual({ sent: 150, refused: 10_000 - 200 - 256 });
  });

  test('a burst within the bounds loses nothing', () => {
    expect(flood(400, 3)).toEqual({ sent: 200, refused: 0 });
  });
});

describe('attack B1: forged numbers in headers', () => {
  /** A liar answers every exchange with other numbers and digests; counts what they make a node do. */
  function lies(asks: number, unbounded: boolean): { requests: number; fetches: number } {
    const limitless = { take: () => true };
    const network = new Network(unbounded ? { checks: { ...CHECKS, budget: () => limitless } } : {});
    const node = network.add(peer(1));
    node.start([peer(2), peer(3)]);
    node.inject(record(1));
    network.run(50);
    const generation = node.running(MODULE)?.generation ?? 0;
    let [requests, fetches] = [0, 0];
    for (let ask = 0; ask < asks; ask += 1) {
      const now = network.now + Math.floor((ask * 1_000) / asks);
      const random = () =>
        Math.floor(network.random() * 2 ** 32)
          .toString(16)
          .padStart(8, '0')
          .repeat(8);
      const liar = peer(2 + (ask % 2));
      const token = 10_000 + ask;
      const effects =
        node.gossip?.handle({ type: 'module-exchange', token, module: MODULE, generation, to: liar, body: new Uint8Array() }, now) ?? [];
      for (const effect of effects) {
        if (effect.type !== 'send' || effect.message.kind !== 'exchange') continue;
        const forged = { ...stampOf(record(1), null), sequence: 1 + Math.floor(network.random() * 2 ** 40), hash: random().slice(0, 32) };
        const message = { kind: 'mismatch', digest: random().slice(0, 22), stamp: forged, records: [] } as const;
        for (const caused of node.gossip?.handle({ type: 'answer', token: effect.token, message }, now) ?? []) {
          if (caused.type === 'fetch-code') fetches += 1;
          if (caused.type !== 'send') continue;
          requests += 1;
          const empty = { kind: 'configuration', digest: random().slice(0, 22), records: [], lacking: [], fresh: 0, peers: [] } as const;
          node.gossip?.handle({ type: 'answer', token: caused.token, message: empty }, now);
        }
      }
    }
    return { requests, fetches };
  }

  test('10,000 in a second cause at most 70 record fetches and no code fetch', () => {
    const { requests, fetches } = lies(10_000, false);
    expect(requests).toBeLessThanOrEqual(70);
    expect(fetches).toBe(0);
  });

  test('without the budget each one causes a fetch', () => {
    // As many as a module may begin at once.
    expect(lies(200, true)).toEqual({ requests: 200, fetches: 0 });
  });

  test('the budget of a liar is not that of others', () => {
    const network = new Network({ rendezvous: [] });
    const [a, b] = [network.add(peer(1)), network.add(peer(2))];
    a.start([peer(3)]);
    b.start([]);
    a.inject(record(1, { code: code('one') }));
    network.run(50);
    const generation = a.running(MODULE)?.generation ?? 0;
    for (let ask = 0; ask < 100; ask += 1) {
      const effects =
        a.gossip?.handle(
          { type: 'module-exchange', token: 5_000 + ask, module: MODULE, generation, to: peer(3), body: new Uint8Array() },
          network.now,
        ) ?? [];
      for (const effect of effects) {
        if (effect.type === 'send')
          a.handle({
            type: 'answer',
            token: effect.token,
            message: { kind: 'unavailable', digest: 'B'.repeat(22), reason: 'GOSSIP_E_BUSY' },
          });
      }
    }
    // By calling, b becomes known.
    a.receive(b.peer, { kind: 'configuration', digest: 'A'.repeat(22), summary: null, records: [], peers: [] }, () => {});
    a.exchange(MODULE, b.peer);
    network.run(100);
    expect(b.view(MODULE)?.newest).toBe(record(1, { code: code('one') }));
  });
});
