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
import type { HeldKey } from './keys.ts';
import { extendRoot } from './next-root.ts';
import { trustRoot } from './root.ts';
import type { TrustedRoot } from './root.ts';
import { LATER_TOKEN_PREFIX, TOKEN_PREFIX } from './token-form.ts';

const MAX_TEXT_LENGTH = 64 * 1024;
/** Inflating stops here: a short token cannot fill the memory (attack A6). */
const MAX_INFLATED_BYTES = 128 * 1024;
/** A token with hundreds of steps of the root is long. */
const MORE_WITH_STEPS = 15;
const CHECKSUM_BYTES = 4;

export interface JoinToken {
  readonly root: TrustedRoot;
  readonly delegation: Envelope;
  /** The delegated key. */
  readonly secret: HeldKey;
  /** Milliseconds since 1970, or null: never. */
  readonly expires: number | null;
}

const fields = { root: v.unknown(), delegation: v.unknown(), secret: v.pipe(v.string(), v.maxLength(256)) };
const tokenSchema = v.strictObject(fields);
const laterSchema = v.strictObject({ ...fields, steps: v.array(v.unknown()) });

export interface TokenParts {
  readonly root: Envelope;
  readonly delegation: Envelope;
  readonly secret: HeldKey;
  /** From that root to the newest: by some of them the delegation is signed. */
  readonly steps?: readonly Envelope[];
}

/** The text of a token. */
export function makeToken({ root, delegation, secret, steps = [] }: TokenParts): string {
  const isFirst = steps.length === 0;
  const parts = { root, delegation, secret: toSecret(secret), ...(!isFirst && { steps }) };
  const body = deflateSync(canonicalBytes(parts), { level: 9 });
  return (isFirst ? TOKEN_PREFIX : LATER_TOKEN_PREFIX) + encodeBase64(Buffer.concat([body, checksum(body)]), 'base64url');
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
  const { parts, root } = rootIn(text);
  const secret = fromSecret(parts.secret);
  const { public: key, expires } = verifyDelegation(parts.delegation, root);
  if (key !== secret.public) throw new GossipError('GOSSIP_E_TOKEN', 'its key is not the one that the delegation names');
  return { root, delegation: parts.delegation as Envelope, secret, expires };
}

function rootIn(text: string): { parts: v.InferOutput<typeof tokenSchema>; root: TrustedRoot } {
  if (text.startsWith(LATER_TOKEN_PREFIX)) {
    const parts = parseForm(laterSchema, unpack(text, LATER_TOKEN_PREFIX, MORE_WITH_STEPS), 'token');
    return { parts, root: extendRoot(trustRoot(parts.root), parts.steps) };
  }
  const parts = parseForm(tokenSchema, unpack(text, TOKEN_PREFIX), 'token');
  return { parts, root: trustRoot(parts.root) };
}

function unpack(text: string, prefix: string, times = 1): unknown {
  if (!text.startsWith(prefix)) throw new GossipError('GOSSIP_E_TOKEN', `it does not begin with ${TOKEN_PREFIX}`);
  if (text.length > times * MAX_TEXT_LENGTH) throw new GossipError('GOSSIP_E_TOKEN', 'it is too long');
  const packed = bytesIn(text.slice(prefix.length));
  const body = packed.subarray(0, -CHECKSUM_BYTES);
  if (!checksum(body).equals(packed.subarray(-CHECKSUM_BYTES))) throw new GossipError('GOSSIP_E_TOKEN', 'it is damaged or cut short');
  const maxBytes = times * MAX_INFLATED_BYTES;
  return parseCanonical(inflateSync(body, { maxOutputLength: maxBytes }), { maxBytes, maxDepth: 8 });
}

/** A token that is cut anywhere is no base64url either; its reader has not to know that. */
function bytesIn(text: string): Buffer {
  try {
    return Buffer.from(decodeBase64(text, 'token', 'base64url'));
  } catch (cause) {
    throw new GossipError('GOSSIP_E_TOKEN', 'it is damaged or cut short', { cause });
  }
}

/** Tells a copying mistake from an attack, and catches the bits that inflating ignores. */
function checksum(body: Uint8Array): Buffer {
  return createHash('sha256').update(body).digest().subarray(0, CHECKSUM_BYTES);
}
