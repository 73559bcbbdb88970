/** Handshakes that calls need: bounded, shared, finished, and never begun anew because a call was given up (law 10). */
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { BackOff } from '../../../../src/core/transport/client/back-off.ts';
import { Deadline } from '../../../../src/core/transport/client/deadline.ts';
import { HandshakeBound } from '../../../../src/core/transport/client/handshake-bound.ts';
import { Handshakes } from '../../../../src/core/transport/client/handshakes.ts';
import { PeerConnections } from '../../../../src/core/transport/client/peer-connections.ts';
import { CLIENT_LIMITS } from '../../../../src/core/transport/limits.ts';
import { formatAddress, splitAddress } from '../../../../src/model/address.ts';
import { GossipError } from '../../../../src/model/errors.ts';
import type { Address } from '../../../../src/model/names.ts';
import { makeIdentity } from '../../../../src/trust/identity.ts';
import { post, rejection, startClient, startServer, until } from '../fixtures.ts';

const TIMEOUT = new GossipError('GOSSIP_E_TIMEOUT', 'it did not connect');

/** Handshakes that are done when the test says so; every outcome is written down. */
class Rig {
  readonly told: string[] = [];
  readonly begun: { readonly peer: string; readonly done: (socket: TLSSocket) => void; readonly failed: (error: GossipError) => void }[] =
    [];
  readonly handshakes: Handshakes;
  readonly peers = new Map<string, PeerConnections>();
  readonly #limits: typeof CLIENT_LIMITS;
  readonly #strain: () => number;
  #count = 0;

