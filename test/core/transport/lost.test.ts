/** A kept connection that ends without a word from either side is told once: the peer's process has probably died. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { LostConnections } from '../../../src/core/transport/client/lost.ts';
import { secureOptions } from '../../../src/core/transport/tls.ts';
import { formatAddress } from '../../../src/model/address.ts';
import type { NodeId } from '../../../src/model/names.ts';
import { makeIdentity } from '../../../src/trust/identity.ts';
import { post, rejection, startClient, startServer, until } from './fixtures.ts';

function lostOf(limits = {}) {
  const lost: NodeId[] = [];
  const client = startClient({ limits, onLost: (id) => void lost.push(id) });
  return { client, lost };
}

/** A peer in a process of its own, which answers every request, but that for its status. */
async function startProcess() {
  const identity = makeIdentity();
  const program = `
    const server = require('node:https').createServer(${JSON.stringify({ ...secureOptions(identity), requestCert: true, rejectUnauthorized: false })});
    server.on('request', (request, response) => request.resume().on('end', () => request.url === '/v1/status' ? console.log('asked') : response.end('here')));
    server.listen(0, '127.0.0.1', () => console.log(server.address().port));
  `;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, peer: { id: identity.id, address: formatAddress('127.0.0.1', Number(port)) } };
}

test('the process of the peer is killed: told once, whatever the number of connections, and nobody listens there any more', async () => {
  const { child, peer } = await startProcess();
  const { client, lost } = lostOf();
  await Promise.all([1, 2, 3].map(() => client.request(peer, post())));
  // One that is not made yet may not be needed any more: if that came to nothing, the peer would be left alone for a while.
  await until(() => client.connecting.underWay + client.connecting.waiting === 0, 'the end of all handshakes');
  expect(lost).toEqual([]);
  child.kill('SIGKILL');
  await until(() => lost.length > 0, 'the loss');
  await until(() => client.kept === 0, 'the end of all connections');
  expect([lost, (await rejection(client.request(peer, post()))).code]).toEqual([[peer.id], 'GOSSIP_E_NOT_LISTENING']);
});

test('it is killed with a request under way: told too', async () => {
  const { child, peer } = await startProcess();
  const { client, lost } = lostOf();
  await client.request(peer, post());
  const call = rejection(client.request(peer, { ...post(), method: 'GET', path: '/v1/status', body: new Uint8Array() }));
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  expect([(await call).code, lost]).toEqual(['GOSSIP_E_UNREACHABLE', [peer.id]]);
});

test('the peer stops in order: not told', async () => {
  const server = await startServer();
  const { client, lost } = lostOf();
  await client.request(server, post());
  await server.server.close({ graceMs: 1_000 });
  await until(() => client.kept === 0, 'the end of the connection');
  expect(lost).toEqual([]);
});

test('the peer has the connection give way to others: not told', async () => {
  const server = await startServer({ limits: { maxStrangers: 1 } });
  const { client, lost } = lostOf();
  await client.request(server, post());
  expect((await startClient().request(server, post())).status).toBe(200);
  await until(() => client.kept === 0, 'the end of the connection');
  expect([lost, (await client.request(server, post())).status]).toEqual([[], 200]);
});

test('it lay idle for too long: not told', async () => {
  const server = await startServer();
  const { client, lost } = lostOf({ idleMs: 50 });
  await client.request(server, post());
  await until(() => client.kept === 0, 'the end of the connection');
  expect(lost).toEqual([]);
});

test('a strained node keeps idle ones as many times longer, for its rounds are so much longer too; and no longer than that', async () => {
  const server = await startServer();
  let strain = 8;
  const strained = startClient({ limits: { idleMs: 400 }, strain: () => strain });
  const sound = startClient({ limits: { idleMs: 400 } });
  await Promise.all([strained.request(server, post()), sound.request(server, post())]);
  await until(() => sound.kept === 0, 'the end of the connection of a sound node');
  expect(strained.kept).toBe(1);
  await strained.request(server, post());
  expect(strained.kept).toBe(1);
  strain = 1;
  await until(() => strained.kept === 0, 'the end of that of a strained one');
});

test('it is ended by this side, or has to make room: not told', async () => {
  const [first, second] = [await startServer(), await startServer()];
  const { client, lost } = lostOf({ maxPeers: 1 });
  await client.request(first, post());
  await client.request(second, post());
  await until(() => client.kept === 1, 'the end of the first connection');
  await client.close();
  expect([client.kept, lost]).toEqual([0, []]);
});

test('the peer announces the end with its answer: not told', async () => {
  const identity = makeIdentity();
  const answer = 'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 4\r\n\r\nhere';
  const server = createServer({ ...secureOptions(identity), requestCert: true, rejectUnauthorized: false }, (socket) => {
    socket.on('error', () => undefined).once('data', () => socket.end(answer));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { client, lost } = lostOf();
  await client.request({ id: identity.id, address: formatAddress('127.0.0.1', (server.address() as AddressInfo).port) }, post());
  await until(() => client.kept === 0, 'the end of the connection');
  expect(lost).toEqual([]);
});

test('what ends later is another event', async () => {
  const lost: NodeId[] = [];
  let now = 0;
  const connections = new LostConnections(
    (id) => void lost.push(id),
    () => now,
  );
  const { Socket } = await import('node:net');
  const [a, b] = [makeIdentity().id, makeIdentity().id];
  const sockets = [a, a, b, a].map((id) => {
    const socket = new Socket();
    connections.watch(id, socket);
    return socket;
  });
  sockets[0]?.emit('end');
  sockets[1]?.emit('error', Object.assign(new Error('read ECONNRESET'), { syscall: 'read', code: 'ECONNRESET' }));
  sockets[2]?.emit('error', new Error('of our own'));
  expect(lost).toEqual([a]);
  now += 1_000;
  sockets[3]?.emit('end');
  expect(lost).toEqual([a, a]);
});
