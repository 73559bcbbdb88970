/** What the engine may rely on of any way to its peers. Each adapter of the port brings its world and passes all of this. */
import { expect, test } from 'vitest';
import type { GossipAnswer, GossipRequest } from '../../../src/gossip/messages.ts';
import { stampOf } from '../../../src/gossip/stamp.ts';
import type { WireAnswer } from '../../../src/gossip/wire.ts';
import type { ErrorCode, Failure } from '../../../src/model/errors.ts';
import type { ModuleName, NodeId, Peer } from '../../../src/model/names.ts';
import type { Done, Peers } from '../../../src/runner/ports.ts';
import { MAX_MESSAGE_BYTES } from '../../../src/sdk/limits.ts';
import { record } from '../../support/records.ts';

/** What a peer's runner does with a message. */
export type Ask = (from: { readonly id: NodeId }, message: GossipRequest, done: Done<GossipAnswer>) => void;

export interface PeersWorld {
  /** The way from the node that asks. */
  readonly peers: Peers;
  readonly self: Peer;
  /** A peer whose runner does so. */
  peer(ask: Ask): Promise<Peer>;
  /** A peer that answers with these bytes, whatever it is asked. */
  answering(wire: WireAnswer): Promise<Peer>;
  /** A peer that is gone. */
  gone(): Promise<Peer>;
  /** Returns when it holds; throws when it does not come to hold. */
  until(holds: () => boolean): Promise<void>;
}

const DIGEST = 'A'.repeat(22);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const exchange = (body = bytes('"hello"')): GossipRequest => {
  return { kind: 'exchange', module: 'membership' as ModuleName, stamp: stampOf(record(1), null), digest: DIGEST, body };
};
const CONFIGURATION = {
  kind: 'configuration' as const,
  digest: DIGEST,
  summary: [record(2).hash],
  records: [record(1)],
  peers: [],
} satisfies GossipRequest;
const COMPARED: GossipAnswer = { kind: 'configuration', digest: DIGEST, records: [record(2)], lacking: [], fresh: 1, peers: [] };
const answer = (body = bytes('"hi"')): GossipAnswer => ({ kind: 'answer', digest: DIGEST, body });
const MISMATCH: GossipAnswer = { kind: 'mismatch', digest: DIGEST, stamp: null, records: [record(1)] };
const UNAVAILABLE: GossipAnswer = { kind: 'unavailable', digest: DIGEST, reason: 'GOSSIP_E_MODULE_ABSENT' };
const STOPPING: Failure = { code: 'GOSSIP_E_STOPPING', message: 'the node is stopping' };

type Told = GossipAnswer | ErrorCode | 'before the call returned';

