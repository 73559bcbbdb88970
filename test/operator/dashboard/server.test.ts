/** The server of the dashboard: who gets in and who does not, what it says, and that nobody holds it up. */
import { request } from 'node:http';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { GossipError } from '../../../src/model/errors.ts';
import { Board } from '../../../src/operator/dashboard/board.ts';
import { startServer } from '../../../src/operator/dashboard/server.ts';
import type { Answers, RunningServer } from '../../../src/operator/dashboard/server.ts';
import { Streams } from '../../../src/operator/dashboard/streams.ts';
import type { Told } from '../../../src/dashboard/wire.ts';

/** Until it is so; never is an error. */
function eventually(holds: () => boolean): Promise<void> {
  return vi.waitFor(() => expect(holds()).toBe(true), { timeout: 60_000 });
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const board = new Board();
const streams: Streams[] = [];
const servers: RunningServer[] = [];
const ending = new AbortController();
afterEach(async () => {
  for (const server of servers.splice(0)) await server.end();
  streams.splice(0);
});

async function serve(answers: Answers = {}): Promise<{ readonly server: RunningServer; readonly streams: Streams }> {
  const own = new Streams(board);
  const files = new Map([['', { type: 'text/html; charset=utf-8', bytes: Buffer.from('<!doctype html>the page') }]]);
  const server = await startServer({ port: 0, files, streams: own, answers });
  servers.push(server);
  streams.push(own);
  return { server, streams: own };
}

function ask(port: number, path: string, headers: OutgoingHttpHeaders = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers, agent: false, signal: ending.signal }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (body += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** What a browser has once it has opened the address. */
async function enter({ port, address }: RunningServer): Promise<{ readonly base: string; readonly cookie: string }> {
  const { status, headers, body } = await ask(port, new URL(address).pathname);
  expect(status).toBe(200);
  const [cookie = ''] = headers['set-cookie'] ?? [];
  expect(cookie).toMatch(/^gossip-dashboard=[\w-]{43}; Path=\/[\w-]{43}\/; HttpOnly; SameSite=Strict$/);
  const base = /Path=([^;]+);/.exec(cookie)?.[1] ?? '';
  expect(body).toContain(`url=${base}"`);
  return { base, cookie: cookie.split(';')[0] ?? '' };
}

it('lets in whoever opens its address first, and nobody after him', async () => {
  const { server } = await serve();
  expect(server.address).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:${server.port}/open/[\\w-]{43}$`));
  const { base, cookie } = await enter(server);
  expect(await ask(server.port, base, { cookie })).toMatchObject({ status: 200, body: '<!doctype html>the page' });
  const again = await ask(server.port, new URL(server.address).pathname);
  expect([again.status, again.headers['set-cookie'], again.body]).toEqual([403, undefined, expect.stringContaining('works once')]);
  expect(await ask(server.port, base, { cookie })).toMatchObject({ status: 200 });
});

it('refuses everything else, and a refusal uses the address up for nobody', async () => {
  const { server } = await serve();
  const { port } = server;
  const opens = new URL(server.address).pathname;
  const own = `http://127.0.0.1:${port}`;
  const strangers = [
    await ask(port, '/'),
    await ask(port, '/open/'),
    await ask(port, `${opens}x`),
    await ask(port, opens.toLowerCase()),
    await ask(port, opens, {}, 'POST'),
    await ask(port, opens, {}, 'HEAD'),
    await ask(port, opens, {}, 'OPTIONS'),
    await ask(port, opens, { host: `localhost:${port}` }),
    await ask(port, opens, { host: `evil.example:${port}` }),
    await ask(port, opens, { host: '127.0.0.1' }),
    await ask(port, opens, { origin: 'https://evil.example' }),
    await ask(port, opens, { origin: 'null' }),
    await ask(port, `http://evil.example${opens}`),
    await ask(port, `//evil.example${opens}`),
  ];
  expect(strangers.map(({ status }) => status)).toEqual(strangers.map(() => 403));

  const { base, cookie } = await enter(server);
  const session = [
    await ask(port, base),
    await ask(port, base, { cookie: `${cookie}x` }),
    await ask(port, base, { cookie: `other=1; gossip-dashboard=` }),
    await ask(port, '/', { cookie }),
    await ask(port, `${base}../page`, { cookie }),
    await ask(port, `${base}api/stream`, { cookie, origin: 'http://127.0.0.1:1' }),
    await ask(port, base, { cookie, 'sec-fetch-site': 'same-site' }),
    await ask(port, base, { cookie, 'sec-fetch-site': 'cross-site' }),
    await ask(port, base, { cookie }, 'DELETE'),
    await ask(port, `${base}?${'x'.repeat(5_000)}`, { cookie }),
  ];
  expect(session.map(({ status }) => status)).toEqual(session.map(() => 403));
  // Of what is not there the session's own browser is told that, and nobody else.
  const absent = (headers: Readonly<Record<string, string>>) =>
    Promise.all(['nothing', 'api/constructor', 'api/'].map(async (path) => (await ask(port, `${base}${path}`, headers)).status));
  expect([await absent({ cookie }), await absent({})]).toEqual([
    [404, 404, 404],
    [403, 403, 403],
  ]);
  expect(await ask(port, base, { cookie, origin: own, 'sec-fetch-site': 'same-origin' })).toMatchObject({ status: 200 });
});

it('says with every answer what a browser may do with it', async () => {
  const { server } = await serve();
  const { base, cookie } = await enter(server);
  for (const answer of [await ask(server.port, base, { cookie }), await ask(server.port, '/')]) {
    const policy = answer.headers['content-security-policy'];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(answer.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    });
  }
});

it('answers what it is asked, says what cannot be told, and asks for few at a time', async () => {
  const held: PromiseWithResolvers<unknown> = Promise.withResolvers();
  const { server } = await serve({
    node: async (query) => ({ id: query.get('id') }),
    diff: () => Promise.reject(new GossipError('GOSSIP_E_DEPLOYMENT_UNKNOWN', "there is no deployment '<b>'")),
    inspect: () => held.promise,
  });
  const { base, cookie } = await enter(server);
  const get = (path: string): Promise<Answer> => ask(server.port, `${base}api/${path}`, { cookie });
  expect(await get('node?id=%3Cb%3E')).toMatchObject({
    status: 200,
    body: '{"id":"<b>"}',
    headers: { 'content-type': 'application/json' },
  });
  const refused = await get('diff?before=d1');
  expect([refused.status, JSON.parse(refused.body)]).toEqual([
    502,
    { error: { code: 'GOSSIP_E_DEPLOYMENT_UNKNOWN', message: "there is no deployment '<b>'" } },
  ]);
  const asked = Array.from({ length: 5 }, () => get('inspect'));
  expect(await Promise.race(asked)).toMatchObject({ status: 503 });
  held.resolve({ lines: [] });
  expect((await Promise.all(asked)).map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 200, 200, 200, 503]);
});

