/** DSSE envelopes: bytes and the signatures over them. Nothing in a payload is parsed before its signatures were counted (law 2). */
import { hash, verify } from 'node:crypto';
import * as v from 'valibot';
import type { Envelope } from '../model/deployment.ts';
import { GossipError } from '../model/errors.ts';
import { keyId } from '../model/forms.ts';
import type { PayloadHash } from '../model/names.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { canonicalBytes, parseCanonical } from './canonical.ts';
import { parseForm } from './form.ts';
import { publicKeyObject } from './keys.ts';
import type { PrivateKey } from './keys.ts';
import { MAX_TOLD, safeText } from '../model/safe-text.ts';

/** Most signatures of one envelope: each costs a verification (attack A6). */
export const MAX_SIGNATURES = 16;
const MAX_PAYLOAD_DEPTH = 24;
const SIGNATURE_TEXT_LENGTH = 88;

/** Whose signatures count, and how many of them are needed. */
export interface Quorum {
  /** The keys that count, by key id: public keys as base64 of their SPKI. */
  readonly keys: ReadonlyMap<string, string>;
  /** How many different keys must have signed. */
  readonly threshold: number;
}

export interface EnvelopeRules extends Quorum {
  /** What the payload is, such as `gossip/deployment/1`; signed together with it. */
  readonly payloadType: string;
  /** Others that are enough as well. */
  readonly orBy?: readonly Quorum[];
  /** Of the whole envelope as canonical JSON, signatures included. */
  readonly maxBytes: number;
}

export interface VerifiedEnvelope {
  /** The envelope with the signatures that counted, one of each key; strangers' additions do not travel on. */
  readonly envelope: Envelope;
  /** The payload's bytes. */
  readonly bytes: Uint8Array;
  readonly hash: PayloadHash;
  /** The payload, parsed from canonical JSON; its form is for the caller to check. */
  readonly payload: unknown;
}

const envelopeSchema = v.strictObject({
  payload: v.string(),
  payloadType: v.pipe(v.string(), v.maxLength(64)),
  signatures: v.pipe(
    v.array(
      v.strictObject({
        keyid: keyId,
        sig: v.pipe(v.string(), v.length(SIGNATURE_TEXT_LENGTH)),
      }),
    ),
    v.maxLength(MAX_SIGNATURES),
  ),
});

/** A new envelope around the canonical form of `payload`. */
export function signEnvelope(payloadType: string, payload: unknown, signers: readonly PrivateKey[]): Envelope {
  const unsigned: Envelope = { payload: encodeBase64(canonicalBytes(payload)), payloadType, signatures: [] };
  return signers.reduce(addSignature, unsigned);
}

/** The envelope countersigned; a second signature of one key takes the place of the first. */
export function addSignature(envelope: Envelope, signer: PrivateKey): Envelope {
  const others = envelope.signatures.filter(({ keyid }) => keyid !== signer.keyid);
  if (others.length >= MAX_SIGNATURES) throw new GossipError('GOSSIP_E_SCHEMA', `an envelope carries at most ${MAX_SIGNATURES} signatures`);
  const sig = encodeBase64(signer.sign(signedBytes(envelope.payloadType, payloadOf(envelope))));
  return { ...envelope, signatures: [...others, { keyid: signer.keyid, sig }] };
}

/** What the envelope holds, once enough different keys of the right role have signed exactly these bytes (attacks A8 and A9). */
export function verifyEnvelope(input: unknown, { payloadType, orBy = [], maxBytes, ...own }: EnvelopeRules): VerifiedEnvelope {
  const { envelope, bytes } = readEnvelope(input, { payloadType, maxBytes });
  const { counted, threshold } = countedFor([own, ...orBy], envelope, bytes);
  if (counted.length === 0) throw new GossipError('GOSSIP_E_SIGNATURE', `no valid signature of the keys that may sign a ${payloadType}`);
  if (counted.length < threshold) {
    throw new GossipError('GOSSIP_E_THRESHOLD', `${counted.length} of the ${threshold} keys that must sign a ${payloadType} have signed`);
  }
  const payload = parsePayload(bytes);
  return { envelope: { ...envelope, signatures: counted }, bytes, hash: payloadHash(bytes), payload };
}

