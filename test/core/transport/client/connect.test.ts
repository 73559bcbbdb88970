/** How long a connection is waited for: two deadlines, one for the kernel of the other machine and one for its node. */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { connectPeer } from '../../../../src/core/transport/client/connect.ts';
import { requirePeer, secureContext } from '../../../../src/core/transport/tls.ts';
import { formatAddress, splitAddress } from '../../../../src/model/address.ts';
import type { Address } from '../../../../src/model/names.ts';
import { makeIdentity } from '../../../../src/trust/identity.ts';
import { rejection, startServer } from '../fixtures.ts';

/** Takes connections at once, as a kernel does for a node that has no time, and lets them through later. */
async function lateWayTo(address: Address): Promise<{ address: Address; letThrough(): void }> {
  const { promise: through, resolve: letThrough } = Promise.withResolvers<void>();
  const sockets = new Set<Socket>();
  const takeAndHold = async (socket: Socket): Promise<void> => {
    sockets.add(socket.on('error', () => undefined));
    await through;
    const onwards = connect(splitAddress(address)).on('error', () => undefined);
    sockets.add(onwards);
    socket.pipe(onwards).pipe(socket);
  };
  const server = createServer((socket) => void takeAndHold(socket)).listen(0, '127.0.0.1');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server, 'listening');
  return { address: formatAddress('127.0.0.1', (server.address() as AddressInfo).port), letThrough };
}

test('a node that is there and late is waited for, where the deadline is that of connecting alone', async () => {
  const { id, address } = await startServer();
  const late = await lateWayTo(address);
  const way = { context: secureContext(makeIdentity()), peer: { id, address: late.address }, proxies: null, connectMs: 1_000 };
  const patient = connectPeer({ ...way, handshakeMs: 60_000 }, requirePeer);
  // The one who waits no longer than for the connection has given up meanwhile.
  await expect(rejection(connectPeer(way, requirePeer))).resolves.toMatchObject({ code: 'GOSSIP_E_TIMEOUT' });
  late.letThrough();
  const socket = await patient;
  expect(socket.destroyed).toBe(false);
  socket.destroy();
});

test('a process that got no processor meanwhile looks whether the connection is there before it gives up', async () => {
  const { id, address } = await startServer();
  const way = { context: secureContext(makeIdentity()), peer: { id, address }, proxies: null, connectMs: 50, handshakeMs: 60_000 };
  const connecting = connectPeer(way, requirePeer);
  // The kernel takes the connection meanwhile; the deadline passes unseen.
  const until = performance.now() + 200;
  while (performance.now() < until);
  const socket = await connecting;
  expect(socket.destroyed).toBe(false);
  socket.destroy();
});

test('but not for ever', async () => {
  const { id, address } = await startServer();
  const late = await lateWayTo(address);
  const way = { context: secureContext(makeIdentity()), peer: { id, address: late.address }, proxies: null, connectMs: 60_000 };
  await expect(rejection(connectPeer({ ...way, handshakeMs: 50 }, requirePeer))).resolves.toMatchObject({
    code: 'GOSSIP_E_TIMEOUT',
    message: `${late.address} did not connect in 50 ms`,
  });
});
