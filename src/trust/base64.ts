/** Strict base64: one text for each byte string, so that no signed document has two spellings (attack C1). */
import { GossipError } from '../model/errors.ts';

/** The bytes; refuses text that is not exactly how they are encoded (padding, white space, stray bits, the other alphabet). */
export function decodeBase64(text: string, what: string, alphabet: 'base64' | 'base64url' = 'base64'): Uint8Array {
  const bytes = Buffer.from(text, alphabet);
  if (bytes.toString(alphabet) !== text) throw new GossipError('GOSSIP_E_SCHEMA', `${what}: not strict ${alphabet}`);
  return bytes;
}

export function encodeBase64(bytes: Uint8Array, alphabet: 'base64' | 'base64url' = 'base64'): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(alphabet);
}
