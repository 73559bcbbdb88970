/** The client library before a door of paper: answers, refusals, and streams that break. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connect, findSocket, GossipError } from '../../src/client/index.ts';
import type { ConnectOptions, Json, Watched } from '../../src/client/index.ts';
import { eventually, paperDoor } from '../core/door/support.ts';
import type { PaperDoor } from '../core/door/support.ts';
import { temporaryDirectory } from '../core/store/temporary-directory.ts';

function client(options: ConnectOptions) {
  const node = connect(options);
  onTestFinished(() => node.close());
  return node;
}

describe('a request', () => {
  test('is answered: JSON, and bytes', async () => {
    const { path } = await paperDoor();
    const registry = client({ socket: path }).module('registry');
    expect(await registry.request({ a: ['é', null] })).toEqual({ a: ['é', null] });
    expect(await registry.request(Uint8Array.of(0, 255))).toEqual(Buffer.from([0, 255]));
  });

  test('that a module refuses rejects with its code and reason', async () => {
    const { path } = await paperDoor({
      answer: () => Promise.reject(new GossipError('GOSSIP_E_MODULE_REFUSED', 'no', { reason: 'conflict' })),
    });
    const refused = await client({ socket: path })
      .module('registry')
      .request(1)
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(GossipError);
    expect(refused).toMatchObject({ code: 'GOSSIP_E_MODULE_REFUSED', message: 'no', reason: 'conflict' });
  });

  test('is given up in time, or by its caller with his own reason', async () => {
    const { path } = await paperDoor({ answer: () => new Promise(() => {}) });
    const registry = client({ socket: path }).module('registry');
    await expect(registry.request(1, { timeoutMs: 50 })).rejects.toMatchObject({ code: 'GOSSIP_E_TIMEOUT' });
    const stop = new AbortController();
    const asked = registry.request(1, { signal: stop.signal });
    stop.abort(new Error('never mind'));
    await expect(asked).rejects.toThrow('never mind');
  });

  test('that is no JSON, or cannot be asked, and an answer that is none, are coded errors', async () => {
    const { path } = await paperDoor({ answer: () => ({ form: 'json', bytes: Buffer.from('{') }) });
    const registry = client({ socket: path }).module('registry');
    const circular: unknown[] = [];
    circular.push(circular);
    for (const body of [undefined, () => 1, 1n, circular, Symbol('x')])
      await expect(registry.request(body as Json)).rejects.toMatchObject({ name: 'GossipError', code: 'GOSSIP_E_REQUEST' });
    await expect(registry.request(1)).rejects.toMatchObject({ name: 'GossipError', code: 'GOSSIP_E_MODULE_ANSWER' });
    for (const length of [257, 20_000])
      await expect(registry.watch({ topic: 'x'.repeat(length) }).next()).rejects.toMatchObject({
        code: 'GOSSIP_E_REQUEST',
        message: `the topic has ${length} characters, and no topic has more than 256`,
      });
    await expect(registry.watch({ after: 'a\nb' }).next()).rejects.toMatchObject({ code: 'GOSSIP_E_REQUEST' });
    for (const address of ['', 'nowhere', '127.0.0.1', 'a b:1', '127.0.0.1:99999'])
      await expect(client({ address }).module('registry').request(1)).rejects.toMatchObject({ code: 'GOSSIP_E_ADDRESS' });
    await expect(client({ address: '127.0.0.1:1', token: 'x\ny' }).module('registry').request(1)).rejects.toMatchObject({
      code: 'GOSSIP_E_REQUEST',
    });
  });

  test('that is given up without a reason rejects with an AbortError', async () => {
    const { path } = await paperDoor({ answer: () => new Promise(() => {}) });
    const registry = client({ socket: path }).module('registry');
    await expect(registry.request(1, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('where nobody listens, or to what is no name, is a coded error', async () => {
    const socket = join(await temporaryDirectory(), 'none.sock');
    await expect(client({ socket }).module('registry').request(1)).rejects.toMatchObject({ code: 'GOSSIP_E_UNREACHABLE' });
    expect(() => client({ socket }).module('../x')).toThrow("'../x' is not a module name");
  });
});

/** Watches on, and keeps what came. */
function watching(door: PaperDoor, options: Parameters<ReturnType<ReturnType<typeof connect>['module']>['watch']>[0] = {}) {
  const events: Watched[] = [];
  const breaks: string[] = [];
  const stop = new AbortController();
  const stream = client({ socket: door.path })
    .module('registry')
    .watch({ ...options, signal: stop.signal, onBreak: ({ code }) => breaks.push(code) });
  const ended = (async () => {
    for await (const event of stream) events.push(event);
  })();
  onTestFinished(() => stop.abort());
  return { events, breaks, stop, ended };
}

const data = (events: readonly Watched[]): unknown[] => events.map((event) => (event.type === 'event' ? event.data : event));

