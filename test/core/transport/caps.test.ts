/** Nothing longer than its cap is taken in (attack C6). */
import { describe, expect, test } from 'vitest';
import type { PeerClient } from '../../../src/core/transport/client/client.ts';
import { SERVER_LIMITS } from '../../../src/core/transport/limits.ts';
import type { ServerLimits } from '../../../src/core/transport/limits.ts';
import { MAX_CONFIGURATION_BYTES, ROUTES } from '../../../src/api/routes.ts';
import type { RouteTable } from '../../../src/api/routes.ts';
import { MARK_BYTES } from '../../../src/sdk/carried.ts';
import { MAX_MESSAGE_BYTES } from '../../../src/sdk/limits.ts';
import { makeIdentity } from '../../../src/trust/identity.ts';
import { BLOB, checks, EXCHANGE, post, RawPeer, startClient, startServer, text, until } from './fixtures.ts';

const BODIES = [
  { what: 'an exchange', method: 'POST', path: EXCHANGE, max: MAX_MESSAGE_BYTES + MARK_BYTES },
  { what: 'a configuration', method: 'POST', path: '/v1/configuration', max: MAX_CONFIGURATION_BYTES },
  { what: 'a hello', method: 'POST', path: '/v1/hello', max: 32 * 1024 },
  { what: 'a deployment', method: 'POST', path: '/v1/deployments', max: 2 * 1024 * 1024 },
  { what: 'a blob', method: 'PUT', path: BLOB, max: 64 * 1024 * 1024 },
];

describe.each(BODIES)('the body of $what', ({ method, path, max }) => {
  test(`may have ${max} bytes`, async () => {
    const server = await startServer({
      handler: async ({ body, stream }) => ({ status: 200, body: Buffer.from(String(await lengthOf(body, stream))) }),
    });
    const answer = await startClient().request(server, { ...post(Buffer.alloc(max)), method, path });
    expect([answer.status, text(answer.body)]).toEqual([200, String(max)]);
  });

  test(`is refused with ${max + 1}, before a byte of it is kept`, async () => {
    const server = await startServer();
    const peer = await new RawPeer(server.address).say(
      `${method} ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: ${max + 1}\r\n\r\nfirst bytes`,
    );
    expect([await peer.statuses(), server.seen.length]).toEqual([[413], 0]);
    expect(peer.received).toContain('"code":"GOSSIP_E_TOO_LARGE"');
    expect((await peer.end()).closed).toBe(true);
  });
});

test('without its cap, a route takes in whatever it is sent', async () => {
  const uncapped = Object.entries(ROUTES).map(([name, route]) => [name, { ...route, maxBodyBytes: Infinity }]);
  const routes = Object.fromEntries(uncapped) as RouteTable;
  const server = await startServer({}, checks({ routes }));
  const answer = await startClient().request(server, post(Buffer.alloc(1024 * 1024 + 1)));
  expect([answer.status, server.seen[0]?.body.byteLength]).toEqual([200, 1024 * 1024 + 1]);
});

test('a refusal reaches a client that has already sent its whole body', async () => {
  const server = await startServer();
  const client = startClient({ limits: { connectMs: 60_000 } });
  const request = { ...post(Buffer.alloc(3 * 1024 * 1024)), timeoutMs: 60_000 };
  const answers = await Promise.all(Array.from({ length: 8 }, () => client.request(server, request)));
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 413));
});

test.each([
  ['a body that is too long', 413, `POST ${EXCHANGE} HTTP/1.1\r\nhost: a\r\ncontent-length: 3000000\r\n\r\n`],
  ['headers that are too long', 431, `POST ${EXCHANGE} HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(9_000)}`],
])('a refusal of %s reaches a client that reads nothing before it has sent everything', async (_, status, head) => {
  const server = await startServer();
  const peer = await new RawPeer(server.address).connected();
  peer.socket.pause();
  for (const part of [head, ...Array.from({ length: 15 }, () => 'y'.repeat(200_000))])
    await new Promise((sent) => peer.socket.write(part, sent));
  peer.socket.resume();
  expect(await peer.statuses()).toEqual([status]);
  await peer.end();
});

test('headers may have 8,192 bytes with the path; one more is answered 431', async () => {
  const server = await startServer();
  const head = (bytes: number) => `GET /v1/status HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(bytes - '/v1/statushostax'.length)}\r\n\r\n`;
  const full = await new RawPeer(server.address).say(head(SERVER_LIMITS.maxHeaderBytes));
  const over = await new RawPeer(server.address).say(head(SERVER_LIMITS.maxHeaderBytes + 1));
  expect([await full.statuses(), await over.statuses()]).toEqual([[200], [431]]);
  expect((await over.end()).received).toContain('"code":"GOSSIP_E_TOO_LARGE"');
});

