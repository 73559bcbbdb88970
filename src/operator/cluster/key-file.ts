/** The file of an operator's private key: read, and looked after. */
import { stat } from 'node:fs/promises';
import { writeFileDurably } from '../../core/store/files/writer.ts';
import { fromPem, toPem } from '../../trust/keys.ts';
import type { HeldKey } from '../../trust/keys.ts';
import { isSealed, isWeaklySealed } from '../../trust/sealed-key.ts';
import { GossipError } from '../../model/errors.ts';
import { about, wrongFile } from '../../trust/file-contents.ts';
import { readGivenText } from '../files/given-file.ts';

/** How the owner of a key is spoken to. */
export interface KeyOwner {
  /** Asked only when the key is encrypted. */
  readonly passphrase: (path: string) => Promise<string>;
  /** Told what is not well with the file. */
  readonly remark?: (text: string) => void;
  /** What signs in place of the key in the cluster's directory, where the owner chose something else. */
  readonly instead?: () => SignsInstead | null;
}

/** A program that signs, or the file of a key. */
export type SignsInstead = { readonly program: string } | { readonly file: string };

/** Group and others. */
const NOT_MINE = 0o077;

/** A private key in a PEM file that somebody else may look after. */
export async function readKey(path: string, owner: KeyOwner): Promise<HeldKey> {
  const { key, pem } = await open(path, owner);
  if (isWeaklySealed(pem)) {
    owner.remark?.(
      `${path} is encrypted in an old way; make a better copy with: openssl pkcs8 -topk8 -scrypt -scrypt_p 8 -in ${path} -out FILE`,
    );
  }
  return key;
}

/** The same of a file in the operator's own directory: one that an earlier version encrypted is encrypted anew. */
export async function readOwnKey(path: string, owner: KeyOwner): Promise<HeldKey> {
  const { key, pem, passphrase } = await open(path, owner);
  if (passphrase !== undefined && isWeaklySealed(pem)) await encryptAnew(path, key, passphrase, owner);
  return key;
}

async function open(path: string, { passphrase: ask, remark }: KeyOwner): Promise<{ key: HeldKey; pem: string; passphrase?: string }> {
  const pem = await readGivenText(path, 'key');
  const { mode } = await stat(path);
  if ((mode & NOT_MINE) !== 0 && isPrivate(pem)) {
    remark?.(`Others than you may read ${path} (mode 0${(mode & 0o777).toString(8)}); close it with: chmod 600 ${path}`);
  }
  if (!isSealed(pem)) return { key: openPem(pem, path), pem };
  wholePem(pem, path);
  const passphrase = await ask(path);
  return { key: about(path, '', () => fromPem(pem, passphrase)), pem, passphrase };
}

/** A private key as it lies in its file, and opened; not opened where it is under a passphrase, for which nobody is asked: then it is whole at least. */
export async function unaskedKey(path: string): Promise<{ readonly pem: string; readonly key: HeldKey | null }> {
  const pem = await readGivenText(path, 'key');
  return isSealed(pem) ? { pem: wholePem(pem, path), key: null } : { pem, key: openPem(pem, path) };
}

/** The key in a file; refuses what is none, and says what it is instead. */
function openPem(pem: string, path: string): HeldKey {
  if (!isPrivate(pem)) throw noKey(path, pem);
  try {
    return fromPem(pem);
  } catch (cause) {
    throw cause instanceof GossipError && isWhole(pem)
      ? new GossipError(cause.code, `${path}: ${cause.message}`, { cause, advice: ANOTHER })
      : noKey(path, pem, cause);
  }
}

/** Nobody is asked for the passphrase of what is cut short. */
function wholePem(pem: string, path: string): string {
  if (isWhole(pem)) return pem;
  throw noKey(path, pem);
}

function isPrivate(pem: string): boolean {
  return /^-----BEGIN [A-Z ]*PRIVATE KEY-----/m.test(pem);
}

function isWhole(pem: string): boolean {
  return /-----END [A-Z ]*PRIVATE KEY-----/.test(pem);
}

const ANOTHER = "Give the file of an Ed25519 private key, from the backup where it is damaged; 'gossip key new FILE' makes one.";

function noKey(path: string, pem: string, cause?: unknown): GossipError {
  return wrongFile(path, 'private key', Buffer.from(pem), { code: 'GOSSIP_E_KEY', advice: ANOTHER, cause });
}

/** Copies that were made before stay as weak as they were, so that it is said. */
async function encryptAnew(path: string, key: HeldKey, passphrase: string, { remark }: KeyOwner): Promise<void> {
  try {
    await writeFileDurably(path, Buffer.from(toPem(key, passphrase)), { mode: 0o600 });
    remark?.(`${path} is now encrypted with scrypt, so that its passphrase is harder to guess; replace older copies of it.`);
  } catch (error) {
    remark?.(`${path} is encrypted in an old way, and could not be encrypted anew: ${(error as Error).message}`);
  }
}
