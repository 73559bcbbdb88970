/** Ed25519 keys: making, storing and naming them. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { GossipError } from '../model/errors.ts';
import { decodeBase64 } from './base64.ts';
import { isSealed, seal } from './sealed-key.ts';

/** A public key as documents carry it. */
export interface PublicKey {
  /** SHA-256 of the SPKI, 64 hex digits. */
  readonly keyid: string;
  /** SPKI, DER, base64. */
  readonly public: string;
}

export interface PrivateKey extends PublicKey {
  readonly key: KeyObject;
}

/** The whole SPKI of an Ed25519 key but its 32 bytes; there is no other encoding of one. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const SPKI_BYTES = SPKI_PREFIX.length + 32;

export function generateKey(): PrivateKey {
  return privateKey(generateKeyPairSync('ed25519').privateKey);
}

/** PKCS#8 PEM; encrypted when a passphrase is given. */
export function toPem(key: PrivateKey, passphrase?: string): string {
  if (passphrase === undefined) return key.key.export({ format: 'pem', type: 'pkcs8' }).toString();
  return seal(key.key.export({ format: 'der', type: 'pkcs8' }), passphrase);
}

/** The key in a PKCS#8 PEM. */
export function fromPem(pem: string, passphrase?: string): PrivateKey {
  const encrypted = isSealed(pem);
  if (encrypted && passphrase === undefined) throw new GossipError('GOSSIP_E_PASSPHRASE', 'the key is encrypted: it needs a passphrase');
  try {
    return privateKey(createPrivateKey(encrypted ? { key: pem, passphrase } : { key: pem }));
  } catch (cause) {
    if (cause instanceof GossipError) throw cause;
    if (encrypted) throw new GossipError('GOSSIP_E_PASSPHRASE', 'the passphrase does not open the key, or the key is damaged', { cause });
    throw new GossipError('GOSSIP_E_KEY', 'this is not a private key in PEM', { cause });
  }
}

/** PKCS#8, DER, base64: the form in which a join token carries its delegated key. */
export function toSecret(key: PrivateKey): string {
  return key.key.export({ format: 'der', type: 'pkcs8' }).toString('base64');
}

export function fromSecret(secret: string): PrivateKey {
  const der = Buffer.from(decodeBase64(secret, 'secret key'));
  try {
    return privateKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
  } catch (cause) {
    throw new GossipError('GOSSIP_E_KEY', 'this is not a private key', { cause });
  }
}

/** SHA-256 of the SPKI: names operators' keys, and is the id of a node. */
export function keyidOf(spki: Uint8Array): string {
  return createHash('sha256').update(spki).digest('hex');
}

/** SPKI bytes of a public key in a document; refuses every other algorithm and encoding, so that equal keys are equal text. */
export function decodePublic(text: string): Uint8Array {
  const spki = decodeBase64(text, 'public key');
  if (spki.length !== SPKI_BYTES || !SPKI_PREFIX.equals(spki.subarray(0, SPKI_PREFIX.length))) {
    throw new GossipError('GOSSIP_E_SCHEMA', 'a public key is not Ed25519');
  }
  return spki;
}

/** The key object that verifies with a public key of a document. */
export function publicKeyObject(text: string): KeyObject {
  return createPublicKey({ key: Buffer.from(decodePublic(text)), format: 'der', type: 'spki' });
}

/** The 32 bytes of a public key in base64url, as short lines carry them. */
export function rawKey({ public: text }: PublicKey): string {
  return Buffer.from(text, 'base64').subarray(SPKI_PREFIX.length).toString('base64url');
}

/** The reverse. */
export function spkiOf(raw: string): Buffer {
  return Buffer.concat([SPKI_PREFIX, Buffer.from(raw, 'base64url')]);
}

function privateKey(key: KeyObject): PrivateKey {
  if (key.asymmetricKeyType !== 'ed25519')
    throw new GossipError('GOSSIP_E_KEY', `a key of type ${key.asymmetricKeyType}; Ed25519 is needed`);
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return { keyid: keyidOf(spki), public: spki.toString('base64'), key };
}
