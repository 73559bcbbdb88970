/** Peers that are slow on purpose hold nothing up for long (attacks A7, C7). Deadlines are short here; only that they end matters. */
import { createServer } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { connect as connectTcp } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as later } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { formatAddress, splitAddress } from '../../../src/model/address.ts';
import { secureOptions } from '../../../src/core/transport/tls.ts';
import type { Address } from '../../../src/model/names.ts';
import { makeIdentity } from '../../../src/trust/identity.ts';
import { BLOB, EXCHANGE, post, RawPeer, rejection, startClient, startServer, until } from './fixtures.ts';

const FOREVER = 600_000;
const POST = `POST ${EXCHANGE} HTTP/1.1\r\nhost: a\r\n`;
const PUT = `PUT ${BLOB} HTTP/1.1\r\nhost: a\r\n`;

/** Sends a byte now and then, until the connection ends. */
function drip(peer: RawPeer, byte: string): void {
  const timer = setInterval(() => peer.socket.write(byte), 20);
  peer.socket.once('close', () => clearInterval(timer));
  onTestFinished(() => clearInterval(timer));
}

/** How long a peer may be silent where it must keep a rate. */
const SILENT_MS = 300;

/** A body in pieces that take four times as long; what it was answered, and for how long it fell silent meanwhile. */
async function sayInPieces(address: Address, start: string): Promise<{ statuses: number[]; silentMs: number }> {
  const pieces = 60;
  const peer = await new RawPeer(address).say(`${start}content-length: ${pieces * 100}\r\n\r\n`);
  let [silentMs, spokeAt] = [0, performance.now()];
  for (let piece = 0; piece < pieces; piece += 1) {
    await later((4 * SILENT_MS) / pieces);
    peer.socket.write('y'.repeat(100));
    silentMs = Math.max(silentMs, performance.now() - spokeAt);
    spokeAt = performance.now();
  }
  return { statuses: await peer.statuses(), silentMs };
}

describe('the server', () => {
  test('ends a handshake that is not done in time', async () => {
    const server = await startServer({ limits: { handshakeMs: 100 } });
    const socket = connectTcp(splitAddress(server.address));
    let closed = false;
    socket
      .on('error', () => undefined)
      .on('close', () => {
        closed = true;
      });
    await until(() => closed, 'the end of the half-open connection');
    expect(server.seen).toEqual([]);
  });

  test('ends a connection that says nothing after the handshake', async () => {
    const server = await startServer({ limits: { headerMs: 100 } });
    const peer = await (await new RawPeer(server.address).connected()).end();
    expect([peer.secure, await peer.statuses()]).toEqual([true, [408]]);
  });

  test('ends headers that drip in', async () => {
    const server = await startServer({ limits: { headerMs: 200 } });
    const peer = await new RawPeer(server.address).say('GET /v1/status HTTP/1.1\r\nhost: a\r\nx: ');
    drip(peer, 'y');
    expect([await peer.statuses(), server.seen.length]).toEqual([[408], 0]);
    await peer.end();
  });

  test('ends a body that drips in', async () => {
    const server = await startServer({ limits: { requestMs: 200 } });
    const peer = await new RawPeer(server.address).say(`${POST}content-length: 100000\r\n\r\n`);
    drip(peer, 'y');
    expect([await peer.statuses(), server.seen.length]).toEqual([[408], 0]);
    await peer.end();
  });

  test('ends a streamed body below the minimum rate; the handler hears why', async () => {
    const server = await startServer({ limits: { requestMs: 200, minBytesPerSecond: 10_000 } });
    const peer = await new RawPeer(server.address).say(`${PUT}content-length: 100000\r\n\r\n`);
    drip(peer, 'y');
    expect(await peer.statuses()).toEqual([504]);
    await peer.end();
  });

  test.each([POST, PUT])('lets a body that keeps the least rate take as long as its size needs: %j', async (start) => {
    const server = await startServer({ limits: { requestMs: SILENT_MS, minBytesPerSecond: 100 } });
    let said = await sayInPieces(server.address, start);
    // A machine that stood still for so long was no peer that keeps the rate.
    while (said.silentMs > SILENT_MS / 2) said = await sayInPieces(server.address, start);
    expect(said.statuses).toEqual([200]);
  });

  test('without these limits, all of them stay', async () => {
    const server = await startServer({ limits: { headerMs: FOREVER, requestMs: FOREVER, minBytesPerSecond: 0, handshakeMs: FOREVER } });
    const slow = [
      await new RawPeer(server.address).say('GET /v1/status HTTP/1.1\r\nx: '),
      await new RawPeer(server.address).say(`${POST}content-length: 100000\r\n\r\n`),
      await new RawPeer(server.address).say(`${PUT}content-length: 100000\r\n\r\n`),
    ];
    for (const peer of slow) drip(peer, 'y');
    const honest = startClient();
    for (let index = 0; index < 100; index++) await honest.request(server, post());
    expect(slow.map(({ closed, received }) => [closed, received])).toEqual(slow.map(() => [false, '']));
  });

  test('gives up on a peer that takes nothing of its answer, and destroys the source', async () => {
    let destroyed = false;
    const source = () =>
      new Readable({
        read() {
          this.push(Buffer.alloc(64 * 1024));
        },
        destroy(_error, callback) {
          destroyed = true;
          callback(null);
        },
      });
    const server = await startServer({ limits: { drainMs: 200 }, handler: async () => ({ status: 200, body: source() }) });
    const peer = await new RawPeer(server.address).connected();
    peer.socket.pause();
    await peer.say('GET /v1/status HTTP/1.1\r\nhost: a\r\n\r\n');
    await until(() => destroyed, 'the end of the source');
    expect(server.seen.length).toBe(1);
  });

  test.each([POST, PUT])('is not hurt by requests that break off at any byte, and logs no error: %j', async (start) => {
    const server = await startServer();
    const whole = `${start}content-length: 5\r\n\r\nhello`;
    for (let cut = 0; cut < whole.length; cut++) {
      const peer = await new RawPeer(server.address).say(whole.slice(0, cut));
      if (cut % 2 === 0) peer.socket.destroy();
      else peer.socket.end();
    }
    expect((await startClient().request(server, post())).status).toBe(200);
    expect(server.logged.filter((line) => line.startsWith('a request failed'))).toEqual([]);
  });

  test('serves honest peers while a thousand connections are half open', async () => {
    const server = await startServer();
    const sockets = Array.from({ length: 1_000 }, () => connectTcp(splitAddress(server.address)).on('error', () => undefined));
    onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
    const honest = startClient({ limits: { connectMs: 10_000 } });
    const answered = async (): Promise<number> => {
      // The flood uses up the handshakes of strangers for a moment; a peer tries again.
      for (;;) {
        const status = await honest.request(server, post()).then(
          (answer) => answer.status,
          () => null,
        );
        if (status !== null) return status;
      }
    };
    const statuses: number[] = [];
    for (let index = 0; index < 100; index++) statuses.push(await answered());
    expect(new Set(statuses)).toEqual(new Set([200]));
  });
});

