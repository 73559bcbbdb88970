import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { decodePublic, fromPem, fromSecret, generateKey, keyidOf, publicKeyObject, toPem, toSecret } from '../../src/trust/keys.ts';
import { isSealed, isWeaklySealed } from '../../src/trust/sealed-key.ts';
import { outcome } from './fixture.ts';

const key = generateKey();
const names = ({ keyid, public: text }: { keyid: string; public: string }) => ({ keyid, public: text });

test('a key is read back from PEM, with and without a passphrase, and from a secret', () => {
  expect(names(fromPem(toPem(key)))).toEqual(names(key));
  expect(names(fromPem(toPem(key, 'correct horse'), 'correct horse'))).toEqual(names(key));
  expect(names(fromSecret(toSecret(key)))).toEqual(names(key));
});

test('a passphrase for a key that has none does no harm', () => {
  expect(names(fromPem(toPem(key), 'unneeded'))).toEqual(names(key));
});

test('an encrypted key says that it needs a passphrase, and the right one', () => {
  const pem = toPem(key, 'correct horse');
  expect(isSealed(pem)).toBe(true);
  expect(isSealed(toPem(key))).toBe(false);
  expect(() => fromPem(pem)).toThrow('needs a passphrase');
  expect(outcome(() => fromPem(pem))).toBe('GOSSIP_E_PASSPHRASE');
  expect(outcome(() => fromPem(pem, 'wrong'))).toBe('GOSSIP_E_PASSPHRASE');
  expect(outcome(() => fromPem(pem, ''))).toBe('GOSSIP_E_PASSPHRASE');
});

/** Made with: openssl genpkey -algorithm ed25519 | openssl pkcs8 -topk8 -passout pass:horse, with and without -scrypt. */
const OF_OPENSSL = {
  scrypt: `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGTME8GCSqGSIb3DQEFDTBCMCEGCSsGAQQB2kcECzAUBAgGfd4kGq0WtgICQAAC
AQgCAQEwHQYJYIZIAWUDBAEqBBA6YR2s2xU7O1svBoN+kJE9BEDYJsoP2FU4ddgI
MeqbEPZa9bGvSh4YXxLtjmURG8cMvv612U6I349VBeTH914DY5D3JyM9Gqyiu8Pj
A0gDZjWD
-----END ENCRYPTED PRIVATE KEY-----
`,
  pbkdf2: `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhfBxHUOkTdhwICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEGVc9KDBFrY6GxZydJNO2LoEQKhx
87q6ulSQrP0dWc8nrrw2zzL89J6Gq7Mc1ZJq9nEElLFLjjC9Ykpxu1xezgCTsvQg
FFfxxiFYFu9jYqJ6v9w=
-----END ENCRYPTED PRIVATE KEY-----
`,
};

test('a passphrase is stretched by scrypt, with as much work as 2^17 blocks of 1 KiB cost, in a form that OpenSSL reads', () => {
  const pem = toPem(key, 'correct horse');
  expect(isWeaklySealed(pem)).toBe(false);
  // scrypt's identifier; then salt; N 2^14, r 8, p 8: its work is their product.
  expect(derOf(pem).toString('hex')).toMatch(/06092b06010401da47040b301c0410[0-9a-f]{32}02024000020108020108/);
  expect(createPrivateKey({ key: pem, passphrase: 'correct horse' }).asymmetricKeyType).toBe('ed25519');
  expect(derOf(toPem(key, 'correct horse'))).not.toEqual(derOf(pem));
});

test('keys that other tools and earlier versions encrypted are read, and told from those of today', () => {
  expect(fromPem(OF_OPENSSL.scrypt, 'horse').keyid).toBe(fromPem(OF_OPENSSL.pbkdf2, 'horse').keyid);
  expect(outcome(() => fromPem(OF_OPENSSL.pbkdf2, 'cow'))).toBe('GOSSIP_E_PASSPHRASE');
  const earlier = key.key.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'horse' }).toString();
  expect(fromPem(earlier, 'horse').keyid).toBe(key.keyid);
  expect([OF_OPENSSL.scrypt, OF_OPENSSL.pbkdf2, earlier, toPem(key)].map(isWeaklySealed)).toEqual([false, true, true, false]);
});

function derOf(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----[^-]*-----/g, ''), 'base64');
}

test('the key id is the hash of the public key, and tells keys apart', () => {
  expect(keyidOf(decodePublic(key.public))).toBe(key.keyid);
  expect(generateKey().keyid).not.toBe(key.keyid);
});

test.each([
  ['nothing', ''],
  ['text', 'hello'],
  ['a cut file', toPem(key).slice(0, 60)],
  ['a flipped character', toPem(key).replace('MC4CAQAw', 'MC4CAQAx')],
  ['a public key', publicKeyObject(key.public).export({ format: 'pem', type: 'spki' }).toString()],
  ['a key of another algorithm', generateKeyPairSync('x25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()],
])('%s is no key', (_name, pem) => {
  expect(outcome(() => fromPem(pem))).toBe('GOSSIP_E_KEY');
});

test('a damaged secret is no key', () => {
  expect(outcome(() => fromSecret(''))).toBe('GOSSIP_E_KEY');
  expect(outcome(() => fromSecret(key.public))).toBe('GOSSIP_E_KEY');
  expect(outcome(() => fromSecret('*'))).toBe('GOSSIP_E_SCHEMA');
});

test('a public key has one text only, and is Ed25519', () => {
  const x25519 = generateKeyPairSync('x25519').publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  for (const text of [
    '',
    'AAAA',
    `${key.public} `,
    key.public.replace('=', ''),
    key.public.replace('MC', 'NC'),
    x25519,
    key.public.slice(0, -4),
  ]) {
    expect([text, outcome(() => decodePublic(text))]).toEqual([text, 'GOSSIP_E_SCHEMA']);
  }
});
