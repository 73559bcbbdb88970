/** Metrics over HTTP: what is asked rightly is answered, what is not is refused, and nobody makes them expensive. */
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { MetricsServer, STANDS_STILL } from '../../../src/core/metrics/server.ts';
import type { Format } from '../../../src/core/metrics/text.ts';
import { GossipError } from '../../../src/model/errors.ts';

const silent = (): void => undefined;

async function serving(
  text: (format: Format) => Promise<string> = (format) => Promise.resolve(`${format}\n`),
  ill: () => GossipError | null = () => null,
) {
  const errors: unknown[] = [];
  const { server, address } = await MetricsServer.listen(
    { host: '127.0.0.1', port: 0 },
    {
      text: async (format) => ({ type: `text/${format}`, body: Buffer.from(await text(format)) }),
      ill,
      log: { debug: silent, warn: silent, error: (fields) => void errors.push(fields) },
    },
  );
  onTestFinished(() => server.close());
  return { address, port: Number(address.split(':')[1]), errors };
}

/** What the server says to these bytes, until it closes or has said a whole answer. */
function say(port: number, text: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect({ host: '127.0.0.1', port });
  onTestFinished(() => void socket.destroy());
  let heard = '';
  socket.on('data', (chunk) => {
    heard += chunk.toString();
    const [head = '', body] = heard.split('\r\n\r\n');
    const length = /content-length: (\d+)/i.exec(head)?.[1];
    if (body !== undefined && (text.startsWith('HEAD') || body.length >= Number(length))) resolve(heard);
  });
  socket.on('error', silent).on('close', () => resolve(heard));
  socket.write(text);
  return promise;
}

const get = (path: string, lines = '', method = 'GET'): string => `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${lines}\r\n`;

test('a scrape is answered in the format that it accepts, whatever parameters it has', async () => {
  const { port } = await serving();
  expect(await say(port, get('/metrics'))).toMatch(/^HTTP\/1\.1 200 OK\r\ncontent-type: text\/text\r\n[\s\S]*\r\n\r\ntext\n$/);
  expect(await say(port, get('/metrics?a=b&c=%20', 'accept: application/openmetrics-text\r\n'))).toMatch(
    /text\/openmetrics[\s\S]*openmetrics\n$/,
  );
  expect(await say(port, get('/metrics', '', 'HEAD'))).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*content-length: 5[\s\S]*\r\n\r\n$/);
});

test('who asks whether the node is alive is told so, or why it is not, without any metrics', async () => {
  let why: GossipError | null = null;
  const { port, errors } = await serving(
    () => expect.unreachable('no metrics are written'),
    () => why,
  );
  expect(await say(port, get('/healthz'))).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nok\n$/);
  why = STANDS_STILL;
  expect(await say(port, get('/healthz'))).toMatch(/^HTTP\/1\.1 503 [\s\S]*the protocol of the node stands still/);
  expect(errors).toEqual([]);
});

test.each([
  ['another path', get('/'), 404],
  ['a path that only looks so', get('//metrics'), 404],
  ['an escape', get('/%6detrics'), 400],
  ['another method', get('/metrics', 'content-length: 2\r\n', 'POST') + '{}', 405],
  ['a header twice', get('/metrics', 'accept: a\r\naccept: b\r\n'), 400],
  ['an older HTTP', 'GET /metrics HTTP/1.0\r\nhost: 127.0.0.1\r\n\r\n', 505],
  ['no host', 'GET /metrics HTTP/1.1\r\n\r\n', 400],
  ['the name of a web page', 'GET /metrics HTTP/1.1\r\nhost: evil.example:9464\r\n\r\n', 403],
  ['no HTTP', 'hello\r\n\r\n', 400],
  ['huge headers', get('/metrics', `x: ${'a'.repeat(20_000)}\r\n`), 431],
])('%s is refused', async (_, text, status) => {
  const { port, errors } = await serving();
  expect(await say(port, text)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*"code":"GOSSIP_E_`));
  expect(await say(port, get('/metrics'))).toContain('200 OK');
  expect(errors).toEqual([]);
});

test.each(['localhost', 'LOCALHOST:9464', '[::1]:9464', '127.0.0.1:9464'])('the host %s is this machine', async (host) => {
  const { port } = await serving();
  expect(await say(port, `GET /metrics HTTP/1.1\r\nhost: ${host}\r\n\r\n`)).toContain('200 OK');
});

test('before there is anything to tell it says so, and what fails is logged and told by its code alone', async () => {
  const starting = await serving(() => Promise.reject(new GossipError('GOSSIP_E_BUSY', 'the node is starting')));
  expect(await say(starting.port, get('/metrics'))).toMatch(/^HTTP\/1\.1 503[\s\S]*GOSSIP_E_BUSY/);
  expect(starting.errors).toEqual([]);
  const broken = await serving(() => Promise.reject(new Error('/secret/path')));
  const said = await say(broken.port, get('/metrics'));
  expect(said).toMatch(/^HTTP\/1\.1 500[\s\S]*GOSSIP_E_INTERNAL/);
  expect(said).not.toContain('secret');
  expect(broken.errors).toHaveLength(1);
});

test('those who hold connections and do nothing give way', async () => {
  const { port } = await serving();
  const idle = Array.from({ length: 16 }, () => connect({ host: '127.0.0.1', port }));
  onTestFinished(() => idle.forEach((socket) => void socket.destroy()));
  await Promise.all(idle.map((socket) => new Promise((resolve) => socket.once('data', resolve).write(get('/metrics')))));
  // The one too many is turned away, and makes room for those that come after.
  await say(port, get('/metrics'));
  expect(await say(port, get('/metrics'))).toContain('200 OK');
});

test('a port that is taken, or no address of this machine, is a coded error that names the flag', async () => {
  const { port } = await serving();
  const options = { text: () => Promise.reject(new Error('never')), ill: () => null, log: { debug: silent, warn: silent, error: silent } };
  await expect(MetricsServer.listen({ host: '127.0.0.1', port }, options)).rejects.toMatchObject({
    code: 'GOSSIP_E_PORT',
    advice: 'Stop it, or choose another port with --metrics.',
  });
  await expect(MetricsServer.listen({ host: '203.0.113.7', port: 0 }, options)).rejects.toMatchObject({ code: 'GOSSIP_E_PORT' });
});
