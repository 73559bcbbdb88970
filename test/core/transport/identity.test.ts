/** Both ends know each other before the first HTTP byte (attacks B9, B14, C9). */
import { createServer } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { formatAddress, splitAddress } from '../../../src/model/address.ts';
import { peerIdOf, secureOptions } from '../../../src/core/transport/tls.ts';
import { makeIdentity } from '../../../src/trust/identity.ts';
import type { Identity } from '../../../src/trust/identity.ts';
import type { Address } from '../../../src/model/names.ts';
import { checks, post, RawPeer, rejection, startClient, startServer, text, until } from './fixtures.ts';

const STATUS = 'GET /v1/status HTTP/1.1\r\nhost: a\r\n\r\n';

describe('the server', () => {
  test('gives its handler the id of the key that the caller holds, whatever the headers say', async () => {
    const server = await startServer();
    const identity = makeIdentity();
    const client = startClient({ identity });
    const answer = await client.request(server, { ...post('hello'), headers: { from: makeIdentity().id, 'x-node-id': 'somebody' } });
    expect([answer.status, text(answer.body)]).toEqual([200, 'hello']);
    expect(server.seen.map(({ from, remoteAddress }) => [from, remoteAddress])).toEqual([[identity.id, '127.0.0.1']]);
  });

  test('ends a connection without a certificate before HTTP', async () => {
    const server = await startServer();
    const stranger = await (await new RawPeer(server.address, null).say(STATUS)).end();
    expect([stranger.received, server.seen.length]).toEqual(['', 0]);
  });

  test('without its check, somebody without a certificate is served', async () => {
    const server = await startServer({}, checks({ identify: () => makeIdentity().id }));
    const stranger = await new RawPeer(server.address, null).say(STATUS);
    expect([await stranger.statuses(), server.seen.length]).toEqual([[200], 1]);
  });

  test('accepts signatures by Ed25519 only: no peer chooses dearer mathematics', async () => {
    const server = await startServer();
    const stranger = await new RawPeer(server.address, makeIdentity(), { sigalgs: 'RSA+SHA256:ECDSA+SHA256' }).end();
    expect(stranger.secure).toBe(false);
  });

  test('speaks TLS 1.3 and nothing older', async () => {
    const server = await startServer();
    const old = await new RawPeer(server.address, makeIdentity(), { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }).end();
    const present = await new RawPeer(server.address).say(STATUS);
    expect([old.secure, present.socket.getProtocol(), await present.statuses()]).toEqual([false, 'TLSv1.3', [200]]);
  });

  test('resumes no session: every connection shows its certificate', async () => {
    const server = await startServer();
    const identity = makeIdentity();
    const sessions: Buffer[] = [];
    const first = new RawPeer(server.address, identity);
    first.socket.on('session', (session) => void sessions.push(session));
    await (await first.say(STATUS)).statuses();
    first.socket.destroy();
    const session = sessions[0] ?? first.socket.getSession();
    const second = new RawPeer(server.address, identity, session ? { session } : {});
    await (await second.say(STATUS)).statuses();
    expect([second.socket.isSessionReused(), server.seen.length]).toEqual([false, 2]);
  });

  test('a server with tickets does resume, and then no certificate is shown: that is why there are none', async () => {
    const { address, reused } = await startResumingServer(makeIdentity());
    const client = makeIdentity();
    const session = await sessionOf(address, client);
    const again = new RawPeer(address, client, { session });
    await until(() => reused().length === 2, 'two handshakes');
    expect([again.socket.isSessionReused(), reused()]).toEqual([
      true,
      [
        { reused: false, id: client.id },
        { reused: true, id: null },
      ],
    ]);
  });
});

describe('the client', () => {
  test('sends nothing to a server with another key than the one meant', async () => {
    const impostor = await startListener(makeIdentity());
    const meant = makeIdentity().id;
    const error = await rejection(startClient().request({ id: meant, address: impostor.address }, post('secret')));
    expect(error.code).toBe('GOSSIP_E_IDENTITY');
    await until(() => impostor.closed(), 'the end of the connection');
    expect(impostor.received()).toBe('');
  });

  test('without its check, the impostor is told everything', async () => {
    const impostor = await startListener(makeIdentity());
    const client = startClient({}, () => undefined);
    const call = client.request({ id: makeIdentity().id, address: impostor.address }, post('secret')).catch(() => undefined);
    await until(() => impostor.received().includes('secret'), 'the secret');
    await client.close();
    await call;
    expect(impostor.received()).toMatch(/^POST .*secret$/s);
  });

  test('keeps connections apart by peer: the right key at an address does not vouch for another id there', async () => {
    const server = await startServer();
    const client = startClient();
    expect((await client.request(server, post())).status).toBe(200);
    const error = await rejection(client.request({ id: makeIdentity().id, address: server.address }, post()));
    expect([error.code, server.seen.length]).toEqual(['GOSSIP_E_IDENTITY', 1]);
  });

  test('refuses a server of TLS 1.2', async () => {
    const identity = makeIdentity();
    const old = await startListener(identity, { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', sigalgs: undefined });
    const error = await rejection(startClient().request({ id: identity.id, address: old.address }, post('secret')));
    expect([error.code, old.received()]).toEqual(['GOSSIP_E_UNREACHABLE', '']);
  });
});

/** A TLS server that writes down all that it is sent. */
async function startListener(identity: Identity, options: object = {}) {
  const parts: string[] = [];
  let ended = false;
  const server = createServer({ ...secureOptions(identity), requestCert: true, rejectUnauthorized: false, ...options }, (socket) => {
    socket.on('data', (bytes) => void parts.push(bytes.toString()));
    socket.on('error', () => undefined);
  });
  server.on('connection', (socket) => {
    socket.once('close', () => {
      ended = true;
    });
  });
  return { address: await listening(server), received: () => parts.join(''), closed: () => ended };
}

async function startResumingServer(identity: Identity) {
  const seen: { reused: boolean; id: string | null }[] = [];
  const options = { cert: identity.certificatePem, key: identity.keyPem, requestCert: true, rejectUnauthorized: false };
  const server = createServer(options, (socket) => {
    seen.push({ reused: socket.isSessionReused(), id: peerIdOf(socket) });
    socket.on('error', () => undefined);
    socket.write('hello');
  });
  return { address: await listening(server), reused: () => seen };
}

async function listening(server: ReturnType<typeof createServer>): Promise<Address> {
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return formatAddress('127.0.0.1', (server.address() as AddressInfo).port);
}

function sessionOf(address: Address, identity: Identity): Promise<Buffer> {
  const own = { cert: identity.certificatePem, key: identity.keyPem };
  return new Promise((resolve, reject) => {
    const socket = connectTls({ ...splitAddress(address), rejectUnauthorized: false, ...own });
    socket.on('error', reject);
    socket.on('data', () => undefined);
    socket.on('session', (session) => {
      resolve(session);
      socket.destroy();
    });
  });
}
