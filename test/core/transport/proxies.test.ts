/** Several proxies in turn: the next where one does not work, the first again after a while, and nothing told of names and passwords. */
import { expect, test } from 'vitest';
import { ProxyTurns } from '../../../src/core/transport/client/proxies.ts';
import { WayOut } from '../../../src/core/transport/client/way-out.ts';
import type { Address } from '../../../src/model/names.ts';
import { startProxy } from './connect-proxy.ts';
import type { TestProxy } from './connect-proxy.ts';
import { post, startClient, startServer, text } from './fixtures.ts';

const TARGET = '10.1.2.3:7946' as Address;
const url = ({ port }: TestProxy, user = ''): string => `http://${user}127.0.0.1:${port}`;
const opens = (socket: { write: (text: string) => unknown }): void => void socket.write('HTTP/1.1 200 OK\r\n\r\n');

/** Proxies in turn under a clock of the test's own. */
function turns(urls: readonly string[]) {
  const told: string[] = [];
  const clock = { now: 0 };
  const onChange = (proxy: string, error: unknown): void => void told.push(`${proxy} ${error === null ? 'works' : 'rests'}`);
  const proxies = new ProxyTurns(urls, { now: () => clock.now, random: () => 1, onChange });
  const open = async (target = TARGET, withinMs = 5_000): Promise<string> => {
    const stopped = AbortSignal.timeout(withinMs);
    return proxies.open(target, stopped, withinMs).then(
      (socket) => (socket.destroy(), 'open'),
      ({ code }: { code: string }) => code,
    );
  };
  return { proxies, told, clock, open };
}

async function gone(): Promise<string> {
  const { server, address } = await startServer();
  await server.close({ graceMs: 0 });
  return `http://joe:secret@${address}`;
}

test('calls get through by the second where the first is not there', async () => {
  const [server, second] = [await startServer(), await startProxy()];
  const client = startClient({ proxies: [await gone(), url(second, 'joe:p%40ss@')] });
  expect(text((await client.request(server, post('a secret'))).body)).toBe('a secret');
  expect([second.tunnels, second.authorizations]).toEqual([[server.address], [`Basic ${Buffer.from('joe:p@ss').toString('base64')}`]]);
  expect(JSON.stringify(client.wayOut.status())).not.toMatch(/joe|secret|p@ss|p%40ss/);
  expect(client.wayOut.status()).toMatchObject([{ error: { code: 'GOSSIP_E_PROXY' } }, { restsMs: 0, error: null }]);
});

test.each([
  ['asks for another password', 'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'],
  ['forbids it', 'HTTP/1.1 403 Forbidden\r\n\r\n'],
  ['is none', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['hangs up', ''],
])('one that %s rests, longer each time, and is the first again when it works', async (_name, bytes) => {
  let isWell = false;
  const first = await startProxy((socket) => (isWell ? opens(socket) : void socket.end(bytes)));
  const second = await startProxy(opens);
  const { proxies, told, clock, open } = turns([url(first), url(second)]);
  expect([await open(), await open()]).toEqual(['open', 'open']);
  expect([first.tunnels.length, second.tunnels.length]).toEqual([1, 2]);
  expect(proxies.status()).toMatchObject([
    { restsMs: 5_000, error: { code: 'GOSSIP_E_PROXY' } },
    { restsMs: 0, error: null },
  ]);
  clock.now = 5_001;
  expect([await open(), proxies.status()[0]?.restsMs]).toEqual(['open', 10_000]);
  clock.now = 20_000;
  isWell = true;
  expect(await open()).toBe('open');
  expect([first.tunnels.length, second.tunnels.length, proxies.status()[0]]).toEqual([
    3,
    3,
    expect.objectContaining({ restsMs: 0, error: null }),
  ]);
  expect(told).toEqual([`127.0.0.1:${first.port} rests`, `127.0.0.1:${first.port} works`]);
});

test('a target that one cannot reach is tried through the next; that target alone makes none of them rest', async () => {
  const first = await startProxy((socket) => void socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n'));
  const second = await startProxy(opens);
  const { proxies, open } = turns([url(first), url(second)]);
  expect([await open(), first.tunnels.length, second.tunnels.length, proxies.status()[0]?.restsMs]).toEqual(['open', 1, 1, 0]);
  for (let more = 0; more < 4; more += 1) await open();
  // Five in a row: it may as well be the proxy.
  expect([proxies.status()[0]?.restsMs, await open(), first.tunnels.length]).toEqual([5_000, 'open', 5]);
});

test('one that is silent does not take the time of the others', async () => {
  const [first, second] = [await startProxy(() => undefined), await startProxy(opens)];
  const client = startClient({ proxies: [url(first), url(second)], limits: { connectMs: 400 } });
  const server = await startServer();
  const through = await startProxy();
  expect((await client.wayOut.proxiesFor(TARGET)?.open(TARGET, AbortSignal.timeout(5_000), 200))?.destroyed).toBe(false);
  client.wayOut.change({ proxies: [url(first), url(through)] });
  expect(text((await client.request(server, post('x'))).body)).toBe('x');
});

test('where none works each is tried, and the reason of the last is told; while all rest a call is still tried', async () => {
  const refuse = (socket: { end: (text: string) => unknown }): void => void socket.end('HTTP/1.1 407 No\r\n\r\n');
  const [first, second] = [await startProxy(refuse), await startProxy(refuse)];
  const { open } = turns([url(first), url(second)]);
  expect([await open(), await open()]).toEqual(['GOSSIP_E_PROXY', 'GOSSIP_E_PROXY']);
  expect([first.tunnels.length, second.tunnels.length]).toEqual([2, 2]);
});

test('the same proxies keep what is known of them when the configuration is read again; a wrong one changes nothing', async () => {
  const [first, second] = [await gone(), await startProxy(opens)];
  const way = new WayOut({ proxies: [first, url(second)] });
  (await way.proxiesFor(TARGET)?.open(TARGET, AbortSignal.timeout(5_000), 5_000))?.destroy();
  const before = way.status();
  expect(before[0]?.error?.code).toBe('GOSSIP_E_PROXY');
  way.change({ proxies: [first, url(second)] });
  expect(way.status()[0]?.error?.code).toBe('GOSSIP_E_PROXY');
  expect(() => way.change({ proxies: [url(second), 'nonsense'] })).toThrow(expect.objectContaining({ code: 'GOSSIP_E_PROXY' }));
  expect(way.status()).toHaveLength(2);
  way.change({});
  expect([way.status(), way.proxiesFor(TARGET)]).toEqual([[], null]);
});
