/** Who a node is: an Ed25519 key, the id that is its hash, and the certificate that shows it in TLS. */
import { X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { GossipError } from '../model/errors.ts';
import type { NodeId } from '../model/names.ts';
import { certificateOf } from './certificate.ts';
import { fromPem, generateKey, keyidOf, toPem } from './keys.ts';
import type { HeldKey } from './keys.ts';

export interface Identity {
  readonly id: NodeId;
  readonly key: HeldKey;
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** No certificate of a node comes near this. */
const MAX_CERTIFICATE_BYTES = 4_096;

export function makeIdentity(): Identity {
  return identityOf(generateKey());
}

/** The identity whose private key was kept; its certificate is made again, the same. */
export function identityFromPem(pem: string): Identity {
  return identityOf(fromPem(pem));
}

/** The id of the node that shows this certificate. TLS has proven that it holds the key; nothing else in the certificate is believed. */
export function nodeIdOfCertificate(der: Uint8Array): NodeId {
  const key = publicKeyOf(der);
  if (key.asymmetricKeyType !== 'ed25519') throw new GossipError('GOSSIP_E_IDENTITY', "the peer's key is not Ed25519");
  return keyidOf(key.export({ format: 'der', type: 'spki' })) as NodeId;
}

function identityOf(key: HeldKey): Identity {
  return { id: key.keyid as NodeId, key, certificatePem: certificateOf(key), keyPem: toPem(key) };
}

function publicKeyOf(der: Uint8Array): KeyObject {
  if (der.length === 0 || der.length > MAX_CERTIFICATE_BYTES)
    throw new GossipError('GOSSIP_E_IDENTITY', 'the peer shows no usable certificate');
  try {
    return new X509Certificate(der).publicKey;
  } catch (cause) {
    throw new GossipError('GOSSIP_E_IDENTITY', "the peer's certificate cannot be read", { cause });
  }
}
