/** The client: kept connections, whole and streamed answers, and one coded error for each way a call can fail. */
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { formatAddress } from '../../../src/model/address.ts';
import { secureOptions } from '../../../src/core/transport/tls.ts';
import { freePorts } from '../../../src/lab/ports.ts';
import { makeIdentity } from '../../../src/trust/identity.ts';
import type { Address } from '../../../src/model/names.ts';
import { BLOB, post, rejection, startClient, startServer, text, until } from './fixtures.ts';

const get = (path = BLOB) => ({
  method: 'GET',
  path,
  maxBytes: 1024 * 1024,
  headMs: 10_000,
  timeoutMs: 10_000,
  minBytesPerSecond: 1_000,
  totalMs: 10_000,
});

describe('answers', () => {
  test('come back with status, headers and body, whatever the status', async () => {
    const server = await startServer({
      handler: async () => ({ status: 409, headers: { 'gossip-digest': 'abc' }, body: Buffer.from('mismatch') }),
    });
    const answer = await startClient().request(server, post());
    expect([answer.status, answer.headers.get('gossip-digest'), text(answer.body)]).toEqual([409, 'abc', 'mismatch']);
  });

  test('come over IPv6 as well', async () => {
    const server = await startServer({ host: '::1' });
    const answer = await startClient().request(server, post('hello'));
    expect([server.address.startsWith('[::1]:'), text(answer.body), server.seen[0]?.remoteAddress]).toEqual([true, 'hello', '::1']);
  });

  test('redirections are answers like any other: nothing is followed (attack B9)', async () => {
    const victim = await startServer();
    const server = await startServer({
      handler: async () => ({ status: 307, headers: { location: `https://${victim.address}/v1/status` } }),
    });
    expect([(await startClient().request(server, post())).status, victim.seen.length]).toEqual([307, 0]);
  });

  test('thousands of requests share a few connections', async () => {
    const server = await startServer();
    const client = startClient();
    let answered = 0;
    const ask = async (): Promise<void> => {
      for (let index = 0; index < 500; index++) {
        const body = `message ${index}`;
        if (text((await client.request(server, post(body))).body) === body) answered += 1;
      }
    };
    await Promise.all(Array.from({ length: 8 }, ask));
    expect([answered, server.seen.length]).toEqual([4_000, 4_000]);
  });

  test('many peers are called in turn, with the connections of a few kept', async () => {
    const servers = await Promise.all(Array.from({ length: 6 }, () => startServer()));
    const client = startClient({ limits: { maxPeers: 2 } });
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all(servers.map((server) => client.request(server, post())));
      expect(answers.map(({ status }) => status)).toEqual(servers.map(() => 200));
    }
  });

  test('a stream arrives as it is sent, and ends', async () => {
    const server = await startServer({ handler: async () => ({ status: 206, body: Buffer.alloc(300_000, 7) }) });
    const { status, body } = await startClient().stream(server, get());
    expect([status, await lengthOf(body)]).toEqual([206, 300_000]);
  });
});

