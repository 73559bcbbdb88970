/** Ed25519 keys: making, storing and naming them. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { GossipError } from '../model/errors.ts';
import { decodeBase64 } from './base64.ts';
import { pemOf } from './der.ts';
import { isSealed, seal } from './sealed-key.ts';

/** A public key as documents carry it. */
export interface PublicKey {
  /** SHA-256 of the SPKI, 64 hex digits. */
  readonly keyid: string;
  /** SPKI, DER, base64. */
  readonly public: string;
}

/** A key that signs, wherever it lies: in this process, or in hardware behind a program. */
export interface PrivateKey extends PublicKey {
  /** The Ed25519 signature of these bytes: 64 bytes. One that lies elsewhere may ask a person first, and fail with a coded error. */
  sign(bytes: Uint8Array): Uint8Array;
}

/** One that this process holds, and can write to a file. */
export interface HeldKey extends PrivateKey {
  readonly key: KeyObject;
}

class KeyInMemory implements HeldKey {
  readonly keyid: string;
  readonly public: string;
  readonly key: KeyObject;
  constructor(key: KeyObject) {
    const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
    this.keyid = keyidOf(spki);
    this.public = spki.toString('base64');
    this.key = key;
  }
  sign(bytes: Uint8Array): Uint8Array {
    return sign(null, bytes, this.key);
  }
}

/** The whole SPKI of an Ed25519 key but its 32 bytes; there is no other encoding of one. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const SPKI_BYTES = SPKI_PREFIX.length + 32;

export function generateKey(): HeldKey {
  return privateKey(generateKeyPairSync('ed25519').privateKey);
}

/** PKCS#8 PEM; encrypted when a passphrase is given. */
export function toPem(key: HeldKey, passphrase?: string): string {
  if (passphrase === undefined) return key.key.export({ format: 'pem', type: 'pkcs8' }).toString();
  return seal(key.key.export({ format: 'der', type: 'pkcs8' }), passphrase);
}

/** The key in a PKCS#8 PEM. */
export function fromPem(pem: string, passphrase?: string): HeldKey {
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
export function toSecret(key: HeldKey): string {
  return key.key.export({ format: 'der', type: 'pkcs8' }).toString('base64');
}

export function fromSecret(secret: string): HeldKey {
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

/** The public half as people hand it on: SPKI in PEM, as `openssl pkey -pubout` writes it. */
export function toPublicPem(key: PublicKey): string {
  return pemOf('PUBLIC KEY', Buffer.from(key.public, 'base64'));
}

/** The key in such a PEM. Throws where there is none, or one of another kind. */
export function fromPublicPem(pem: string): PublicKey {
  const spki = createPublicKey(pem).export({ format: 'der', type: 'spki' });
  const text = spki.toString('base64');
  decodePublic(text);
  return { keyid: keyidOf(spki), public: text };
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

function privateKey(key: KeyObject): HeldKey {
  if (key.asymmetricKeyType !== 'ed25519')
    throw new GossipError('GOSSIP_E_KEY', `a key of type ${key.asymmetricKeyType}; Ed25519 is needed`);
  return new KeyInMemory(key);
}