interface Following {
  readonly status: number;
  readonly told: Told[];
  readonly end: () => void;
}

function follow(port: number, path: string, cookie: string): Promise<Following> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, headers: { cookie }, agent: false }, (response) => {
      const told: Told[] = [];
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
        const messages = text.split('\n\n');
        text = messages.pop() ?? '';
        for (const message of messages) if (message.startsWith('data: ')) told.push(JSON.parse(message.slice(6)) as Told);
      });
      response.on('error', () => undefined);
      resolve({ status: response.statusCode ?? 0, told, end: () => void response.destroy() });
    });
    asked.on('error', reject);
    asked.end();
  });
}

it('tells all there is, then what changes, to a bounded number of pages', async () => {
  const { server, streams: own } = await serve();
  const { base, cookie } = await enter(server);
  board.set('cluster', { name: 'one\u202e' });
  const path = `${base}api/stream`;
  const pages = [];
  for (let opened = 0; opened < 4; opened += 1) pages.push(await follow(server.port, path, cookie));
  const [first] = pages;
  await eventually(() => (first?.told.length ?? 0) > 0);
  expect(first?.told[0]).toMatchObject({ whole: true, entries: expect.arrayContaining([['cluster', { name: 'one\\u202e' }]]) });
  board.set('problems', []);
  board.delete('cluster');
  own.changed();
  await eventually(() => (first?.told.length ?? 0) > 1);
  expect(first?.told[1]).toEqual({
    whole: false,
    entries: [
      ['cluster', null],
      ['problems', []],
    ],
  });
  expect((await ask(server.port, path, { cookie })).status).toBe(503);
  first?.end();
  await eventually(() => own.hasRoom);
  const another = await follow(server.port, path, cookie);
  expect(another.status).toBe(200);
  for (const page of [...pages, another]) page.end();
});

it('keeps nothing for a page that does not read, and ends without it', async () => {
  const { server, streams: own } = await serve();
  const { base, cookie } = await enter(server);
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.pause();
  socket.write(`GET ${base}api/stream HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\ncookie: ${cookie}\r\n\r\n`);
  await eventually(() => own.size === 1);
  const swift = await follow(server.port, `${base}api/stream`, cookie);
  const long = 'x'.repeat(4_000);
  let most = 0;
  // A megabyte each time: many times what the system keeps for a connection.
  for (let round = 1; round <= 8; round += 1) {
    for (let node = 0; node < 250; node += 1) board.set(`node ${node}`, { long, round });
    own.changed();
    await eventually(() => (swift.told.at(-1)?.entries.at(-1)?.[1] as { round?: number } | undefined)?.round === round);
    swift.told.splice(0, swift.told.length - 1);
    most = Math.max(most, own.buffered);
  }
  expect(most).toBeLessThan(2.5 * 1024 * 1024);
  swift.end();
  const closed = new Promise<void>((resolve) => void socket.on('close', () => resolve()));
  await server.end();
  socket.resume();
  await closed;
  servers.splice(0);
});

it('says that a port is taken', async () => {
  const { server } = await serve();
  const taken = startServer({ port: server.port, files: new Map(), streams: new Streams(board), answers: {} });
  await expect(taken).rejects.toMatchObject({ code: 'GOSSIP_E_PORT', message: expect.stringContaining('another program listens there') });
});
