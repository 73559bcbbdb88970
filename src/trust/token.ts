/** Join tokens: one string with all that a new node needs to be sure of its cluster and to be let in, with nobody online. */
import { deflateSync, inflateSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import * as v from 'valibot';
import type { Envelope } from '../model/deployment.ts';
import { GossipError } from '../model/errors.ts';
import { verifyDelegation } from './admission.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { canonicalBytes, parseCanonical } from './canonical.ts';
import { parseForm } from './form.ts';
import { fromSecret, toSecret } from './keys.ts';
import type { PrivateKey } from './keys.ts';
import { trustRoot } from './root.ts';
import type { TrustedRoot } from './root.ts';
import { TOKEN_PREFIX } from './token-form.ts';

const MAX_TEXT_LENGTH = 64 * 1024;
/** Inflating stops here: a short token cannot fill the memory (attack A6). */
const MAX_INFLATED_BYTES = 128 * 1024;
const CHECKSUM_BYTES = 4;

export interface JoinToken {
  readonly root: TrustedRoot;
  readonly delegation: Envelope;
  /** The delegated key. */
  readonly secret: PrivateKey;
  /** Milliseconds since 1970, or null: never. */
  readonly expires: number | null;
}

const tokenSchema = v.strictObject({ root: v.unknown(), delegation: v.unknown(), secret: v.pipe(v.string(), v.maxLength(256)) });

/** The text of a token. */
export function makeToken({ root, delegation, secret }: { root: Envelope; delegation: Envelope; secret: PrivateKey }): string {
  const body = deflateSync(canonicalBytes({ root, delegation, secret: toSecret(secret) }), { level: 9 });
  return TOKEN_PREFIX + encodeBase64(Buffer.concat([body, checksum(body)]), 'base64url');
}

/** What a token holds; white space around it is forgiven. The expiry is for the caller to judge: `refuseExpired`. */
export function parseToken(text: string): JoinToken {
  try {
    return open(text.trim());
  } catch (cause) {
    throw new GossipError('GOSSIP_E_TOKEN', `the join token cannot be used: ${(cause as Error).message}`, { cause });
  }
}

function open(text: string): JoinToken {
  const parts = parseForm(tokenSchema, unpack(text), 'token');
  const root = trustRoot(parts.root);
  const secret = fromSecret(parts.secret);
  const { public: key, expires } = verifyDelegation(parts.delegation, root);
  if (key !== secret.public) throw new GossipError('GOSSIP_E_TOKEN', 'its key is not the one that the delegation names');
  return { root, delegation: parts.delegation as Envelope, secret, expires };
}

function unpack(text: string): unknown {
  if (!text.startsWith(TOKEN_PREFIX)) throw new GossipError('GOSSIP_E_TOKEN', `it does not begin with ${TOKEN_PREFIX}`);
  if (text.length > MAX_TEXT_LENGTH) throw new GossipError('GOSSIP_E_TOKEN', 'it is too long');
  const packed = Buffer.from(decodeBase64(text.slice(TOKEN_PREFIX.length), 'token', 'base64url'));
  const body = packed.subarray(0, -CHECKSUM_BYTES);
  if (!checksum(body).equals(packed.subarray(-CHECKSUM_BYTES))) throw new GossipError('GOSSIP_E_TOKEN', 'it is damaged or cut short');
  return parseCanonical(inflateSync(body, { maxOutputLength: MAX_INFLATED_BYTES }), { maxBytes: MAX_INFLATED_BYTES, maxDepth: 8 });
}

/** Tells a copying mistake from an attack, and catches the bits that inflating ignores. */
function checksum(body: Uint8Array): Buffer {
  return createHash('sha256').update(body).digest().subarray(0, CHECKSUM_BYTES);
}