/** `short`: a peer need not be waited for so long as on a real node. */
export function peersContract(make: (patience: 'usual' | 'short') => Promise<PeersWorld>): void {
  const bench = async (patience: 'usual' | 'short' = 'usual') => {
    const world = await make(patience);
    const told: Told[] = [];
    const send = (to: Peer, message: GossipRequest): void => {
      let sending = true;
      world.peers.send(to, message, (outcome) => {
        if (sending) told.push('before the call returned');
        told.push('value' in outcome ? outcome.value : outcome.failure.code);
      });
      sending = false;
    };
    /** All that is told, where it is `count` outcomes. */
    const outcomes = async (count = 1): Promise<Told[]> => {
      await world.until(() => told.length >= count);
      return plain(told.splice(0));
    };
    return { world, send, outcomes };
  };

  test.each([
    ['a message', exchange(), answer()],
    ['a message of another deployment', exchange(), MISMATCH],
    ['a message for a module that is not there', exchange(), UNAVAILABLE],
    ['a configuration', CONFIGURATION, COMPARED],
  ])('%s reaches the runner of the peer as it was sent, and its answer comes back, once', async (_what, message, said) => {
    const { world, send, outcomes } = await bench();
    const heard: [NodeId, GossipRequest][] = [];
    const peer = await world.peer(({ id }, asked, done) => {
      heard.push([id, asked]);
      done({ value: said });
    });
    send(peer, message);
    expect(await outcomes()).toEqual(plain([said]));
    expect(plain(heard)).toEqual(plain([[world.self.id, message]]));
  });

  test('answers find those who asked, in whatever order they come', async () => {
    const { world, send, outcomes } = await bench();
    const waiting: { readonly body: string; readonly done: Done<GossipAnswer> }[] = [];
    const peer = await world.peer((_from, asked, done) => {
      if (asked.kind === 'exchange') waiting.push({ body: new TextDecoder().decode(asked.body), done });
    });
    for (const body of ['1', '2', '3']) send(peer, exchange(bytes(body)));
    await world.until(() => waiting.length === 3);
    const order = waiting.toReversed();
    for (const { body, done } of order) {
      done({ value: answer(bytes(body)) });
      expect(await outcomes()).toEqual(plain([answer(bytes(body))]));
    }
  });

  test.each([exchange(), CONFIGURATION])('what the runner of the peer refuses fails with the code of its refusal', async (message) => {
    const { world, send, outcomes } = await bench();
    send(await world.peer((_from, _asked, done) => done({ failure: STOPPING })), message);
    expect(await outcomes()).toEqual(['GOSSIP_E_STOPPING']);
  });

  test('what nobody has signed is refused by the peer, and never believed of it', async () => {
    const { world, send, outcomes } = await bench();
    const forged = { ...record(1), envelope: { ...record(1).envelope, signatures: [] } };
    const heard: unknown[] = [];
    send(await world.peer((_from, asked) => void heard.push(asked)), { ...CONFIGURATION, records: [forged] });
    const refused = await outcomes();
    expect([heard, refused]).toEqual([[], [expect.stringMatching(/^GOSSIP_E_(SIGNATURE|THRESHOLD|SCHEMA)$/)]]);
    send(await world.peer((_from, _asked, done) => done({ value: { ...COMPARED, records: [forged] } as GossipAnswer })), CONFIGURATION);
    expect(await outcomes()).toEqual(refused);
  });

  test('a message that is too large does not reach its peer, an answer that is does not come back', async () => {
    const { world, send, outcomes } = await bench();
    const large = new Uint8Array(MAX_MESSAGE_BYTES + 1).fill(32);
    const heard: unknown[] = [];
    const peer = await world.peer((_from, asked, done) => {
      heard.push(asked);
      done({ value: answer(large) });
    });
    send(peer, exchange(large));
    expect([await outcomes(), heard]).toEqual([['GOSSIP_E_TOO_LARGE'], []]);
    send(peer, exchange());
    expect(await outcomes()).toEqual(['GOSSIP_E_TOO_LARGE']);
  });

  test.each([
    ['says nothing of the protocol', { status: 200, headers: {}, body: bytes('<html>') }],
    ['has a digest of another form', { status: 200, headers: { 'gossip-digest': 'x' }, body: bytes('{}') }],
    ['is a mismatch without a form', { status: 409, headers: { 'gossip-digest': DIGEST }, body: bytes('{"records":7}') }],
    ['has a status of another meaning', { status: 302, headers: { 'gossip-digest': DIGEST }, body: bytes('') }],
  ])('an answer that %s is a failure', async (_what, wire) => {
    const { world, send, outcomes } = await bench();
    send(await world.answering(wire), exchange());
    expect(await outcomes()).toEqual(['GOSSIP_E_REQUEST']);
  });

  test('where nobody is, that is the failure', async () => {
    const { world, send, outcomes } = await bench();
    send(await world.gone(), exchange());
    // A proxy does not tell why it has no way there.
    expect(await outcomes()).toEqual([expect.stringMatching(/^GOSSIP_E_(NOT_LISTENING|UNREACHABLE)$/)]);
  });

  test('a peer that does not answer fails in time, and a late answer is not heard', async () => {
    const { world, send, outcomes } = await bench('short');
    const late: Done<GossipAnswer>[] = [];
    const peer = await world.peer((_from, asked, done) => {
      if (asked.kind === 'exchange') late.push(done);
      else done({ value: COMPARED });
    });
    send(peer, exchange());
    expect(await outcomes()).toEqual(['GOSSIP_E_TIMEOUT']);
    for (const done of late) done({ value: answer() });
    send(peer, CONFIGURATION);
    expect(await outcomes()).toEqual(plain([COMPARED]));
  });

  test('another node at the address of a peer is not told what is meant for it', async () => {
    const { world, send, outcomes } = await bench();
    const heard: unknown[] = [];
    const peer = await world.peer((_from, asked) => void heard.push(asked));
    send({ ...peer, id: 'f'.repeat(64) as NodeId }, exchange());
    expect([await outcomes(), heard]).toEqual([['GOSSIP_E_IDENTITY'], []]);
  });
}

/** With bytes as such: what comes from a socket is of another class than what was sent. */
function plain<T>(value: T): T {
  if (value instanceof Uint8Array) return new Uint8Array(value) as T;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plain) as T;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)])) as T;
}
