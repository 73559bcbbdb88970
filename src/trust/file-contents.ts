/** What a file holds that was given in the place of another: the words of a refusal, by its beginning. Of a secret nothing is shown. */
import { errorAbout, GossipError } from '../model/errors.ts';
import type { ErrorCode } from '../model/errors.ts';
import { safeText } from '../model/safe-text.ts';
import { looksLikeToken } from './token-form.ts';

/** By the type that a document of ours tells of itself. */
const TYPES: readonly [RegExp, string][] = [
  [/^gossip\/cluster\//, "a cluster file, which 'gossip cluster import' takes"],
  [/^gossip\/configuration-file\//, "a signed deployment, which 'gossip config show' shows"],
  [/^gossip\/root-file\//, "a signed change of the root, which 'gossip config show' shows"],
  [/^gossip\/note-file\//, "a signed note, which 'gossip config show' shows"],
  [/^gossip\/recovery-file\//, "a signed recovery, which 'gossip config show' shows"],
  [/^gossip\/backup\//, "a backup, which 'gossip restore' takes"],
  [/^gossip\//, 'a file of another kind'],
];
const MAX_SHOWN = 60;

/** `it is empty`, `it holds a public key`, `it is cut short or damaged` */
export function contentsOf(bytes: Uint8Array): string {
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trim();
  if (text === '') return 'it is empty';
  if (text.includes('\ufffd') || text.includes('\0')) return 'it holds bytes that are no text';
  return pemIn(text) ?? (looksLikeToken(text) ? 'it holds a join token' : (documentIn(text) ?? 'it holds something else'));
}

/** Refuses a file that is not what it was given as. */
export function wrongFile(path: string, what: string, bytes: Uint8Array, { code, advice, cause }: Refusing): GossipError {
  return new GossipError(code, `${path} is no ${what}: ${contentsOf(bytes)}`, { advice, cause });
}

/** Has an error name the file that it is about: what is well formed and does not verify. */
export function about<Value>(path: string, part: string, read: () => Value): Value {
  try {
    return read();
  } catch (thrown) {
    throw thrown instanceof GossipError ? errorAbout(part === '' ? path : `${path}: ${part}`, thrown) : thrown;
  }
}

interface Refusing {
  readonly code: ErrorCode;
  readonly advice: string;
  readonly cause?: unknown;
}

function pemIn(text: string): string | undefined {
  const [, label] = /^-----BEGIN ([A-Z0-9 ]{1,40})-----/m.exec(text) ?? [];
  if (label === undefined) return text.startsWith('-----') ? 'it is cut short or damaged' : undefined;
  const what = label.endsWith('PRIVATE KEY') ? 'a private key' : label === 'PUBLIC KEY' ? 'a public key' : `a ${label.toLowerCase()}`;
  return text.includes(`-----END ${label}-----`) ? `it holds ${what}` : `it holds the beginning of ${what}, and is cut short`;
}

function documentIn(text: string): string | undefined {
  if (!text.startsWith('{') && !text.startsWith('[')) return undefined;
  try {
    const { type } = JSON.parse(text) as { readonly type?: unknown };
    if (typeof type !== 'string') return 'it holds JSON of another kind';
    const [, known] = TYPES.find(([form]) => form.test(type)) ?? [];
    return `it is ${known ?? `a '${safeText(type, MAX_SHOWN)}'`}`;
  } catch {
    return 'it is cut short or damaged';
  }
}
