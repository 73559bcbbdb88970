/** The address that debuggers are given: who gets in, and what passes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { get, request } from 'node:http';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { startInspector } from '../../../src/operator/inspector/server.ts';
import type { RunningInspector } from '../../../src/operator/inspector/server.ts';
import { Debugger } from '../../support/debugger.ts';
import { until } from '../../support/condition.ts';

let directory: string;
let node: Server;
const socketPath = (): string => join(directory, 'inspector.sock');
/** Connections that the node has. */
const visits: Socket[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gossip-inspector-'));
  // A host that answers each command with what it was asked.
  node = createServer((socket) => {
    visits.push(socket);
    let rest = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      const lines = `${rest}${String(chunk)}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const { id, method, params } = JSON.parse(line) as { id: number; method: string; params: object };
        socket.write(`${JSON.stringify({ id, result: { method, params } })}\n`);
      }
    });
  });
  await new Promise<void>((resolve) => void node.listen(socketPath(), resolve));
});

afterAll(async () => {
  for (const visit of visits) visit.destroy();
  await new Promise((resolve) => void node.close(resolve));
  await rm(directory, { recursive: true });
});

async function inspector(port: number | null = 0): Promise<RunningInspector> {
  const project = { directory, output: join(directory, 'dist') };
  const one = await startInspector({
    port,
    title: 'counter on node1 of dev-counter',
    socket: socketPath(),
    project,
    onNoMap: () => undefined,
  });
  onTestFinished(() => one.end());
  return one;
}

function told(url: URL, host = url.host): Promise<{ status: number | undefined; body: unknown }> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { host } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      answer.on('end', () => resolve({ status: answer.statusCode, body: JSON.parse(text) }));
    }).once('error', reject);
  });
}

/** The status of a handshake that is refused. */
function refused(url: URL, headers: Readonly<Record<string, string>>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(url, {
      headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'x', ...headers },
    });
    asked.once('response', (answer) => (answer.resume(), resolve(answer.statusCode)));
    asked.once('upgrade', () => reject(new Error('it was let in')));
    asked.once('error', reject);
    asked.end();
  });
}

test('commands and answers pass, the largest too; one debugger at a time, and the next at the same address', async () => {
  const { url } = await inspector();
  const first = await Debugger.at(url);
  const expression = 'é'.repeat(2_000_000);
  expect(await first.ask('Runtime.evaluate', { expression })).toEqual({ method: 'Runtime.evaluate', params: { expression } });
  await expect(Debugger.at(url)).rejects.toThrow('refuses');
  const visit = visits.at(-1);
  visit?.destroy();
  await first.left;
  const next = await Debugger.at(url);
  expect(await next.ask('Debugger.enable')).toEqual({ method: 'Debugger.enable', params: {} });
  const second = visits.at(-1);
  next.leave();
  await until('the node hears that it left', async () => second?.destroyed);
});

test('it is found as Node is found: by what a port lists', async () => {
  const { url } = await inspector();
  const { host, pathname } = new URL(url);
  const at = (path: string): URL => new URL(path, `http://${host}`);
  expect(await told(at('/json/version'))).toMatchObject({ status: 200, body: { Browser: `node.js/${process.version}` } });
  const { body } = await told(at('/json/list'));
  expect(body).toMatchObject([
    { type: 'node', title: 'counter on node1 of dev-counter', id: pathname.slice(1), webSocketDebuggerUrl: url },
  ]);
  expect(await told(at('/json'))).toEqual({ status: 200, body });
  expect((await told(at('/json/list'), `localhost:${at('/').port}`)).status).toBe(200);
  expect(await told(at('/'))).toEqual({ status: 404, body: {} });
});

test('a page of the web gets nothing, whatever name it has point here; nor does who guesses the path', async () => {
  const { url } = await inspector();
  const http = new URL(url.replace('ws:', 'http:'));
  expect(await told(new URL('/json/list', http), 'evil.example')).toEqual({ status: 404, body: {} });
  expect(await refused(http, { host: 'evil.example' })).toBe(404);
  expect(await refused(new URL('/guessed', http), {})).toBe(404);
  expect(await refused(http, { 'sec-websocket-version': '8' })).toBe(400);
});

test('a port that is taken is refused where it was asked for', async () => {
  const { url } = await inspector();
  const { port } = new URL(url);
  await expect(inspector(Number(port))).rejects.toMatchObject({
    code: 'GOSSIP_E_PORT',
    message: expect.stringContaining(`127.0.0.1:${port}`),
  });
  // Two of Node's own port: the second finds another one.
  const [one, other] = [await inspector(null), await inspector(null)];
  expect(one.url).not.toBe(other.url);
});
