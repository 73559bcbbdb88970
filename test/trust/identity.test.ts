import { X509Certificate, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { isNodeId } from '../../src/model/names.ts';
import { identityFromPem, makeIdentity, nodeIdOfCertificate } from '../../src/trust/identity.ts';
import { toPem } from '../../src/trust/keys.ts';
import { outcome } from './fixture.ts';

const identity = makeIdentity();
const { raw } = new X509Certificate(identity.certificatePem);
const shownBy = (socket: TLSSocket) => nodeIdOfCertificate(socket.getPeerX509Certificate()?.raw ?? new Uint8Array());

test('a node keeps its id and its certificate when its key is read back', () => {
  const { id, certificatePem, keyPem } = identityFromPem(identity.keyPem);
  expect({ id, certificatePem, keyPem }).toEqual({ id: identity.id, certificatePem: identity.certificatePem, keyPem: identity.keyPem });
  expect(isNodeId(identity.id)).toBe(true);
});

test('a damaged or encrypted node key is refused', () => {
  expect(outcome(() => identityFromPem(identity.keyPem.slice(0, 70)))).toBe('GOSSIP_E_KEY');
  expect(outcome(() => identityFromPem(toPem(identity.key, 'secret')))).toBe('GOSSIP_E_PASSPHRASE');
});

test('the certificate is self-signed and holds at every time a clock can show', () => {
  const certificate = new X509Certificate(identity.certificatePem);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.subject).toBe(`CN=${identity.id.slice(0, 32)}`);
  expect(certificate.validFrom).toContain('1970');
  expect(certificate.validTo).toContain('9999');
});

test('the id comes from the key in the certificate', () => {
  expect(nodeIdOfCertificate(raw)).toBe(identity.id);
  expect(nodeIdOfCertificate(new X509Certificate(makeIdentity().certificatePem).raw)).not.toBe(identity.id);
});

test.each([
  ['no certificate', new Uint8Array()],
  ['garbage', Uint8Array.of(1, 2, 3)],
  ['a cut certificate', raw.subarray(0, 100)],
  ['a huge one', new Uint8Array(1_000_000)],
  ['a bare public key', generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' })],
])('%s has no id', (_name, der) => {
  expect(outcome(() => nodeIdOfCertificate(der))).toBe('GOSSIP_E_IDENTITY');
});

test('both sides of a TLS 1.3 connection learn who the other is', async () => {
  const [a, b] = [makeIdentity(), makeIdentity()];
  const common = { rejectUnauthorized: false, minVersion: 'TLSv1.3' } as const;
  const server = createServer({ ...common, key: a.keyPem, cert: a.certificatePem, requestCert: true }, (socket) =>
    socket.end(shownBy(socket)),
  );
  onTestFinished(() => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect({ ...common, port, host: '127.0.0.1', key: b.keyPem, cert: b.certificatePem });
  onTestFinished(() => void client.destroy());
  await once(client, 'secureConnect');
  expect(shownBy(client)).toBe(a.id);
  const [seen] = (await once(client, 'data')) as [Buffer];
  expect(seen.toString()).toBe(b.id);
});
