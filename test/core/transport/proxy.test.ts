/** Calls through an HTTP CONNECT proxy: pinned end to end, and the proxy learns nothing but addresses. */
import { connect as connectTls, TLSSocket } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { parseProxy } from '../../../src/core/transport/client/proxy.ts';
import { splitAddress } from '../../../src/model/address.ts';
import { secureContext } from '../../../src/core/transport/tls.ts';
import { makeIdentity } from '../../../src/trust/identity.ts';
import type { Address } from '../../../src/model/names.ts';
import { startProxy } from './connect-proxy.ts';
import type { TestProxy } from './connect-proxy.ts';
import { post, rejection, startClient, startServer, text } from './fixtures.ts';

const through = (proxy: TestProxy, user = '') => ({ proxies: [`http://${user}127.0.0.1:${proxy.port}`] });

describe('a client with a proxy', () => {
  test('calls peers through it; the peer still knows who calls, and nobody between can read', async () => {
    const [server, proxy, identity] = [await startServer(), await startProxy(), makeIdentity()];
    const client = startClient({ ...through(proxy), identity });
    const answers = [await client.request(server, post('a secret')), await client.request(server, post('another'))];
    expect(answers.map(({ body }) => text(body))).toEqual(['a secret', 'another']);
    expect([proxy.tunnels, server.seen.map(({ from }) => from)]).toEqual([[server.address], [identity.id, identity.id]]);
    expect([proxy.passed().length > 0, proxy.passed().includes('secret'), proxy.passed().includes('exchange')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  test('shows the proxy its name and password', async () => {
    const [server, proxy] = [await startServer(), await startProxy()];
    await startClient(through(proxy, 'joe:p%40ss@')).request(server, post());
    expect(proxy.authorizations).toEqual([`Basic ${Buffer.from('joe:p@ss').toString('base64')}`]);
  });

  test('takes another way for what it connects from now on; what is open stays as it is', async () => {
    const [first, second, proxy, other] = [await startServer(), await startServer(), await startProxy(), await startProxy()];
    const client = startClient(through(proxy));
    await client.request(first, post());
    expect(() => client.wayOut.change({ proxies: ['nonsense'] })).toThrow(expect.objectContaining({ code: 'GOSSIP_E_PROXY' }));
    client.wayOut.change(through(other));
    for (const server of [first, second]) await client.request(server, post());
    expect([proxy.tunnels, other.tunnels]).toEqual([[first.address], [second.address]]);
    client.wayOut.change({});
    const third = await startServer();
    await client.request(third, post());
    expect([proxy.tunnels, other.tunnels, third.seen.length]).toEqual([[first.address], [second.address], 1]);
  });

  test('is not fooled by a proxy that ends TLS itself', async () => {
    const server = await startServer();
    const identity = makeIdentity();
    const proxy = await startProxy((socket, target) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      const inside = new TLSSocket(socket, {
        isServer: true,
        secureContext: secureContext(identity),
        requestCert: true,
        rejectUnauthorized: false,
      });
      const outside = connectTls({
        ...splitAddress(target),
        rejectUnauthorized: false,
        cert: identity.certificatePem,
        key: identity.keyPem,
      });
      for (const end of [inside, outside]) end.on('error', () => undefined);
      inside.pipe(outside).pipe(inside);
    });
    const error = await rejection(startClient(through(proxy)).request(server, post('secret')));
    expect([error.code, server.seen]).toEqual(['GOSSIP_E_IDENTITY', []]);
    // Without the check, the man in the middle reads and writes.
    const fooled = startClient(through(proxy), () => undefined);
    expect(text((await fooled.request(server, post('secret'))).body)).toBe('secret');
    expect(server.seen[0]?.from).toBe(identity.id);
  });
});

describe('a proxy that does not serve', () => {
  const peer = () => ({ id: makeIdentity().id, address: '10.1.2.3:7946' as Address });

  test.each([
    ['asks for a password', 'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n', 'GOSSIP_E_PROXY'],
    ['forbids the tunnel', 'HTTP/1.1 403 Forbidden\r\n\r\n', 'GOSSIP_E_PROXY'],
    ['redirects', 'HTTP/1.1 302 Found\r\nlocation: http://elsewhere/\r\n\r\n', 'GOSSIP_E_PROXY'],
    ['is no HTTP server', 'SSH-2.0-OpenSSH_9.2\r\n', 'GOSSIP_E_PROXY'],
    ['speaks before the peer', 'HTTP/1.1 200 OK\r\n\r\nhello', 'GOSSIP_E_PROXY'],
    ['sends endless headers', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`, 'GOSSIP_E_PROXY'],
    ['hangs up', '', 'GOSSIP_E_PROXY'],
    ['cannot reach the peer', 'HTTP/1.1 503 Service Unavailable\r\n\r\n', 'GOSSIP_E_UNREACHABLE'],
    ['says that the peer is slow', 'HTTP/1.1 504 Gateway Timeout\r\n\r\n', 'GOSSIP_E_UNREACHABLE'],
  ])('because it %s', async (_name, bytes, code) => {
    const proxy = await startProxy((socket) => void socket.end(bytes));
    expect((await rejection(startClient(through(proxy)).request(peer(), post()))).code).toBe(code);
  });

  test('because it is not there', async () => {
    const gone = await startServer();
    await gone.server.close({ graceMs: 0 });
    const error = await rejection(startClient({ proxies: [`http://joe:secret@${gone.address}`] }).request(peer(), post()));
    expect([error.code, error.message.includes('secret')]).toEqual(['GOSSIP_E_PROXY', false]);
  });

  test('because it is silent', async () => {
    const proxy = await startProxy(() => undefined);
    const client = startClient({ ...through(proxy), limits: { connectMs: 100 } });
    expect((await rejection(client.request(peer(), post()))).code).toBe('GOSSIP_E_TIMEOUT');
  });

  test('because it opens the tunnel and then is silent', async () => {
    const proxy = await startProxy((socket) => void socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    const client = startClient({ ...through(proxy), limits: { connectMs: 200 } });
    expect((await rejection(client.request(peer(), post()))).code).toBe('GOSSIP_E_TIMEOUT');
  });
});

test.each([
  ['http://proxy.example:3128', { host: 'proxy.example', port: 3128, authorization: null }],
  ['http://10.0.0.1', { host: '10.0.0.1', port: 80, authorization: null }],
  ['http://[2001:db8::1]:8080/', { host: '2001:db8::1', port: 8080, authorization: null }],
  ['http://u:p@10.0.0.1:1', { host: '10.0.0.1', port: 1, authorization: 'Basic dTpw' }],
])('%s is a proxy', (given, proxy) => {
  expect(parseProxy(given)).toEqual(proxy);
});

test.each([
  '',
  'proxy:3128',
  'https://proxy:3128',
  'socks5://proxy:1080',
  'http://',
  'http://proxy:99999',
  'http://proxy/path',
  'http://proxy?x=1',
  'http://u:%zz@proxy',
])('%j is not a proxy', (given) => {
  expect(() => parseProxy(given)).toThrow(expect.objectContaining({ code: 'GOSSIP_E_PROXY' }));
});
