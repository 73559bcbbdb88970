/** Something else than a node answers at an address: said in words, with what to do. */
import { createServer as createPlain } from 'node:http';
import { createServer as createTcp } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { PeerClient } from '../../../src/core/transport/client/client.ts';
import { formatAddress } from '../../../src/model/address.ts';
import type { Address } from '../../../src/model/names.ts';
import { makeIdentity } from '../../../src/trust/identity.ts';
import { idAt } from '../../../src/core/transport/client/connect.ts';
import { secureContext } from '../../../src/core/transport/tls.ts';
import { connectionError } from '../../../src/operator/client/connection-error.ts';

let server: Server | undefined;
const client = new PeerClient({ identity: makeIdentity() });
afterEach(() => server?.close());

async function listening(made: Server): Promise<Address> {
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return formatAddress('127.0.0.1', (made.address() as AddressInfo).port);
}

/** The server's word of TLS for a client that it cannot agree with: fatal, handshake failure. */
const ALERT = Buffer.from([21, 3, 3, 0, 2, 2, 40]);
const FOREIGN: readonly [string, () => Server, string][] = [
  ['plain HTTP', () => createPlain(), 'speaks no TLS'],
  [
    'a greeting of another protocol',
    () => createTcp((socket) => socket.on('error', () => undefined).end('220 mail.example ESMTP\r\n')),
    'speaks no TLS',
  ],
  [
    'a TLS that takes none of our signatures',
    () => createTcp((socket) => socket.on('error', () => undefined).end(ALERT)),
    'a proxy that ends TLS',
  ],
];

test.each(FOREIGN)('%s is told to a node and to an operator', async (_what, make, words) => {
  const address = await listening(make());
  const advice = expect.stringContaining('TCP through as it is');
  const message = expect.stringContaining(words);
  const call = { method: 'GET', path: '/v1/status', timeoutMs: 5_000, maxBytes: 1_000 };
  await expect(client.request({ id: makeIdentity().id, address }, call)).rejects.toMatchObject({
    code: 'GOSSIP_E_UNREACHABLE',
    message,
    advice,
  });
  const thrown: unknown = await idAt(address, { context: secureContext(makeIdentity()), proxies: null, connectMs: 5_000 }).catch(
    (error: unknown) => error,
  );
  expect(connectionError(thrown, { name: '', address })).toMatchObject({ code: 'GOSSIP_E_UNREACHABLE', message, advice });
});
