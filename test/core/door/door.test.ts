/** The door: what it takes, what it refuses and how, and who may open it. Every request is sent as bytes. */
import { chmod, lstat, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Content } from '../../../src/model/content.ts';
import { doorToken } from '../../../src/core/door/token.ts';
import { MAX_MESSAGE_BYTES } from '../../../src/sdk/limits.ts';
import { freePorts } from '../../../src/lab/ports.ts';
import { GossipError } from '../../../src/model/errors.ts';
import { temporaryDirectory } from '../store/temporary-directory.ts';
import { answerTo, eventually, get, Line, paperDoor, post } from './support.ts';

const ASK = '/v1/apps/registry/request';

describe('a request', () => {
  test('is answered with what the module said, JSON as JSON and bytes as bytes', async () => {
    const { path, asked } = await paperDoor();
    const line = new Line(path).say(post(ASK, '{"a":1}'));
    await line.until((text) => text.endsWith('{"a":1}'));
    expect(line.text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(line.text).toContain('content-type: application/json');
    line.say(post(ASK, '\u0000x', 'content-type: application/octet-stream\r\n'));
    await line.until((text) => text.endsWith('\u0000x'));
    expect(line.text).toContain('content-type: application/octet-stream');
    expect(asked).toEqual([
      { module: 'registry', form: 'json', text: '{"a":1}' },
      { module: 'registry', form: 'bytes', text: '\u0000x' },
    ]);
  });

  test('of whatever a program says its body is, is JSON unless it is bytes', async () => {
    const { path, asked } = await paperDoor();
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'Application/Octet-Stream; charset=x'])
      await answerTo(path, post(ASK, '1', `content-type: ${type}\r\n`));
    expect(asked.map(({ form }) => form)).toEqual(['json', 'json', 'bytes']);
  });

  test('may be announced first, as older programs do with longer bodies', async () => {
    const { path, asked } = await paperDoor();
    const line = new Line(path).say(`POST ${ASK} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n`);
    await line.until((text) => text.startsWith('HTTP/1.1 100'));
    line.say('42');
    await line.until((text) => text.endsWith('42'));
    expect(asked).toHaveLength(1);
  });

  test('of the largest size is taken, and one byte more is not: it is not even read', async () => {
    const { path, asked } = await paperDoor();
    const large = 'x'.repeat(MAX_MESSAGE_BYTES);
    expect(await answerTo(path, post(ASK, large))).toEqual({ status: 200, code: '' });
    expect(await answerTo(path, `POST ${ASK} HTTP/1.1\r\nhost: x\r\ncontent-length: ${MAX_MESSAGE_BYTES + 1}\r\n\r\n`)).toEqual({
      status: 413,
      code: 'GOSSIP_E_TOO_LARGE',
    });
    expect(asked).toHaveLength(1);
  });

  test.each([
    ['another method', get(ASK), 405, 'GOSSIP_E_REQUEST'],
    ['another method without a body', `DELETE ${ASK} HTTP/1.1\r\nhost: x\r\n\r\n`, 405, 'GOSSIP_E_REQUEST'],
    ['another method in chunks', `PUT ${ASK} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`, 405, 'GOSSIP_E_REQUEST'],
    ['a watch by POST', post('/v1/apps/registry/watch', ''), 405, 'GOSSIP_E_REQUEST'],
    ['no route', get('/v1/apps'), 404, 'GOSSIP_E_NOT_FOUND'],
    ['a route between nodes', get('/v1/status'), 404, 'GOSSIP_E_NOT_FOUND'],
    ['an injection', post('/v1/deployments', '{}'), 404, 'GOSSIP_E_NOT_FOUND'],
    ['a configuration', get('/v1/configuration'), 404, 'GOSSIP_E_NOT_FOUND'],
    ['a module that is not there', post('/v1/apps/nobody/request', '1'), 404, 'GOSSIP_E_MODULE_UNKNOWN'],
    ['capital letters', post('/v1/apps/Registry/request', '1'), 400, 'GOSSIP_E_MODULE_NAME'],
    ['a name of the prototype', post('/v1/apps/constructor/request', '1'), 400, 'GOSSIP_E_MODULE_NAME'],
    ['dots', post('/v1/apps/../request', '1'), 400, 'GOSSIP_E_MODULE_NAME'],
    ['more of a path', post('/v1/apps/../../v1/deployments/request', '1'), 404, 'GOSSIP_E_NOT_FOUND'],
    ['an escape', post('/v1/apps/%72egistry/request', '1'), 400, 'GOSSIP_E_REQUEST'],
    ['a slash behind', post(`${ASK}/`, '1'), 404, 'GOSSIP_E_NOT_FOUND'],
    ['two slashes', post('/v1/apps//request', '1'), 404, 'GOSSIP_E_NOT_FOUND'],
    ['a whole URL', post(`http://x${ASK}`, '1'), 400, 'GOSSIP_E_REQUEST'],
    ['a query', post(`${ASK}?a=1`, '1'), 400, 'GOSSIP_E_REQUEST'],
    ['a long path', post(`/v1/apps/${'x'.repeat(1_100)}/request`, '1'), 400, 'GOSSIP_E_REQUEST'],
    ['a broken query', get('/v1/apps/registry/watch?topic=%zz'), 400, 'GOSSIP_E_REQUEST'],
    ['another query', get('/v1/apps/registry/watch?topic=a&topic=b'), 400, 'GOSSIP_E_REQUEST'],
    ['a place of another server', get('/v1/apps/registry/watch', 'last-event-id: 12\r\n'), 400, 'GOSSIP_E_REQUEST'],
  ])('for %s is refused, and nobody is asked', async (_, request, status, code) => {
    const { path, asked } = await paperDoor();
    expect(await answerTo(path, request)).toEqual({ status, code });
    expect(asked).toEqual([]);
  });

  test.each([
    ['chunks', `POST ${ASK} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`, 411],
    ['no length', `POST ${ASK} HTTP/1.1\r\nhost: x\r\n\r\n`, 411],
    ['length and chunks', `POST ${ASK} HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ['two lengths', `POST ${ASK} HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n1`, 400],
    ['a header twice', post(ASK, '1', 'x-a: 1\r\nx-a: 2\r\n'), 400],
    ['no host', `POST ${ASK} HTTP/1.1\r\ncontent-length: 1\r\n\r\n1`, 400],
    ['an older version', `POST ${ASK} HTTP/1.0\r\nhost: x\r\ncontent-length: 1\r\n\r\n1`, 505],
    ['letters beyond ASCII', post(ASK, '1', 'x-a: \u00e9\r\n'), 400],
    ['long headers', post(ASK, '1', `x-a: ${'x'.repeat(9_000)}\r\n`), 431],
    ['an upgrade', get('/v1/apps/registry/watch', 'connection: upgrade\r\nupgrade: websocket\r\n'), 400],
    ['no HTTP', 'hello\r\n\r\n', 400],
  ])('with %s is refused (attacks C6, C10, C11)', async (_, request, status) => {
    const { path, asked } = await paperDoor();
    expect((await answerTo(path, request)).status).toBe(status);
    expect(asked).toEqual([]);
  });

  test('whose module refuses or fails tells the caller which, with the reason of the module; a defect tells nothing', async () => {
    const failures = [
      new GossipError('GOSSIP_E_MODULE_REFUSED', 'not \u001b[31m that', { reason: 'conflict' }),
      new GossipError('GOSSIP_E_MODULE_ANSWER', 'it threw'),
      new GossipError('GOSSIP_E_BUSY', 'later'),
      new Error('a secret of the node'),
    ];
    const { path, errors } = await paperDoor({ answer: () => Promise.reject(failures.shift()) });
    const line = new Line(path).say(post(ASK, '1'));
    await line.until((text) => text.endsWith('"reason":"conflict"}'));
    expect(line.text).toMatch(/^HTTP\/1\.1 422 /);
    expect(line.text).not.toContain('\u001b');
    expect(await answerTo(path, post(ASK, '1'))).toEqual({ status: 502, code: 'GOSSIP_E_MODULE_ANSWER' });
    expect(await answerTo(path, post(ASK, '1'))).toEqual({ status: 503, code: 'GOSSIP_E_BUSY' });
    const last = new Line(path).say(post(ASK, '1'));
    await last.until((text) => text.includes('GOSSIP_E_INTERNAL'));
    expect(last.text).not.toContain('secret');
    expect(errors).toHaveLength(1);
  });

  test('that is any bytes never harms the door', async () => {
    const { path, errors } = await paperDoor();
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.string({ unit: 'binary', maxLength: 80 }).map((text) => Buffer.from(post(`/v1/apps/${text}/request`, '1'))),
      fc.string({ maxLength: 80 }).map((text) => Buffer.from(get(`/v1/apps/registry/watch?topic=${text}`, 'connection: close\r\n'))),
    );
    await fc.assert(
      fc.asyncProperty(garbage, async (bytes) => {
        const line = new Line(path).say(bytes);
        line.socket.end();
        await eventually(() => line.ended || line.text.includes('event: watching'));
        line.socket.destroy();
      }),
      { numRuns: 150 },
    );
    expect(await answerTo(path, post(ASK, '1'))).toEqual({ status: 200, code: '' });
    expect(errors).toEqual([]);
  });
});

describe('limits', () => {
  test('a flood begins in turn and is all answered; on a strained node so many times slower', async () => {
    const { path, asked } = await paperDoor({ limits: { requestsPerSecond: 200, requestBurst: 10 }, strain: () => 4 });
    const began = performance.now();
    const lines = Array.from({ length: 30 }, () => new Line(path).say(post(ASK, '1')));
    for (const line of lines) await line.until((text) => text.startsWith('HTTP/1.1 200'));
    expect(asked).toHaveLength(30);
    // The ten of the burst pay for three; the other 28 come at 50 a second.
    expect(performance.now() - began).toBeGreaterThan(400);
  });

  test('bodies of requests under way share a bounded memory', async () => {
    const waiting = Promise.withResolvers<void>();
    const { path, asked } = await paperDoor({
      limits: { maxBufferedBytes: 100 },
      answer: async (content) => {
        await waiting.promise;
        return content;
      },
    });
    const first = new Line(path).say(post(ASK, 'x'.repeat(60)));
    await eventually(() => asked.length === 1);
    const second = new Line(path).say(post(ASK, 'x'.repeat(60)));
    await eventually(() => second.text.includes('GOSSIP_E_BUSY') || asked.length > 1);
    expect(second.text).toMatch(/^HTTP\/1\.1 503 /);
    waiting.resolve();
    await first.until((text) => text.startsWith('HTTP/1.1 200'));
    expect(await answerTo(path, post(ASK, 'x'.repeat(60)))).toEqual({ status: 200, code: '' });
  });

  test('requests on top of each other in one connection are few', async () => {
    const { path, asked } = await paperDoor({ answer: () => new Promise(() => {}) });
    const line = new Line(path).say(post(ASK, '1').repeat(1_000));
    await eventually(() => line.ended || asked.length > 20);
    expect(asked.length).toBeLessThan(20);
  });

  test('connections are bounded, and a head that never ends is given up', async () => {
    const { path } = await paperDoor({ limits: { maxConnections: 3, maxWatchers: 2, headerMs: 500 } });
    const lines = Array.from({ length: 8 }, () => new Line(path).say('POST /v1'));
    await eventually(() => lines.filter(({ ended }) => ended).length >= 3);
    await eventually(() => lines.every(({ ended }) => ended));
    expect(lines.filter(({ text }) => text.startsWith('HTTP/1.1 408'))).toHaveLength(5);
  });

  test('a body that drips is given up', async () => {
    const { path, asked } = await paperDoor({ limits: { requestMs: 300 } });
    const line = new Line(path).say(`POST ${ASK} HTTP/1.1\r\nhost: x\r\ncontent-length: 9999\r\n\r\nx`);
    await line.until((text) => text.startsWith('HTTP/1.1 408'));
    expect(asked).toEqual([]);
  });
});

describe('who may come in', () => {
  test('is decided by the permissions of the socket: its user alone, unless it is said otherwise', async () => {
    const own = await paperDoor();
    const shared = await paperDoor({ socket: { mode: 0o660, group: String(process.getgid?.() ?? 0) } });
    const modes = await Promise.all([own.path, shared.path].map(async (path) => (await stat(path)).mode & 0o777));
    expect(modes).toEqual([0o600, 0o660]);
  });

  test.runIf(process.getuid?.() === 0)('another user cannot open it', async () => {
    const { path } = await paperDoor();
    // So that only the socket itself keeps him out.
    await chmod(join(path, '..'), 0o755);
    const { spawnSync } = await import('node:child_process');
    const script = `require('node:net').connect(process.argv[1]).on('error', ({ code }) => { console.log(code); }).on('connect', () => { console.log('in'); process.exit(); })`;
    const tried = spawnSync(process.execPath, ['-e', script, path], { uid: 65_534, gid: 65_534, encoding: 'utf8' });
    expect(tried.stdout.trim()).toBe('EACCES');
  });

  test('over TCP needs the token, to the letter', async () => {
    const [port = 0] = await freePorts(1);
    const file = join(await temporaryDirectory(), 'app.token');
    const token = await doorToken(file);
    expect([await doorToken(file), (await stat(file)).mode & 0o777, (await readFile(file, 'utf8')).trim()]).toEqual([token, 0o600, token]);
    await paperDoor({ tcp: { host: '127.0.0.1', port, token } });
    const statusOf = async (headers: Record<string, string>) =>
      (await fetch(`http://127.0.0.1:${port}${ASK}`, { method: 'POST', body: '1', headers })).status;
    // The scheme is a word in any case (RFC 9110, 11.1), the token is not.
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) expect(await statusOf({ authorization: `${scheme} ${token}` })).toBe(200);
    for (const shown of [
      `Bearer ${token}x`,
      `Bearer ${token.slice(1)}`,
      token,
      `Bearer ${token.toLowerCase()}`,
      `Basic ${token}`,
      `Bearer${token}`,
      'Bearer',
      '',
    ])
      expect(await statusOf({ authorization: shown })).toBe(401);
    expect(await statusOf({})).toBe(401);
  });

  test.each(['', 'short', 'x'.repeat(10_000), '{}'])('a token file that holds %j is written anew', async (text) => {
    const file = join(await temporaryDirectory(), 'app.token');
    await writeFile(file, text);
    const token = await doorToken(file);
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect((await readFile(file, 'utf8')).trim()).toBe(token);
  });
});

