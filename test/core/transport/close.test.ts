/** A server that stops lets its requests end, and nothing more. */
import { expect, test } from 'vitest';
import { connect } from 'node:net';
import { splitAddress } from '../../../src/model/address.ts';
import { post, RawPeer, rejection, startClient, startServer, text, until } from './fixtures.ts';

test('requests under way are answered, the connection closed, and new ones refused', async () => {
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  const server = await startServer({ handler: async () => (await answered, { status: 200, body: Buffer.from('done') }) });
  const peer = await new RawPeer(server.address).say('GET /v1/status HTTP/1.1\r\nhost: a\r\n\r\n');
  await until(() => server.seen.length === 1, 'the request');
  const closed = server.server.close({ graceMs: 30_000 });
  expect((await rejection(startClient().request(server, post()))).code).toBe('GOSSIP_E_NOT_LISTENING');
  answer();
  await closed;
  expect(await peer.statuses()).toEqual([200]);
  expect(peer.received).toMatch(/connection: close[^]*\r\n\r\ndone$/i);
});

test('idle and half-open connections do not hold it up', async () => {
  const server = await startServer();
  const client = startClient();
  await client.request(server, post());
  const peer = await new RawPeer(server.address).connected();
  const halfOpen = connect(splitAddress(server.address)).on('error', () => undefined);
  await new Promise((resolve) => halfOpen.once('connect', resolve));
  await server.server.close({ graceMs: 600_000 });
  expect((await peer.end()).closed).toBe(true);
  halfOpen.destroy();
});

test('what is not done after the grace is cut, and the handler hears of it', async () => {
  let aborted = false;
  const server = await startServer({
    handler: ({ signal }) =>
      new Promise(() => {
        signal.addEventListener('abort', () => {
          aborted = true;
        });
      }),
  });
  const call = rejection(startClient().request(server, post()));
  await until(() => server.seen.length === 1, 'the request');
  await server.server.close({ graceMs: 50 });
  expect((await call).code).toBe('GOSSIP_E_UNREACHABLE');
  await until(() => aborted, 'the abort');
});

test('closing twice, or before listening, is harmless; the port is free again', async () => {
  const first = await startServer();
  await Promise.all([first.server.close({ graceMs: 100 }), first.server.close({ graceMs: 100 })]);
  const port = Number(first.address.split(':')[1]);
  const second = await startServer({ port });
  expect(text((await startClient().request(second, post('again'))).body)).toBe('again');
});
