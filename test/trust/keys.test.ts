import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  decodePublic,
  fromPem,
  fromSecret,
  generateKey,
  isEncrypted,
  keyidOf,
  publicKeyObject,
  toPem,
  toSecret,
} from '../../src/trust/keys.ts';
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
  expect(isEncrypted(pem)).toBe(true);
  expect(isEncrypted(toPem(key))).toBe(false);
  expect(() => fromPem(pem)).toThrow('needs a passphrase');
  expect(outcome(() => fromPem(pem))).toBe('GOSSIP_E_PASSPHRASE');
  expect(outcome(() => fromPem(pem, 'wrong'))).toBe('GOSSIP_E_PASSPHRASE');
  expect(outcome(() => fromPem(pem, ''))).toBe('GOSSIP_E_PASSPHRASE');
});

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