  constructor(limits: Partial<typeof CLIENT_LIMITS> = {}, strain = 1) {
    this.#limits = { ...CLIENT_LIMITS, ...limits };
    const bound = new HandshakeBound(this.#limits, performance.now());
    const backOff = new BackOff(() => 0.999);
    this.#strain = () => strain;
    this.handshakes = new Handshakes({ bound, backOff, maxWaiting: this.#limits.maxWaitingHandshakes, strain: this.#strain });
    onTestFinished(async () => {
      this.handshakes.close();
      for (const connections of this.peers.values()) await connections.destroy(TIMEOUT);
    });
  }

  /** A call to `peer`, which keeps its connection until it is released. */
  call(peer: string, { ms = 600_000, large = false } = {}) {
    this.#count += 1;
    const name = `${peer}${this.#count}`;
    const giveUp = new AbortController();
    const deadline = new Deadline(ms, peer, giveUp.signal);
    onTestFinished(() => deadline.clear());
    const connections = this.peers.get(peer) ?? this.#connectionsTo(peer);
    this.peers.set(peer, connections);
    let release = (): void => {};
    const take = async (): Promise<void> => {
      try {
        const connection = await connections.take(deadline, large);
        release = () => connections.release(connection);
        this.told.push(`${name} connected`);
      } catch (error) {
        this.told.push(`${name} ${(error as GossipError).code}`);
      }
    };
    const taken = take();
    return { giveUp: () => giveUp.abort(), deadline, taken, release: () => release() };
  }

  #connectionsTo(peer: string): PeerConnections {
    const open = () => {
      const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
      this.begun.push({ peer, done: resolve, failed: reject });
      return promise;
    };
    const { handshakes } = this;
    const parts = { key: peer, origin: 'https://127.0.0.1:1', limits: this.#limits, open, handshakes, strain: this.#strain };
    return new PeerConnections(parts);
  }

  get order(): string {
    return this.begun.map(({ peer }) => peer).join('');
  }

  async end(index: number, error?: GossipError): Promise<void> {
    if (error) this.begun[index]?.failed(error);
    else this.begun[index]?.done(new PassThrough() as Duplex as TLSSocket);
    await settled();
  }
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('at most so many at a time', () => {
  test('the others wait for their turn', async () => {
    const rig = new Rig({ maxHandshakes: 2 });
    for (const peer of ['a', 'b', 'c', 'd']) rig.call(peer);
    expect([rig.order, rig.handshakes.counts]).toEqual(['ab', { underWay: 2, waiting: 2, leftAlone: 0, done: 0, failed: 0 }]);
    await rig.end(1);
    await rig.end(0, TIMEOUT);
    expect([rig.order, rig.told]).toEqual(['abcd', ['b2 connected', 'a1 GOSSIP_E_TIMEOUT']]);
  });

  test('a peer that needs several does not keep the others waiting', async () => {
    const rig = new Rig({ maxHandshakes: 1 });
    for (const peer of ['a', 'a', 'a', 'b']) rig.call(peer);
    for (let index = 0; index < 4; index += 1) await rig.end(index);
    expect([rig.order, rig.told]).toEqual(['aaba', ['a1 connected', 'a2 connected', 'b4 connected', 'a3 connected']]);
  });

  test('a strained node has fewer', () => {
    const rig = new Rig({ maxHandshakes: 4 }, 2);
    for (const peer of ['a', 'b', 'c', 'd']) rig.call(peer);
    expect(rig.order).toBe('ab');
  });

  test('and to one peer: calls wait for one another, but small ones not for large ones', async () => {
    const rig = new Rig({ maxConnectionsPerPeer: 4 }, 4);
    const [first] = [rig.call('a', { large: true }), rig.call('a', { large: true }), rig.call('a'), rig.call('a')];
    expect(rig.order).toBe('aa');
    await rig.end(0);
    await rig.end(1);
    expect(rig.told).toEqual(['a1 connected', 'a3 connected']);
    first.release();
    await settled();
    expect([rig.order, rig.told.slice(2)]).toEqual(['aa', ['a2 connected']]);
  });

  test('and in each second: the next begins when its time has come, without an end of another', async () => {
    const rig = new Rig({ handshakeBurst: 1, handshakesPerSecond: 50 });
    for (const peer of ['a', 'b']) rig.call(peer);
    expect(rig.order).toBe('a');
    await until(() => rig.order === 'ab', 'the second');
  });

  test('what is given up before it has begun never begins, and was told that it waited', async () => {
    const rig = new Rig({ maxHandshakes: 1 });
    const [first, second] = [rig.call('a'), rig.call('b')];
    rig.call('c');
    expect([first.deadline.waiting, second.deadline.waiting]).toEqual([false, true]);
    second.giveUp();
    await rig.end(0);
    expect([rig.order, rig.told]).toEqual(['ac', ['b2 GOSSIP_E_TIMEOUT', 'a1 connected']]);
  });
});

describe('what cannot begin in time is declined at once', () => {
  test('too many wait', async () => {
    const rig = new Rig({ maxHandshakes: 1, maxWaitingHandshakes: 2 });
    for (const peer of ['a', 'b', 'c', 'd']) rig.call(peer);
    await settled();
    expect([rig.told, rig.handshakes.counts]).toEqual([
      ['d4 GOSSIP_E_BUSY'],
      { underWay: 1, waiting: 2, leftAlone: 0, done: 0, failed: 0 },
    ]);
  });

  test('its turn would come after its deadline', async () => {
    const rig = new Rig({ handshakeBurst: 1, handshakesPerSecond: 0.01 });
    for (const peer of ['a', 'b', 'c']) rig.call(peer, { ms: 150_000 });
    await settled();
    expect([rig.order, rig.told]).toEqual(['a', ['c3 GOSSIP_E_BUSY']]);
  });

  test('the last handshakes with the peer came to nothing', async () => {
    const rig = new Rig();
    rig.call('a');
    await rig.end(0, TIMEOUT);
    rig.call('a');
    rig.call('b');
    await settled();
    expect([rig.order, rig.told, rig.handshakes.counts.leftAlone]).toEqual(['ab', ['a1 GOSSIP_E_TIMEOUT', 'a2 GOSSIP_E_BUSY'], 1]);
  });

  test('a refused connection is no reason: it cost nothing', async () => {
    const rig = new Rig();
    rig.call('a');
    await rig.end(0, new GossipError('GOSSIP_E_NOT_LISTENING', 'nobody listens there'));
    rig.call('a');
    expect(rig.order).toBe('aa');
  });
});

describe('a handshake under way', () => {
  test('is for one call: another to the same peer gets one of its own, and the first gets what comes first', async () => {
    const rig = new Rig();
    for (const peer of ['a', 'a']) rig.call(peer);
    await rig.end(1);
    await rig.end(0);
    expect([rig.order, rig.told]).toEqual(['aa', ['a1 connected', 'a2 connected']]);
  });

  test('goes on when its call is given up, and serves the next one', async () => {
    const rig = new Rig();
    rig.call('a').giveUp();
    await settled();
    const second = rig.call('a');
    expect([rig.order, second.deadline.waiting, rig.told]).toEqual(['a', false, ['a1 GOSSIP_E_TIMEOUT']]);
    await rig.end(0);
    expect(rig.told).toEqual(['a1 GOSSIP_E_TIMEOUT', 'a2 connected']);
  });

  test('that came too late for its call is kept for the next', async () => {
    const rig = new Rig();
    rig.call('a').giveUp();
    await rig.end(0);
    rig.call('a');
    await settled();
    expect([rig.order, rig.told]).toEqual(['a', ['a1 GOSSIP_E_TIMEOUT', 'a2 connected']]);
  });

  test('fails its call, and others only where no connection is left that they could wait for', async () => {
    const rig = new Rig();
    for (const peer of ['a', 'a']) rig.call(peer);
    await rig.end(0, TIMEOUT);
    await rig.end(1);
    for (const peer of ['b', 'b', 'b']) rig.call(peer);
    for (const index of [2, 3, 4]) await rig.end(index, TIMEOUT);
    expect([rig.order, rig.told]).toEqual([
      'aabbb',
      ['a1 GOSSIP_E_TIMEOUT', 'a2 connected', 'b3 GOSSIP_E_TIMEOUT', 'b4 GOSSIP_E_TIMEOUT', 'b5 GOSSIP_E_TIMEOUT'],
    ]);
  });

  test('that fails is no reason to begin the next: what waits for its turn waits for the one under way instead', async () => {
    const rig = new Rig({ maxHandshakes: 2 });
    for (const peer of ['a', 'a', 'a']) rig.call(peer);
    await rig.end(0, TIMEOUT);
    expect(rig.order).toBe('aa');
    await rig.end(1, TIMEOUT);
    expect([rig.order, rig.told]).toEqual(['aa', ['a1 GOSSIP_E_TIMEOUT', 'a2 GOSSIP_E_TIMEOUT', 'a3 GOSSIP_E_TIMEOUT']]);
  });
});

describe('the few connections to one peer', () => {
  test('are used again, the last one first, and no more are made than calls need at a time', async () => {
    const rig = new Rig();
    const first = rig.call('a');
    await rig.end(0);
    first.release();
    const second = rig.call('a');
    await settled();
    second.release();
    await rig.call('a').taken;
    expect([rig.order, rig.told]).toEqual(['a', ['a1 connected', 'a2 connected', 'a3 connected']]);
  });

  test('leave one place to small calls, however many large ones wait', async () => {
    const rig = new Rig();
    const large = Array.from({ length: 6 }, () => rig.call('a', { large: true }));
    expect(rig.order).toBe('aaa');
    for (let index = 0; index < 3; index += 1) await rig.end(index);
    rig.call('a');
    await rig.end(3);
    expect([rig.order, rig.told]).toEqual(['aaaa', ['a1 connected', 'a2 connected', 'a3 connected', 'a7 connected']]);
    large[0]?.release();
    await settled();
    expect([rig.order, rig.told.at(-1)]).toEqual(['aaaa', 'a4 connected']);
  });

  test('a call that finds all of them taken until its deadline says nothing about the peer', async () => {
    const rig = new Rig({ maxConnectionsPerPeer: 1 });
    rig.call('a');
    await rig.end(0);
    await rig.call('a', { ms: 20 }).taken;
    expect([rig.order, rig.told]).toEqual(['a', ['a1 connected', 'a2 GOSSIP_E_BUSY']]);
  });
});

describe('the client', () => {
  /** A way to `address` on which nothing comes through before it is opened. */
  async function startGate(address: Address) {
    const sockets: Socket[] = [];
    const pass = (socket: Socket): void => {
      const onward = connect(splitAddress(address));
      onward.on('error', () => socket.destroy());
      socket.pipe(onward).pipe(socket);
    };
    let open = false;
    const gate = createServer((socket) => {
      socket.on('error', () => undefined);
      sockets.push(socket);
      if (open) pass(socket);
    }).listen(0, '127.0.0.1');
    onTestFinished(() => {
      gate.close();
      for (const socket of sockets) socket.destroy();
    });
    await new Promise((resolve) => gate.once('listening', resolve));
    const release = (): void => {
      open = true;
      for (const socket of sockets) pass(socket);
    };
    return { address: formatAddress('127.0.0.1', (gate.address() as AddressInfo).port), sockets, release };
  }

  test('finishes the handshake with a slow peer over calls that are given up', async () => {
    const server = await startServer();
    const gate = await startGate(server.address);
    const client = startClient();
    const peer = { id: server.id, address: gate.address };
    for (let call = 0; call < 5; call += 1) {
      expect((await rejection(client.request(peer, { ...post(), timeoutMs: 30 }))).code).toBe('GOSSIP_E_TIMEOUT');
    }
    const last = client.request(peer, post());
    gate.release();
    expect([(await last).status, (await client.request(peer, post())).status, gate.sockets.length, server.seen.length]).toEqual([
      200, 200, 1, 2,
    ]);
  });

  test('keeps a connection that came too late for its call', async () => {
    const server = await startServer();
    const gate = await startGate(server.address);
    const client = startClient();
    const peer = { id: server.id, address: gate.address };
    expect((await rejection(client.request(peer, { ...post(), timeoutMs: 30 }))).code).toBe('GOSSIP_E_TIMEOUT');
    gate.release();
    await until(() => client.kept === 1, 'the connection');
    expect([(await client.request(peer, post())).status, gate.sockets.length]).toEqual([200, 1]);
  });

  test('says of a call whose connection was never begun that it was this node that had no time for it', async () => {
    const gate = await startGate('127.0.0.1:1' as Address);
    const client = startClient({ limits: { maxHandshakes: 1 } });
    const silent = (timeoutMs: number) =>
      rejection(client.request({ id: makeIdentity().id, address: gate.address }, { ...post(), timeoutMs }));
    const codes = (await Promise.all([silent(300), silent(50)])).map(({ code }) => code);
    expect([codes, gate.sockets.length]).toEqual([['GOSSIP_E_TIMEOUT', 'GOSSIP_E_BUSY'], 1]);
  });

  test('begins fewer connections while its node is strained', async () => {
    const [first, second] = [await startServer(), await startServer()];
    const client = startClient({ limits: { handshakeBurst: 2 }, strain: () => 1_000 });
    expect((await client.request(first, post())).status).toBe(200);
    expect((await rejection(client.request(second, post()))).code).toBe('GOSSIP_E_BUSY');
    // What is warm goes on.
    expect([(await client.request(first, post())).status, second.seen.length, client.connecting.declined]).toEqual([200, 0, 1]);
  });

  test('leaves a peer alone whose handshakes are not answered, and one that hangs up', async () => {
    const gate = await startGate('127.0.0.1:1' as Address);
    const client = startClient({ limits: { connectMs: 50 }, random: () => 0.999 });
    const peer = { id: makeIdentity().id, address: gate.address };
    expect((await rejection(client.request(peer, post()))).code).toBe('GOSSIP_E_TIMEOUT');
    expect([(await rejection(client.request(peer, post()))).code, gate.sockets.length, client.connecting]).toEqual([
      'GOSSIP_E_BUSY',
      1,
      { underWay: 0, waiting: 0, declined: 1, leftAlone: 1, done: 0, failed: 1 },
    ]);
    const rude = createServer((socket) => void socket.destroy()).listen(0, '127.0.0.1');
    onTestFinished(() => void rude.close());
    await new Promise((resolve) => rude.once('listening', resolve));
    const other = { id: makeIdentity().id, address: formatAddress('127.0.0.1', (rude.address() as AddressInfo).port) };
    const codes = [(await rejection(client.request(other, post()))).code, (await rejection(client.request(other, post()))).code];
    expect(codes).toEqual(['GOSSIP_E_UNREACHABLE', 'GOSSIP_E_BUSY']);
  });
});
