/**
 * What a node says of itself in a way that others can pass on: a short line, signed with the key that its id is the hash of. A line holds the public key,
 * so that whoever knows the id can check it, and no line of one kind or cluster passes for one of another.
 */
import { verify } from 'node:crypto';
import type { ClusterId, NodeId } from '../model/names.ts';
import { keyidOf, publicKeyObject, rawKey, spkiOf } from './keys.ts';
import type { PrivateKey } from './keys.ts';

/** The key, the signature, and what is said: plain words without dots. */
const LINE = /^([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{86})\.([A-Za-z0-9_.-]{1,120})$/;
export const MAX_WORD_LENGTH = 256;

export interface OwnWord {
  readonly id: NodeId;
  readonly said: string;
}

/** `kind`: what it is, such as `gossip/farewell/1`. `said`: letters, digits, and `_ . -`. */
export function sayOwnWord(kind: string, cluster: ClusterId, said: string, key: PrivateKey): string {
  const signature = Buffer.from(key.sign(spokenBytes(kind, cluster, said))).toString('base64url');
  return `${rawKey(key)}.${signature}.${said}`;
}

/** Who says what; null where it is not signed by whoever it is of. */
export function readOwnWord(kind: string, cluster: ClusterId, line: string): OwnWord | null {
  const [, raw = '', signature = '', said = ''] = LINE.exec(line) ?? [];
  if (said === '') return null;
  const spki = spkiOf(raw);
  const isSigned = verify(
    null,
    spokenBytes(kind, cluster, said),
    publicKeyObject(spki.toString('base64')),
    Buffer.from(signature, 'base64url'),
  );
  return isSigned ? { id: keyidOf(spki) as NodeId, said } : null;
}

/** Begins otherwise than anything else that a node's key signs: a certificate is DER, and TLS puts spaces in front. */
function spokenBytes(kind: string, cluster: ClusterId, said: string): Buffer {
  return Buffer.from(`${kind}\n${cluster}\n${said}`);
}