describe('the client', () => {
  test('leaves a source that sends one byte now and then (attack A7)', async () => {
    const peer = await startDripper();
    const call = { method: 'GET', path: BLOB, maxBytes: 1_000_000, headMs: FOREVER, minBytesPerSecond: 1_000, totalMs: FOREVER };
    const { body } = await startClient({ limits: { rateWindowMs: 200 } }).stream(peer, call);
    const error = await rejection(drain(body));
    expect([error.code, error.message]).toEqual(['GOSSIP_E_TIMEOUT', expect.stringContaining('slower than 1000 bytes/s')]);
    await until(() => peer.closed(), 'the end of the connection');
  });

  test('leaves a source that is fast enough but never done', async () => {
    const peer = await startDripper();
    const call = { method: 'GET', path: BLOB, maxBytes: 1_000_000, headMs: FOREVER, minBytesPerSecond: 1, totalMs: 400 };
    const { body } = await startClient({ limits: { rateWindowMs: 100 } }).stream(peer, call);
    expect((await rejection(drain(body))).code).toBe('GOSSIP_E_TIMEOUT');
  });

  test('without the rate and the deadline, it would wait on', async () => {
    const peer = await startDripper();
    const call = { method: 'GET', path: BLOB, maxBytes: 1_000_000, headMs: FOREVER, minBytesPerSecond: 0, totalMs: FOREVER };
    const { body } = await startClient({ limits: { rateWindowMs: 50 } }).stream(peer, call);
    let bytes = 0;
    for await (const part of body) {
      bytes += part.byteLength;
      if (bytes === 30) break;
    }
    expect(bytes).toBe(30);
    await until(() => peer.closed(), 'the end of the connection, as nobody reads on');
  });

  test('an answer nobody reads ends at its deadline', async () => {
    const peer = await startDripper();
    const { status } = await startClient().stream(peer, {
      method: 'GET',
      path: BLOB,
      maxBytes: 1_000_000,
      headMs: FOREVER,
      minBytesPerSecond: 0,
      totalMs: 300,
    });
    await until(() => peer.closed(), 'the end of the connection');
    expect(status).toBe(200);
  });
});

async function drain(body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const part of body) void part;
}

/** A true peer that answers with one byte at a time. */
async function startDripper() {
  const identity = makeIdentity();
  let closed = false;
  const server = createServer({ ...secureOptions(identity), requestCert: true, rejectUnauthorized: false }, (socket) => {
    const timer = setInterval(() => socket.write('y'), 10);
    socket
      .on('error', () => undefined)
      .on('close', () => {
        clearInterval(timer);
        closed = true;
      });
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { id: identity.id, address: formatAddress('127.0.0.1', (server.address() as AddressInfo).port), closed: () => closed };
}
