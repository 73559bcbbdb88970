/** No form of a request that two parsers could read differently gets through, and nothing a peer says forges a header or a log line (attacks C10, C11). */
import { describe, expect, test } from 'vitest';
import { refusalOf } from '../../../src/api/refusal.ts';
import { GossipError } from '../../../src/model/errors.ts';
import { BLOB, checks, EXCHANGE, post, RawPeer, rejection, startClient, startServer, text } from './fixtures.ts';

const POST = `POST ${EXCHANGE} HTTP/1.1\r\nhost: a\r\n`;
const GET = 'GET /v1/status HTTP/1.1\r\nhost: a\r\n';

/** Correct HTTP that no peer of ours sends; `checkHead` refuses it. */
const FOREIGN: readonly (readonly [name: string, request: string, status: number])[] = [
  ['chunked body', `${POST}transfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`, 411],
  ['chunked in odd case', `${POST}Transfer-Encoding: Chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`, 411],
  ['chunked with a trailer', `${POST}transfer-encoding: chunked\r\ntrailer: x\r\n\r\n2\r\nhi\r\n0\r\nx: y\r\n\r\n`, 411],
  ['gzip, chunked', `${POST}transfer-encoding: gzip, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`, 411],
  ['body without a length', `${POST}\r\n`, 411],
  ['no host', 'GET /v1/status HTTP/1.1\r\n\r\n', 400],
  ['absolute form', 'GET https://victim/v1/status HTTP/1.1\r\nhost: a\r\n\r\n', 400],
  ['absolute form without a scheme', 'GET //victim/v1/status HTTP/1.1\r\nhost: a\r\n\r\n', 404],
  ['asterisk form', 'OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n', 400],
  ['query', 'GET /v1/status?x=1 HTTP/1.1\r\nhost: a\r\n\r\n', 400],
  ['percent sign', 'GET /v1/%73tatus HTTP/1.1\r\nhost: a\r\n\r\n', 400],
  ['backslash', 'GET /v1\\status HTTP/1.1\r\nhost: a\r\n\r\n', 400],
  ['fragment', 'GET /v1/status#x HTTP/1.1\r\nhost: a\r\n\r\n', 400],
  ['dot segments', 'GET /v1/../v1/status HTTP/1.1\r\nhost: a\r\n\r\n', 404],
  ['double slash', 'GET /v1//status HTTP/1.1\r\nhost: a\r\n\r\n', 404],
  ['upgrade', `${GET}connection: upgrade\r\nupgrade: websocket\r\n\r\n`, 400],
  ['upgrade to h2c', `${GET}connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n\r\n`, 400],
  ['expect 100', `${POST}content-length: 2\r\nexpect: 100-continue\r\n\r\nhi`, 417],
  ['expect something else', `${POST}content-length: 2\r\nexpect: miracles\r\n\r\nhi`, 417],
  ['HTTP/0.9', 'GET /v1/status\r\n\r\n', 505],
  ['HTTP/1.0', 'GET /v1/status HTTP/1.0\r\nhost: a\r\n\r\n', 505],
  ['a repeated host', `${GET}host: b\r\n\r\n`, 400],
  ['a repeated header of ours', `${POST}content-length: 2\r\ngossip-digest: a\r\nGossip-Digest: b\r\n\r\nhi`, 400],
  ['latin-1 in a header', `${GET}x: caf\xe9\r\n\r\n`, 400],
  ['a C1 control in a header', `${GET}x: a\x9b31mred\r\n\r\n`, 400],
  ['an underscore in a header name', `${GET}content_length: 2\r\n\r\n`, 400],
  ['GET with a body', `${GET}content-length: 2\r\n\r\nhi`, 413],
];