describe('its socket', () => {
  const opening = (path: string) =>
    paperDoor({ socket: { path } }).then(
      () => 'open',
      (error: GossipError) => `${error.code}: ${error.message}`,
    );

  test('that a crash left behind is removed', async () => {
    const path = join(await temporaryDirectory(), 'app.sock');
    const { spawnSync } = await import('node:child_process');
    spawnSync(process.execPath, [
      '-e',
      `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`,
      path,
    ]);
    expect((await lstat(path)).isSocket()).toBe(true);
    expect(await opening(path)).toBe('open');
  });

  test('is not taken from a program that listens there, nor a file or directory removed', async () => {
    const directory = await temporaryDirectory();
    const [used, file, folder] = ['used', 'file', 'folder'].map((name) => join(directory, name)) as [string, string, string];
    const other = createServer().listen(used);
    onTestFinished(() => void other.close());
    await writeFile(file, 'precious');
    await mkdir(folder);
    expect(await opening(used)).toMatch(/^GOSSIP_E_APP_SOCKET: another program listens at /);
    expect(await opening(file)).toMatch(/^GOSSIP_E_APP_SOCKET: .* is there, and no socket$/);
    expect(await opening(folder)).toMatch(/^GOSSIP_E_APP_SOCKET: /);
    expect(await readFile(file, 'utf8')).toBe('precious');
  });

  test.each([
    ['too long a path', `/tmp/${'x'.repeat(110)}`, /and the path of a socket at most 103$/],
    ['a directory that is not there', '/nonexistent/app.sock', /: there is no directory \/nonexistent for the socket$/],
    ['a file for a directory', '/etc/passwd/app.sock', /: there is no directory \/etc\/passwd for the socket$/],
  ])('with %s is a coded error', async (_, path, message) => {
    expect(await opening(path)).toMatch(/^GOSSIP_E_APP_SOCKET: /);
    expect(await opening(path)).toMatch(message);
  });

  test('with a group that nobody knows is a coded error', async () => {
    const path = join(await temporaryDirectory(), 'app.sock');
    await expect(paperDoor({ socket: { path, group: 'no-such-group' } })).rejects.toThrow("there is no group 'no-such-group'");
  });

  test('is gone once it is closed, after what was asked has been answered', async () => {
    const waiting = Promise.withResolvers<void>();
    const { door, path, asked } = await paperDoor({
      answer: async (content) => {
        await waiting.promise;
        return content;
      },
    });
    const line = new Line(path).say(post(ASK, '1'));
    await eventually(() => asked.length === 1);
    const closed = door.close(60_000);
    const late = await answerTo(path, post(ASK, '2')).catch(() => ({ status: 0, code: '' }));
    expect([0, 503]).toContain(late.status);
    waiting.resolve();
    await closed;
    await line.until((text) => text.startsWith('HTTP/1.1 200 '));
    await expect(lstat(path)).rejects.toThrow('ENOENT');
  });

  test('leaves nothing open where only the other entrance can be had', async () => {
    const [port = 0] = await freePorts(1);
    const other = createServer().listen(port, '127.0.0.1');
    onTestFinished(() => void other.close());
    await eventually(() => other.listening);
    const path = join(await temporaryDirectory(), 'app.sock');
    await expect(paperDoor({ socket: { path }, tcp: { host: '127.0.0.1', port, token: 'x' } })).rejects.toMatchObject({
      code: 'GOSSIP_E_PORT',
    });
    await expect(lstat(path)).rejects.toThrow('ENOENT');
  });
});

test('more requests than a module has places for wait unread, and all are answered', async () => {
  const gate = Promise.withResolvers<void>();
  let [inside, most] = [0, 0];
  const answer = async (content: Content): Promise<Content> => {
    inside += 1;
    most = Math.max(most, inside);
    await gate.promise;
    inside -= 1;
    return content;
  };
  const { path, asked } = await paperDoor({ limits: { placesPerModule: 3 }, answer });
  const lines = Array.from({ length: 10 }, (_, at) => new Line(path).say(post('/v1/apps/registry/request', String(at))));
  await eventually(() => asked.length === 3);
  // Another module has places of its own.
  const other = new Line(path).say(post('/v1/apps/other/request', '"other"'));
  await eventually(() => asked.length === 4);
  gate.resolve();
  await Promise.all([...lines, other].map((line) => line.until((text) => text.startsWith('HTTP/1.1 200'))));
  expect(asked).toHaveLength(11);
  expect(most).toBe(4);
});
