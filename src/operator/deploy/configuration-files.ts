/** Signed configuration files: a deployment with its code, to be looked at, countersigned and injected by others. */
import { errorAbout, GossipError } from '../../model/errors.ts';
import type { Envelope, VerifiedDeployment } from '../../model/deployment.ts';
import type { ContentHash } from '../../model/names.ts';
import { decode, encode, FILE_TYPE } from '../../trust/configuration-file.ts';
import type { ConfigurationFile } from '../../trust/configuration-file.ts';
import { inspectDeployment, verifyDeployment } from '../../trust/deployment.ts';
import type { UnfinishedDeployment } from '../../trust/deployment.ts';
import { addSignature } from '../../trust/envelope.ts';
import type { PrivateKey } from '../../trust/keys.ts';
import { decodeRootFile, MAX_ROOT_FILE_BYTES, ROOT_FILE_TYPE } from '../../trust/root-file.ts';
import type { RootFile } from '../../trust/root-file.ts';
import { nextRoot, versionIn } from '../../trust/next-root.ts';
import { roleOf, trustRoot } from '../../trust/root.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import { requireRole } from '../cluster/lacking-role.ts';
import type { CodeSource } from './code-source.ts';
import { wrongFile } from '../../trust/file-contents.ts';
import { readGiven } from '../files/given-file.ts';
import { writeNamed } from '../files/written-file.ts';

/** The bytes of the file that carries `envelope` and its code; a removal has none. */
export async function packFile(root: TrustedRoot, envelope: Envelope, code: CodeSource | null): Promise<Uint8Array> {
  if (code === null) return encode({ root: root.envelope, envelope, manifest: null, blobs: new Map() });
  const manifest = await code.manifest();
  const blobs = new Map<ContentHash, Uint8Array>();
  for (const { sha256 } of manifest.files) blobs.set(sha256, await code.blob(sha256));
  return encode({ root: root.envelope, envelope, manifest, blobs });
}

/** What operators sign in files, and hand on to others. */
export type SignedFile =
  | { readonly kind: 'deployment'; readonly file: ConfigurationFile }
  | { readonly kind: 'root'; readonly file: RootFile };

/** Reads a file of either kind, as it says itself, and checks its form and hashes; signatures are checked by `verifyFile` and `inspectRootFile`. */
export async function readSignedFile(path: string): Promise<SignedFile> {
  const bytes = await readGiven(path, 'configuration');
  try {
    // Only a small one is looked into for its kind: parsing the largest twice would take seconds.
    if (bytes.length <= MAX_ROOT_FILE_BYTES && typeIn(bytes) === ROOT_FILE_TYPE) return { kind: 'root', file: decodeRootFile(bytes) };
    return { kind: 'deployment', file: decode(bytes) };
  } catch (thrown) {
    const type = typeIn(bytes);
    const isOurs = type === FILE_TYPE || type === ROOT_FILE_TYPE;
    if (isOurs) throw thrown instanceof GossipError ? errorAbout(path, thrown) : thrown;
    // One that says itself that it is of another kind is refused as that, and not for its form.
    const code = type === undefined ? 'GOSSIP_E_CANONICAL' : 'GOSSIP_E_SCHEMA';
    throw wrongFile(path, 'signed file', bytes, {
      code,
      advice: "Those are made with --write FILE: 'gossip deploy --write', for one.",
      cause: thrown,
    });
  }
}

function typeIn(bytes: Uint8Array): string | undefined {
  try {
    const { type } = JSON.parse(Buffer.from(bytes).toString()) as { readonly type?: unknown };
    return typeof type === 'string' ? type : undefined;
  } catch {
    return undefined;
  }
}

/** Law 2: the operator's own root decides; the one in the file is only checked to be of the same cluster and whole. */
export function verifyFile(file: ConfigurationFile, root: TrustedRoot): VerifiedDeployment {
  requireRoot(file.root, root);
  return verifyDeployment(file.envelope, root);
}

/** The same for looking at, whatever signatures are still missing. */
export function inspectFile(file: ConfigurationFile, root: TrustedRoot): UnfinishedDeployment {
  requireRoot(file.root, root);
  return inspectDeployment(file.envelope, root);
}

export interface Countersigned {
  /** How many of the needed ones it has now. */
  readonly signatures: number;
  readonly threshold: number;
  /** Whether the key had signed it before: then one operator signed twice, and another is waited for. */
  readonly again: boolean;
}

/** Adds a signature to a file. Refuses a key that may not sign. */
export async function countersignFile(options: {
  readonly file: ConfigurationFile;
  readonly output: string;
  /** Of the cluster, for people. */
  readonly name: string;
  readonly root: TrustedRoot;
  readonly key: PrivateKey;
}): Promise<Countersigned> {
  const { file, name, root, key } = options;
  const { threshold } = roleOf(root.root, 'deploy');
  requireRole({ name, root }, key, 'deploy', 'sign deployments of');
  requireRoot(file.root, root);
  const signed = { ...file, envelope: addSignature(file.envelope, key) };
  // Every rule but the number of signatures is checked before the file is changed.
  const signatures = signedBy(signed.envelope, root);
  await writeNamed(options.output, encode(signed));
  return { signatures, threshold, again: file.envelope.signatures.some(({ keyid }) => keyid === key.keyid) };
}

/** The root in a file must be one of those that led to the operator's own: it says which cluster and which change of its root the signers had before them. */
function requireRoot(envelope: Envelope, held: TrustedRoot): void {
  const version = versionIn(envelope);
  if (version === 1) return void trustRoot(envelope, held.cluster);
  // Its signatures are checked as well: a file is whole, or refused.
  for (let at: TrustedRoot | null = held; at?.previous; at = at.previous) {
    if (at.envelope.payload === envelope.payload) return void nextRoot(at.previous, envelope);
  }
  throw new GossipError('GOSSIP_E_ROOT_VERSION', `the file was made under version ${version} of a root, which is not known here`, {
    advice: "Take over the newest root: 'gossip cluster show'.",
  });
}

function signedBy(envelope: Envelope, root: TrustedRoot): number {
  return inspectDeployment(envelope, root).envelope.signatures.length;
}

/** The code in a file, for a node that lacks it; null for a removal. */
export function codeInFile(file: ConfigurationFile, record: VerifiedDeployment): CodeSource | null {
  const { code } = record.deployment;
  const { manifest } = file;
  if (code === null || manifest === null) return null;
  return {
    reference: code,
    manifest: () => Promise.resolve(manifest),
    blob: (hash) => {
      const bytes = file.blobs.get(hash);
      return bytes === undefined
        ? Promise.reject(new GossipError('GOSSIP_E_CODE_ABSENT', `the file lacks ${hash}`))
        : Promise.resolve(bytes);
    },
  };
}