describe('watching', () => {
  test('goes on where it was when the connection breaks, and ends when it is told to', async () => {
    const door = await paperDoor();
    const { events, breaks, stop, ended } = watching(door);
    await eventually(() => door.publications.isWatched('registry'));
    door.publications.publish('registry', { topic: '', text: '1' });
    await eventually(() => events.length === 1);
    await door.door.close(0);
    door.publications.publish('registry', { topic: '', text: '2' });
    await eventually(() => breaks.length > 0);
    const again = await paperDoor({ socket: { path: door.path } });
    // A node that started anew knows nothing of the place, and says so.
    await eventually(() => events.length === 2);
    again.publications.publish('registry', { topic: '', text: '3' });
    await eventually(() => events.length === 3);
    expect(data(events)).toEqual([1, { type: 'lost', id: expect.any(String) as string, lost: null }, 3]);
    stop.abort();
    await ended;
  });

  test('misses nothing when only its connection breaks', async () => {
    const door = await paperDoor();
    const { events } = watching(door);
    await eventually(() => door.publications.isWatched('registry'));
    for (let number = 1; number <= 30; number += 1) {
      door.publications.publish('registry', { topic: '', text: String(number) });
      if (number % 10 === 0) {
        await eventually(() => events.length > 0);
        door.breakAll();
      }
    }
    await eventually(() => events.length === 30);
    expect(data(events)).toEqual(Array.from({ length: 30 }, (_, at) => at + 1));
  });

  test('ends with an error where the first connection fails, and where the module is removed', async () => {
    const door = await paperDoor();
    const { ended } = watching(door);
    await eventually(() => door.publications.isWatched('registry'));
    door.publications.close('registry', 'the module was removed');
    await expect(ended).rejects.toMatchObject({ code: 'GOSSIP_E_MODULE_ABSENT', message: 'the module was removed' });
    await door.door.close(0);
    await expect(watching(door).ended).rejects.toMatchObject({ code: 'GOSSIP_E_UNREACHABLE' });
  });

  test('may begin after an event that is known', async () => {
    const door = await paperDoor();
    const first = watching(door);
    await eventually(() => door.publications.isWatched('registry'));
    for (const text of ['1', '2']) door.publications.publish('registry', { topic: 'a', text });
    await eventually(() => first.events.length === 2);
    const second = watching(door, { after: first.events[0]?.id ?? '', topic: 'a' });
    await eventually(() => second.events.length === 1);
    expect(data(second.events)).toEqual([2]);
  });
});

describe('the socket is found', () => {
  const home = async (...nodes: string[]): Promise<string> => {
    const directory = await temporaryDirectory();
    for (const node of nodes) {
      await mkdir(join(directory, node), { recursive: true });
      await writeFile(join(directory, node, 'app.sock'), '');
    }
    return directory;
  };

  test('by what is said, before variables, before the home', async () => {
    const directory = await home('nodes/one');
    const environment = { GOSSIP_HOME: directory, GOSSIP_APP_SOCKET: '/a.sock', GOSSIP_DATA: '/data' };
    expect(findSocket({ socket: '/s.sock', data: '/d' }, environment)).toBe('/s.sock');
    expect(findSocket({ data: '/d' }, environment)).toBe('/d/app.sock');
    expect(findSocket({}, environment)).toBe('/a.sock');
    expect(findSocket({}, { ...environment, GOSSIP_APP_SOCKET: 'none' })).toBe('/data/app.sock');
    expect(findSocket({ node: 'one' }, environment)).toBe(join(directory, 'nodes/one/app.sock'));
    expect(findSocket({}, { GOSSIP_HOME: directory })).toBe(join(directory, 'nodes/one/app.sock'));
  });

  test('of a lab by its first node, and of several nodes only by name', async () => {
    const lab = await home('labs/lab/rendezvous1', 'labs/lab/node1');
    // As other commands do.
    expect(findSocket({}, { GOSSIP_HOME: lab })).toBe(join(lab, 'labs/lab/rendezvous1/app.sock'));
    expect(() => findSocket({ node: 'node9' }, { GOSSIP_HOME: lab })).toThrow("no node 'node9'");
    expect(findSocket({ node: 'rendezvous1' }, { GOSSIP_HOME: lab })).toBe(join(lab, 'labs/lab/rendezvous1/app.sock'));
    const several = await home('nodes/a', 'nodes/b');
    expect(() => findSocket({}, { GOSSIP_HOME: several })).toThrow(/^2 nodes of this machine have a door: /);
    expect(findSocket({ node: 'b' }, { GOSSIP_HOME: several })).toBe(join(several, 'nodes/b/app.sock'));
    expect(() => findSocket({ node: 'c' }, { GOSSIP_HOME: several })).toThrow(/^no node 'c' below /);
    expect(() => findSocket({}, { GOSSIP_HOME: join(several, 'nothing') })).toThrow(/^no node below /);
  });
});
