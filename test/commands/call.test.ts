/** What `gossip call` sends and prints, how long it waits, and two small words of its neighbours: before a door of paper, and a real node in this process. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { runNode } from '../../src/core/run.ts';
import type { RunningNode } from '../../src/core/run.ts';
import { makeOneNodeCluster } from '../../src/operator/cluster/one-node-cluster.ts';
import { openSettings } from '../../src/operator/settings/settings.ts';
import { paperDoor } from '../core/door/support.ts';
import { gossip, gossipJson } from './command-line.ts';

let home: string;
let node: RunningNode;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'gossip-call-'));
  process.env['GOSSIP_HOME'] = home;
  const dataDir = join(home, 'data');
  const { token, listen } = await makeOneNodeCluster(openSettings(), {
    name: 'solo',
    dataDir,
    listen: '127.0.0.1:0',
    advertise: undefined,
  });
  node = await runNode({ name: 'solo', dataDir, listen, token, intervalMs: 200, modules: [], logLevel: 'silent', logFormat: 'json' });
});
afterAll(async () => {
  await node.stop();
  await rm(home, { recursive: true, force: true });
});

/** Whoever reads standard input reads this. */
function standardInput(...chunks: readonly Uint8Array[]): void {
  const { stdin } = process;
  Object.defineProperty(process, 'stdin', { value: Readable.from(chunks), configurable: true });
  onTestFinished(() => void Object.defineProperty(process, 'stdin', { value: stdin, configurable: true }));
}

/** Takes connections, and says nothing. */
async function silentServer(): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('bytes', () => {
  const bytes = Buffer.from('\u0000{"no json\u001b[31m', 'latin1');

  test('go from a file and from standard input as they are, and come back so where no terminal is; in JSON as base64', async () => {
    const { path, asked } = await paperDoor();
    const file = join(home, 'request');
    await writeFile(file, bytes);
    const shown = { exitCode: 0, stdout: bytes.toString(), stderr: '' };
    expect(await gossip('call', 'notes', '--bytes', file, '--app-socket', path)).toEqual(shown);
    standardInput(bytes.subarray(0, 3), bytes.subarray(3));
    expect(await gossip('call', 'notes', '--bytes', '-', '--app-socket', path)).toEqual(shown);
    expect(asked.map(({ form, text }) => [form, text])).toEqual([1, 2].map(() => ['bytes', bytes.toString()]));
    const { json } = await gossipJson('call', 'notes', '--bytes', file, '--app-socket', path);
    expect(json).toEqual({ module: 'notes', bytes: bytes.toString('base64') });
  });

  test('do not steer a terminal', async () => {
    const { path } = await paperDoor();
    const file = join(home, 'request');
    await writeFile(file, bytes);
    const { isTTY } = process.stdout;
    Object.defineProperty(process.stdout, 'isTTY', { value: true, configurable: true });
    onTestFinished(() => void Object.defineProperty(process.stdout, 'isTTY', { value: isTTY, configurable: true }));
    const { stdout, stderr } = await gossip('call', 'notes', '--bytes', file, '--app-socket', path);
    expect([stdout, stderr]).toEqual([`${bytes.toString('base64')}\n`, expect.stringContaining(`${bytes.length} bytes, shown in base64`)]);
  });

  test('stand in the place of JSON, and have the same limit', async () => {
    const { path, asked } = await paperDoor();
    const file = join(home, 'large');
    await writeFile(file, Buffer.alloc(1024 * 1024 + 1));
    const codeOf = async (...args: readonly string[]): Promise<unknown> => {
      const { json } = await gossipJson('call', 'notes', ...args, '--app-socket', path);
      return (json as unknown as { error: { code: string } }).error.code;
    };
    expect(await codeOf('1', '--bytes', file)).toBe('GOSSIP_E_USAGE');
    expect(await codeOf('--bytes', file)).toBe('GOSSIP_E_TOO_LARGE');
    expect(await codeOf('--bytes', join(home, 'nowhere'))).toBe('GOSSIP_E_FILE');
    expect(asked).toEqual([]);
  });
});

describe('--timeout', () => {
  const late = { error: { code: 'GOSSIP_E_TIMEOUT', message: 'no answer within 300ms' } };

  test('bounds the answer', async () => {
    const { path } = await paperDoor({ answer: () => new Promise(() => {}) });
    const { json } = await gossipJson('call', 'notes', '--timeout', '300ms', '--app-socket', path);
    expect(json).toMatchObject(late);
  });

  test('bounds the finding of a node elsewhere, too', async () => {
    const { json } = await gossipJson('call', 'notes', '--timeout', '300ms', '--to', await silentServer());
    expect(json).toMatchObject(late);
  });
});

test('standard input is read where a - asks for it, and is no argument that is missing', async () => {
  const { path, asked } = await paperDoor();
  standardInput(Buffer.from('"of somebody else"'));
  expect(await gossip('call', 'notes', '--app-socket', path)).toMatchObject({ exitCode: 0, stdout: 'null\n' });
  expect(await gossip('call', 'notes', '-', '--app-socket', path)).toMatchObject({ stdout: '"of somebody else"\n' });
  expect(asked.map(({ text }) => text)).toEqual(['null', '"of somebody else"']);
});

test('a value that is no UTF-8 is refused, and nothing is asked', async () => {
  const { path, asked } = await paperDoor();
  standardInput(Buffer.from([0x61, 0xff]));
  const { exitCode, stderr } = await gossip('registry', 'set', 'key', '-', '--app-socket', path);
  expect([exitCode, stderr, asked]).toEqual([2, expect.stringContaining('standard input is no UTF-8: a value is text'), []]);
});

test('where nothing was logged, logs says so', async () => {
  expect(await gossip('logs', '--to', 'solo', '--level', 'error')).toEqual({ exitCode: 0, stdout: '', stderr: 'No lines.\n' });
});
