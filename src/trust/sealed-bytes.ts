/** Bytes under a passphrase: scrypt with the work of decision 22, then AES-256-GCM, which tells what was changed from what was written. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { GossipError } from '../model/errors.ts';
import { stretched } from './sealed-key.ts';

const SALT_BYTES = 16;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Salt, nonce and tag in front of the ciphertext. `about`: what stands beside the bytes in the open, and must not be changed either. */
export function sealBytes(bytes: Uint8Array, passphrase: string, about: Uint8Array): Buffer {
  const [salt, iv] = [randomBytes(SALT_BYTES), randomBytes(IV_BYTES)];
  const cipher = createCipheriv('aes-256-gcm', stretched(passphrase, salt), iv).setAAD(about);
  const ciphertext = Buffer.concat([cipher.update(bytes), cipher.final()]);
  return Buffer.concat([salt, iv, cipher.getAuthTag(), ciphertext]);
}

/** @throws GOSSIP_E_PASSPHRASE where the passphrase is another one, or the bytes are not those that were sealed: that looks the same */
export function openBytes(sealed: Uint8Array, passphrase: string, about: Uint8Array): Buffer {
  const [iv, tag, ciphertext] = [SALT_BYTES, SALT_BYTES + IV_BYTES, SALT_BYTES + IV_BYTES + TAG_BYTES];
  try {
    const key = stretched(passphrase, sealed.subarray(0, iv));
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(iv, tag), { authTagLength: TAG_BYTES });
    decipher.setAAD(about).setAuthTag(sealed.subarray(tag, ciphertext));
    return Buffer.concat([decipher.update(sealed.subarray(ciphertext)), decipher.final()]);
  } catch (cause) {
    throw new GossipError('GOSSIP_E_PASSPHRASE', 'the passphrase does not open it', { cause });
  }
}
