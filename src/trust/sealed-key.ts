/**
 * A private key under a passphrase: PKCS#8 in PEM, encrypted by PBES2 with scrypt and AES-256 (RFC 5958, 8018, 7914). A standard form, which Node and
 * OpenSSL read by themselves; it is only written here, because Node writes nothing better than PBKDF2 of 2,048 rounds.
 */
import { createCipheriv, randomBytes, scryptSync } from 'node:crypto';
import { DER, element, pemOf } from './der.ts';

/**
 * One try of a passphrase costs half a second of a processor: eight times 16 MiB one after another, as much work as one time 128 MiB, which OWASP
 * advises. OpenSSL refuses to read what needs more than 32 MiB at once.
 */
const COST = { cost: 2 ** 14, blockSize: 8, parallelization: 8 };
/** The same numbers in DER. */
const NUMBERS = [Buffer.from('02024000', 'hex'), Buffer.from('020108', 'hex'), Buffer.from('020108', 'hex')];

const LABEL = 'ENCRYPTED PRIVATE KEY';
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const IV_BYTES = 16;
/** Object identifiers, as DER writes their values. */
const PBES2 = Buffer.from('2a864886f70d01050d', 'hex');
const SCRYPT = Buffer.from('2b06010401da47040b', 'hex');
const AES_256_CBC = Buffer.from('60864801650304012a', 'hex');

/** Whether a PEM holds a key under a passphrase, in whatever way. */
export function isSealed(pem: string): boolean {
  return pem.includes(`-----BEGIN ${LABEL}-----`);
}

/** Whether a passphrase is guessed as cheaply as in files of earlier versions. */
export function isWeaklySealed(pem: string): boolean {
  const [, body] = new RegExp(`-----BEGIN ${LABEL}-----([^-]*)-----END`).exec(pem) ?? [];
  return body !== undefined && !Buffer.from(body, 'base64').includes(SCRYPT);
}

/** Encrypts a key (PKCS#8, DER). */
export function seal(der: Uint8Array, passphrase: string): string {
  const salt = randomBytes(SALT_BYTES);
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-cbc', stretched(passphrase, salt), iv);
  const ciphertext = Buffer.concat([cipher.update(der), cipher.final()]);
  const derivation = sequence(object(SCRYPT), sequence(element(DER.octets, salt), ...NUMBERS));
  const encryption = sequence(object(AES_256_CBC), element(DER.octets, iv));
  const algorithm = sequence(object(PBES2), sequence(derivation, encryption));
  return pemOf(LABEL, sequence(algorithm, element(DER.octets, ciphertext)));
}

/** The 32 bytes that a passphrase stands for, with the salt; takes a third of a second. */
export function stretched(passphrase: string, salt: Uint8Array): Buffer {
  return scryptSync(passphrase, salt, KEY_BYTES, COST);
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => element(DER.sequence, ...parts);
const object = (id: Uint8Array): Buffer => element(DER.object, id);