/** Broken HTTP; Node's strict parser refuses it, or the connection ends without an answer. */
const BROKEN: readonly (readonly [name: string, request: string])[] = [
  ['length and transfer-encoding', `${POST}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['transfer-encoding and length', `${POST}transfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n0\r\n\r\n`],
  ['two lengths', `${POST}content-length: 2\r\ncontent-length: 3\r\n\r\nhi`],
  ['two equal lengths', `${POST}content-length: 2\r\ncontent-length: 2\r\n\r\nhi`],
  ['a list of lengths', `${POST}content-length: 2, 2\r\n\r\nhi`],
  ['a signed length', `${POST}content-length: +2\r\n\r\nhi`],
  ['a negative length', `${POST}content-length: -2\r\n\r\nhi`],
  ['a hexadecimal length', `${POST}content-length: 0x2\r\n\r\nhi`],
  ['an enormous length', `${POST}content-length: 99999999999999999999\r\n\r\nhi`],
  ['space before the colon', `${POST}content-length : 2\r\n\r\nhi`],
  ['a folded header', `${POST}content-length: 2\r\nx: a\r\n b\r\n\r\nhi`],
  ['bare line feeds', 'GET /v1/status HTTP/1.1\nhost: a\n\n'],
  ['bare carriage return in a value', `${GET}x: a\rb: c\r\n\r\n`],
  ['NUL in a value', `${GET}x: a\0b\r\n\r\n`],
  ['escape in a value', `${GET}x: a\x1b[31mred\r\n\r\n`],
  ['DEL in a value', `${GET}x: a\x7fb\r\n\r\n`],
  ['an unknown coding', `${POST}transfer-encoding: xchunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`],
  ['chunked not last', `${POST}transfer-encoding: chunked, gzip\r\n\r\n2\r\nhi\r\n0\r\n\r\n`],
  ['transfer-encoding with a vertical tab', `${POST}transfer-encoding: \vchunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`],
  ['CONNECT', 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nhost: a\r\n\r\n'],
  ['HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['an unknown method', 'GOSSIP /v1/status HTTP/1.1\r\nhost: a\r\n\r\n'],
  ['spaces in the path', 'GET /v1/status x HTTP/1.1\r\nhost: a\r\n\r\n'],
  ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
];

describe('refused with a coded answer', () => {
  test.each(FOREIGN)('%s', async (_name, request, status) => {
    const server = await startServer();
    const peer = await new RawPeer(server.address).say(Buffer.from(request, 'latin1'));
    expect([await peer.statuses(), server.seen.length]).toEqual([[status], 0]);
    expect(peer.received).toMatch(/\{"code":"GOSSIP_E_[A-Z_]+","message":"[^"]+"\}/);
  });
});

describe('refused by the parser', () => {
  test.each(BROKEN)('%s', async (_name, request) => {
    const server = await startServer();
    const peer = await new RawPeer(server.address).say(Buffer.from(request, 'latin1'));
    await peer.end();
    const statuses = await peer.statuses();
    expect([statuses.every((status) => status === 400), statuses.length <= 1, server.seen.length]).toEqual([true, true, 0]);
  });
});

test('without the check of the head, the foreign forms do get through', async () => {
  const server = await startServer({}, checks({ head: () => undefined }));
  const peer = await new RawPeer(server.address).say(`${POST}transfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`);
  expect(await peer.statuses()).toEqual([200]);
  const two = await new RawPeer(server.address).say(`${POST}content-length: 2\r\ngossip-digest: a\r\nGossip-Digest: b\r\n\r\nhi`);
  expect([await two.statuses(), server.seen[1]?.headers.get('gossip-digest')]).toEqual([[200], 'a, b']);
});

test('a request hidden behind a refused body is never looked at', async () => {
  const server = await startServer();
  const hidden = `${GET}\r\n`;
  const peer = await new RawPeer(server.address).say(`${POST}transfer-encoding: chunked\r\n\r\n0\r\n\r\n${hidden}${hidden}`);
  await peer.statuses();
  expect(server.seen.filter(({ method }) => method === 'POST')).toEqual([]);
  const large = await new RawPeer(server.address).say(`${POST}content-length: 2000000\r\n\r\n${hidden}`);
  expect([(await large.end()).received.match(/HTTP\/1\.1/g), server.seen.every(({ path }) => path === '/v1/status')]).toEqual([
    ['HTTP/1.1'],
    true,
  ]);
});

test.each(['NONSENSE\r\n\r\n', 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nhost: a\r\n\r\n'])(
  '%j after a request under way forges no answer to it',
  async (after) => {
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    const server = await startServer({ handler: async () => (await answered, { status: 200, body: Buffer.from('real') }) });
    const peer = await new RawPeer(server.address).say(`${POST}content-length: 2\r\n\r\nhi${after}`);
    await peer.end();
    answer();
    expect(peer.received).toBe('');
  },
);

test('an answer given before the body was read is the last one', async () => {
  const server = await startServer({ handler: async () => ({ status: 204 }) });
  const put = `PUT ${BLOB} HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n`;
  const peer = await new RawPeer(server.address).say(`${put}${GET}\r\n`);
  await peer.end();
  expect([await peer.statuses(), server.seen.length, peer.received]).toEqual([[204], 1, expect.not.stringContaining('content-length')]);
  expect((await startClient().request(server, { ...post(Buffer.alloc(1_000_000)), method: 'PUT', path: BLOB })).status).toBe(204);
});

test('no more than four requests are under way on one connection', async () => {
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  const server = await startServer({ handler: async () => (await answered, { status: 200 }) });
  const peer = await new RawPeer(server.address).say(`${GET}\r\n`.repeat(5));
  await peer.end();
  answer();
  expect(server.seen.length).toBe(4);
});

describe('strings of peers', () => {
  const HOSTILE = ['a\r\nx: injected', 'a\nb', 'a\0b', '\x1b[31m', 'a\x7f'];

  test.each(HOSTILE)('%j cannot be sent as a header or a path', async (hostile) => {
    const server = await startServer();
    const client = startClient();
    expect((await rejection(client.request(server, { ...post(), headers: { 'x-name': hostile } }))).code).toBe('GOSSIP_E_REQUEST');
    expect((await rejection(client.request(server, { ...post(), path: `/v1/${hostile}` }))).code).toBe('GOSSIP_E_REQUEST');
    expect(server.seen).toEqual([]);
  });

  test.each(HOSTILE)('%j cannot be answered as a header', async (hostile) => {
    const server = await startServer({ handler: async () => ({ status: 200, headers: { 'x-name': hostile } }) });
    const answer = await startClient().request(server, post());
    expect([answer.status, answer.headers.get('x'), text(answer.body).includes('INTERNAL')]).toEqual([500, undefined, true]);
  });

  test('are harmless in logs and refusals', () => {
    expect(refusalOf(new GossipError('GOSSIP_E_REQUEST', 'a\r\nb\x1b[31m\x9b\u202e\u2028é')).message).toBe(
      'a\\u000d\\u000ab\\u001b[31m\\u009b\\u202e\\u2028é',
    );
    expect(refusalOf(new GossipError('GOSSIP_E_REQUEST', 'x'.repeat(10_000))).message).toMatch(/^x{500}…$/);
  });
});