/**
 * The same without judging whether the signatures are enough: `envelope` has those that count so far. For people who look at what they may
 * sign, never for what runs.
 */
export function inspectEnvelope(input: unknown, { payloadType, keys, maxBytes }: Omit<EnvelopeRules, 'threshold'>): VerifiedEnvelope {
  const { envelope, bytes } = readEnvelope(input, { payloadType, maxBytes });
  const signatures = countedSignatures(envelope, bytes, keys);
  return { envelope: { ...envelope, signatures }, bytes, hash: payloadHash(bytes), payload: parsePayload(bytes) };
}

/** The form of an envelope alone: nothing that it holds may be believed. */
export function readEnvelope(
  input: unknown,
  { payloadType, maxBytes }: Pick<EnvelopeRules, 'payloadType' | 'maxBytes'>,
): { envelope: Envelope; bytes: Uint8Array } {
  const envelope = parseForm(envelopeSchema, input, 'envelope');
  const size = envelope.payload.length > maxBytes ? envelope.payload.length : canonicalBytes(envelope).length;
  if (size > maxBytes) throw new GossipError('GOSSIP_E_TOO_LARGE', `a signed record of ${size} bytes, ${maxBytes} are allowed`);
  if (envelope.payloadType !== payloadType) {
    throw new GossipError('GOSSIP_E_SCHEMA', `a signed '${safeText(envelope.payloadType, MAX_TOLD)}' where a ${payloadType} is needed`);
  }
  return { envelope, bytes: payloadOf(envelope) };
}

/** The payload of an envelope whose signatures are counted elsewhere, or cannot be counted yet: a root's own. */
export function parsePayload(bytes: Uint8Array): unknown {
  return parseCanonical(bytes, { maxBytes: bytes.length, maxDepth: MAX_PAYLOAD_DEPTH });
}

export function payloadHash(bytes: Uint8Array): PayloadHash {
  return hash('sha256', bytes, 'hex') as PayloadHash;
}

/** The signatures that count for the first of the quorums that is met, or else for the first. Each is verified once, however many quorums there are. */
function countedFor(
  quorums: readonly Quorum[],
  envelope: Envelope,
  bytes: Uint8Array,
): { counted: Envelope['signatures']; threshold: number } {
  const valid = countedSignatures(envelope, bytes, new Map(quorums.flatMap(({ keys }) => [...keys])));
  const judged = quorums.map(({ keys, threshold }) => ({ counted: valid.filter(({ keyid }) => keys.has(keyid)), threshold }));
  return judged.find(({ counted, threshold }) => counted.length >= threshold) ?? judged[0] ?? { counted: [], threshold: 1 };
}

/** Valid signatures, one of each public key. A key id is only a hint of which key to try. */
function countedSignatures(envelope: Envelope, bytes: Uint8Array, keys: ReadonlyMap<string, string>): Envelope['signatures'] {
  const signed = signedBytes(envelope.payloadType, bytes);
  const byKey = new Map<string, Envelope['signatures'][number]>();
  for (const signature of envelope.signatures) {
    const key = keys.get(signature.keyid);
    if (key === undefined || byKey.has(key)) continue;
    if (verify(null, signed, publicKeyObject(key), decodeBase64(signature.sig, 'signature'))) byKey.set(key, signature);
  }
  return [...byKey.values()];
}

function payloadOf(envelope: Envelope): Uint8Array {
  return decodeBase64(envelope.payload, 'payload');
}

/** DSSE's pre-authentication encoding: type and body with their lengths, so that neither can pass for part of the other. */
function signedBytes(payloadType: string, body: Uint8Array): Uint8Array {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${body.length} `;
  return Buffer.concat([Buffer.from(head), body]);
}