test('without its cap, headers of 16,000 bytes are taken in', async () => {
  const server = await startServer({ limits: { maxHeaderBytes: 64 * 1024 } });
  const peer = await new RawPeer(server.address).say(`GET /v1/status HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(16_000)}\r\n\r\n`);
  expect(await peer.statuses()).toEqual([200]);
});

test('bodies of all peers together are bounded: what is over is told to come again', async () => {
  const server = await startServer({ limits: { maxBufferedBytes: 1_000 } });
  const slow = await new RawPeer(server.address).say(`POST ${EXCHANGE} HTTP/1.1\r\nhost: a\r\ncontent-length: 900\r\n\r\n`);
  const client = startClient();
  const answer = await client.request(server, post(Buffer.alloc(200)));
  slow.socket.write(Buffer.alloc(900, 0x61));
  await slow.statuses();
  const later = await client.request(server, post(Buffer.alloc(200)));
  expect([answer.status, text(answer.body).includes('GOSSIP_E_BUSY'), later.status]).toEqual([503, true, 200]);
});

test('a body counts until the handler is done with it', async () => {
  const { promise: worked, resolve: done } = Promise.withResolvers<void>();
  const server = await startServer({ limits: { maxBufferedBytes: 1_000 }, handler: async () => (await worked, { status: 200 }) });
  const client = startClient();
  const first = client.request(server, post(Buffer.alloc(900)));
  await until(() => server.seen.length === 1, 'the first request');
  expect((await client.request(server, post(Buffer.alloc(200)))).status).toBe(503);
  done();
  expect((await first).status).toBe(200);
});

/** One id announces four bodies of a third of the memory each, and sends none of them. Then somebody else asks. */
async function announceMuch(limits: Partial<ServerLimits>): Promise<number> {
  const server = await startServer({ limits: { maxBufferedBytes: 3_000, ...limits } });
  const identity = makeIdentity();
  const greedy = Array.from({ length: 4 }, () => new RawPeer(server.address, identity));
  const head = `POST ${EXCHANGE} HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n`;
  const answers = Promise.all(greedy.map(async (peer) => (await peer.say(head)).statuses()));
  await until(() => greedy.some(({ received }) => received.includes('GOSSIP_E_BUSY')), 'one body too many');
  const { status } = await startClient().request(server, post(Buffer.alloc(500)));
  for (const { socket } of greedy) socket.destroy();
  await answers;
  return status;
}

test('one id that announces more than its share leaves memory to the others', async () => {
  expect(await announceMuch({ maxBufferedBytesPerId: 2_000 })).toBe(200);
});

test('without a share for each id, one that announces much makes everybody else wait', async () => {
  expect(await announceMuch({ maxBufferedBytesPerId: Infinity })).toBe(503);
});

/** How a member's and a stranger's 30 requests are answered. */
async function askOften(limits: Partial<ServerLimits>): Promise<{ member: number; stranger: number }> {
  const identity = makeIdentity();
  const slow = { strangerRequestsPerSecond: 0.001, strangerRequestBurst: SERVER_LIMITS.strangerRequestBurst };
  const server = await startServer({ isKnown: (id) => id === identity.id, limits: { ...slow, ...limits } });
  const served = async (client: PeerClient) => {
    let times = 0;
    for (let index = 0; index < 30; index++) times += (await client.request(server, post())).status === 200 ? 1 : 0;
    return times;
  };
  return { member: await served(startClient({ identity })), stranger: await served(startClient()) };
}

test('a stranger may ask far less often than a member', async () => {
  expect(await askOften({})).toEqual({ member: 30, stranger: 20 });
});

test("with a member's allowance, a stranger costs as many checks of signatures as it likes", async () => {
  expect(await askOften({ strangerRequestBurst: SERVER_LIMITS.requestBurst })).toEqual({ member: 30, stranger: 30 });
});

test('one id that asks too often is told so; others are served', async () => {
  const server = await startServer({ isKnown: () => true, limits: { requestsPerSecond: 0.001, requestBurst: 3 } });
  const eager = startClient();
  const statuses: number[] = [];
  for (let index = 0; index < 5; index++) statuses.push((await eager.request(server, post())).status);
  expect(statuses).toEqual([200, 200, 200, 429, 429]);
  expect((await startClient().request(server, post())).status).toBe(200);
});

async function lengthOf(body: Uint8Array, stream: AsyncIterable<Uint8Array> | null): Promise<number> {
  let bytes = body.byteLength;
  for await (const part of stream ?? []) bytes += part.byteLength;
  return bytes;
}
