/** What operators sign in files, and hand on to others: told apart by what a file says of itself. */
import { errorAbout, GossipError } from '../../model/errors.ts';
import { decode, FILE_TYPE } from '../../trust/configuration-file.ts';
import type { ConfigurationFile } from '../../trust/configuration-file.ts';
import { decodeNoteFile, NOTE_FILE_TYPE } from '../../trust/note-file.ts';
import { decodeRecoveryFile, RECOVERY_FILE_TYPE } from '../../trust/recovery-file.ts';
import { decodeRootFile, MAX_ROOT_FILE_BYTES, ROOT_FILE_TYPE } from '../../trust/root-file.ts';
import type { PaperFile } from '../cluster/papers.ts';
import { wrongFile } from '../../trust/file-contents.ts';
import { readGiven } from '../files/given-file.ts';

export type SignedFile = { readonly kind: 'deployment'; readonly file: ConfigurationFile } | PaperFile;

/** Reads a file of any kind, as it says itself, and checks its form and hashes; signatures are checked by `verifyFile` and `inspectPaper`. */
export async function readSignedFile(path: string): Promise<SignedFile> {
  const bytes = await readGiven(path, 'configuration');
  try {
    // Only a small one is looked into for its kind: parsing the largest twice would take seconds.
    const type = bytes.length <= MAX_ROOT_FILE_BYTES ? typeIn(bytes) : undefined;
    if (type === ROOT_FILE_TYPE) return { kind: 'root', file: decodeRootFile(bytes) };
    if (type === NOTE_FILE_TYPE) return { kind: 'note', file: decodeNoteFile(bytes) };
    if (type === RECOVERY_FILE_TYPE) return { kind: 'recovery', file: decodeRecoveryFile(bytes) };
    return { kind: 'deployment', file: decode(bytes) };
  } catch (thrown) {
    throw refusal(bytes, path, thrown);
  }
}

const KINDS: ReadonlySet<string> = new Set([FILE_TYPE, ROOT_FILE_TYPE, NOTE_FILE_TYPE, RECOVERY_FILE_TYPE]);

/** A file that says itself that it is of another kind is refused as that, and not for its form. */
function refusal(bytes: Uint8Array, path: string, thrown: unknown): unknown {
  const type = typeIn(bytes);
  if (type !== undefined && KINDS.has(type)) return thrown instanceof GossipError ? errorAbout(path, thrown) : thrown;
  return wrongFile(path, 'signed file', bytes, {
    code: type === undefined ? 'GOSSIP_E_CANONICAL' : 'GOSSIP_E_SCHEMA',
    advice: "Those are made with --write FILE: 'gossip deploy --write', for one.",
    cause: thrown,
  });
}

function typeIn(bytes: Uint8Array): string | undefined {
  try {
    const { type } = JSON.parse(Buffer.from(bytes).toString()) as { readonly type?: unknown };
    return typeof type === 'string' ? type : undefined;
  } catch {
    return undefined;
  }
}