describe('calls that fail', () => {
  test('nobody listens: GOSSIP_E_NOT_LISTENING', async () => {
    const [port] = await freePorts(1);
    const nobody = { id: makeIdentity().id, address: formatAddress('127.0.0.1', port as number) };
    expect((await rejection(startClient().request(nobody, post()))).code).toBe('GOSSIP_E_NOT_LISTENING');
  });

  test('the peer hangs up during the handshake: GOSSIP_E_UNREACHABLE', async () => {
    const address = await startTcp((socket) => void socket.once('data', () => socket.destroy()));
    expect((await rejection(startClient().request({ id: makeIdentity().id, address }, post()))).code).toBe('GOSSIP_E_UNREACHABLE');
  });

  test('the peer never finishes the handshake: GOSSIP_E_TIMEOUT', async () => {
    const address = await startTcp(() => undefined);
    const client = startClient({ limits: { connectMs: 100 } });
    expect((await rejection(client.request({ id: makeIdentity().id, address }, post()))).code).toBe('GOSSIP_E_TIMEOUT');
  });

  test('the peer does not answer in time: GOSSIP_E_TIMEOUT, and the server hears of it when nobody waits for the late answer any more', async () => {
    let aborted = false;
    const server = await startServer({
      handler: ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            reject(signal.reason as Error);
          });
        }),
    });
    const client = startClient({ limits: { lateAnswerMs: 300 } });
    const error = await rejection(client.request(server, { ...post(), timeoutMs: 100 }));
    expect([error.code, aborted]).toEqual(['GOSSIP_E_TIMEOUT', false]);
    await until(() => aborted, 'the abort');
  });

  test('the peer says that its answer takes a while: it may be silent for longer', async () => {
    let answer = (): void => undefined;
    const server = await startServer({
      handler: ({ processing }) => {
        processing();
        return new Promise((resolve) => (answer = () => resolve({ status: 204 })));
      },
    });
    const client = startClient();
    const waiting = client.stream(server, { ...get(), headMs: 1_000, onProcessing: () => 60_000 });
    await until(() => server.seen.length > 0, 'the question');
    const [answerFirst] = [answer];
    expect((await rejection(startClient().stream(server, { ...get(), headMs: 1_500 }))).code).toBe('GOSSIP_E_TIMEOUT');
    answerFirst();
    expect((await waiting).status).toBe(204);
  });

  test('the peer says so again and again: it is believed once', async () => {
    const server = await startServer({
      handler: ({ processing, signal }) =>
        new Promise((_resolve, reject) => {
          const again = setInterval(processing, 20);
          signal.addEventListener('abort', () => {
            clearInterval(again);
            reject(signal.reason as Error);
          });
        }),
    });
    let asked = 0;
    const call = { ...get(), headMs: 1_000, onProcessing: () => ((asked += 1), 200) };
    expect((await rejection(startClient().stream(server, call))).code).toBe('GOSSIP_E_TIMEOUT');
    expect(asked).toBe(1);
  });

  test('the answer is late: the call is over, and its connection serves the next one', async () => {
    let answer = (): void => undefined;
    let wasGivenUp = (): boolean => true;
    const server = await startServer({
      handler: ({ path, signal }) => {
        if (path === BLOB) return Promise.resolve({ status: 204 });
        wasGivenUp = () => signal.aborted;
        return new Promise((resolve) => (answer = () => resolve({ status: 204 })));
      },
    });
    const client = startClient({ limits: { maxConnectionsPerPeer: 1 } });
    expect((await rejection(client.request(server, { ...post(), timeoutMs: 100 }))).code).toBe('GOSSIP_E_TIMEOUT');
    // Longer on its way than the end of a connection would be.
    expect((await startClient().request(server, get())).status).toBe(204);
    expect(wasGivenUp()).toBe(false);
    const next = client.request(server, get());
    answer();
    expect((await next).status).toBe(204);
    expect(client.kept).toBe(1);
  });

  test('an answer that is late is given to whoever wants it all the same', async () => {
    const answer = Promise.withResolvers<void>();
    const server = await startServer({ handler: async () => (await answer.promise, { status: 200, body: Buffer.from('late') }) });
    const late = Promise.withResolvers<string>();
    const client = startClient();
    const call = {
      ...post(),
      headMs: 2_000,
      timeoutMs: 1_000,
      onLate: ({ body }: { readonly body: Uint8Array }) => late.resolve(Buffer.from(body).toString()),
    };
    expect((await rejection(client.request(server, call))).code).toBe('GOSSIP_E_TIMEOUT');
    answer.resolve();
    expect(await late.promise).toBe('late');
  });

  test('the caller gives up: the call ends at once', async () => {
    const server = await startServer({ handler: () => new Promise(() => undefined) });
    const giveUp = new AbortController();
    const call = rejection(startClient().request(server, { ...post(), timeoutMs: 600_000, signal: giveUp.signal }));
    await until(() => server.seen.length === 1, 'the request');
    giveUp.abort();
    expect((await call).code).toBe('GOSSIP_E_TIMEOUT');
    expect((await rejection(startClient().request(server, { ...post(), signal: giveUp.signal }))).code).toBe('GOSSIP_E_TIMEOUT');
  });

  test('the answer breaks off: GOSSIP_E_UNREACHABLE', async () => {
    const peer = await startTalker('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf', 'end');
    expect((await rejection(startClient().request(peer, post()))).code).toBe('GOSSIP_E_UNREACHABLE');
  });

  test.each([
    ['not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ['a header with a control character', 'HTTP/1.1 200 OK\r\nx: a\x1b[31m\r\ncontent-length: 0\r\n\r\n'],
    ['a header in Latin-1', 'HTTP/1.1 200 OK\r\nx: a\x9b31m\r\ncontent-length: 0\r\n\r\n'],
    ['length and transfer-encoding', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
  ])('the answer is %s: GOSSIP_E_REQUEST', async (_name, bytes) => {
    const peer = await startTalker(bytes, 'keep');
    expect((await rejection(startClient().request(peer, post()))).code).toBe('GOSSIP_E_REQUEST');
  });

  test('a wrong address: GOSSIP_E_ADDRESS, and no connection (attack B9)', async () => {
    const server = await startServer();
    const client = startClient({ addresses: { allowLoopback: false } });
    expect((await rejection(client.request(server, post()))).code).toBe('GOSSIP_E_ADDRESS');
    expect((await rejection(client.request({ ...server, address: '169.254.169.254:80' as Address }, post()))).code).toBe(
      'GOSSIP_E_ADDRESS',
    );
    expect(server.seen).toEqual([]);
  });

  test('after close: GOSSIP_E_STOPPING, also for calls under way', async () => {
    const server = await startServer({ handler: () => new Promise(() => undefined) });
    const client = startClient();
    const call = rejection(client.request(server, post()));
    await until(() => server.seen.length === 1, 'the request');
    await client.close();
    expect([(await call).code, (await rejection(client.request(server, post()))).code]).toEqual(['GOSSIP_E_STOPPING', 'GOSSIP_E_STOPPING']);
  });

  test('one broken call does not spoil the next', async () => {
    let calls = 0;
    const server = await startServer({
      handler: async () => {
        calls += 1;
        if (calls === 1) throw new Error('secret /var/lib/path');
        return { status: 200 };
      },
    });
    const client = startClient();
    const broken = await client.request(server, post());
    expect([broken.status, text(broken.body)]).toEqual([
      500,
      '{"code":"GOSSIP_E_INTERNAL","message":"the node could not answer; its log says why"}',
    ]);
    expect((await client.request(server, post())).status).toBe(200);
    expect(server.logged.some((line) => line.startsWith('a request failed'))).toBe(true);
  });
});

describe('answers that are too large (attack A6)', () => {
  const answering = (bytes: number) => startServer({ handler: async () => ({ status: 200, body: Buffer.alloc(bytes) }) });
  const endless = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';

  test('at the cap they are taken, one byte more is refused', async () => {
    const [full, over] = [await answering(1_000), await answering(1_001)];
    const client = startClient();
    const call = { ...get(), maxBytes: 1_000 };
    expect((await client.request(full, call)).body.byteLength).toBe(1_000);
    expect(await lengthOf((await client.stream(full, call)).body)).toBe(1_000);
    expect((await rejection(client.request(over, call))).code).toBe('GOSSIP_E_TOO_LARGE');
    expect((await rejection(client.stream(over, call))).code).toBe('GOSSIP_E_TOO_LARGE');
  });

  test('a peer that never stops sending is cut off near the cap', async () => {
    let sent = 0;
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    const peer = await startTalker(endless, 'keep', (socket) => {
      const pump = () => {
        for (let flows = true; flows && !socket.destroyed; sent += chunk.length) flows = socket.write(chunk);
        socket.once('drain', pump);
      };
      pump();
    });
    const client = startClient();
    // Read as it comes, and by its pace.
    for (const call of [post(), get()]) {
      expect((await rejection(client.request(peer, { ...call, maxBytes: 100_000 }))).code).toBe('GOSSIP_E_TOO_LARGE');
    }
    const { body } = await client.stream(peer, { ...get(), maxBytes: 100_000 });
    expect((await rejection(lengthOf(body))).code).toBe('GOSSIP_E_TOO_LARGE');
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  test('headers beyond 16 KiB are refused', async () => {
    const peer = await startTalker(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}\r\ncontent-length: 0\r\n\r\n`, 'keep');
    expect((await rejection(startClient().request(peer, post()))).code).toBe('GOSSIP_E_TOO_LARGE');
  });
});

async function lengthOf(body: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const part of body) bytes += part.byteLength;
  return bytes;
}

/** A peer with a true identity that answers every request with these bytes. */
async function startTalker(bytes: string, then: 'end' | 'keep', also?: (socket: Socket) => void) {
  const identity = makeIdentity();
  const server = createTlsServer({ ...secureOptions(identity), requestCert: true, rejectUnauthorized: false }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(Buffer.from(bytes, 'latin1'));
      if (then === 'end') socket.end();
      also?.(socket);
    });
  });
  server.on('tlsClientError', () => undefined);
  return { id: identity.id, address: await listening(server) };
}

function startTcp(onConnection: (socket: Socket) => void): Promise<Address> {
  return listening(
    createServer((socket) => {
      socket.on('error', () => undefined);
      onConnection(socket);
    }),
  );
}

async function listening(server: ReturnType<typeof createServer>): Promise<Address> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => void sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return formatAddress('127.0.0.1', (server.address() as AddressInfo).port);
}
