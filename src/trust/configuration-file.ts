/** The signed configuration file: root, deployment and code in one file, so that signing and injecting can happen at different places. */
import * as v from 'valibot';
import { MAX_RECORD_BYTES } from '../sdk/limits.ts';
import type { Deployment, Envelope } from '../model/deployment.ts';
import { GossipError } from '../model/errors.ts';
import { MAX_CODE_BYTES, MAX_MANIFEST_BYTES } from '../model/manifest.ts';
import type { Manifest } from '../model/manifest.ts';
import type { ContentHash } from '../model/names.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { canonicalBytes, parseCanonical } from './canonical.ts';
import { DEPLOYMENT_TYPE } from './deployment.ts';
import { parsePayload, readEnvelope } from './envelope.ts';
import { parseForm } from './form.ts';
import { hashBytes, manifestHash, parseManifest } from './manifest.ts';
import { MAX_ROOT_BYTES, ROOT_TYPE } from './root.ts';

export const FILE_TYPE = 'gossip/configuration-file/1';
/** The largest code in base64, and its descriptions. */
export const MAX_CONFIGURATION_FILE_BYTES = Math.ceil((MAX_CODE_BYTES * 4) / 3) + 4 * MAX_MANIFEST_BYTES;

export interface ConfigurationFile {
  readonly root: Envelope;
  readonly envelope: Envelope;
  /** Null when the deployment removes its module. */
  readonly manifest: Manifest | null;
  readonly blobs: ReadonlyMap<ContentHash, Uint8Array>;
}

const fileSchema = v.strictObject({
  type: v.literal(FILE_TYPE),
  root: v.unknown(),
  envelope: v.unknown(),
  manifest: v.unknown(),
  blobs: v.record(v.string(), v.string()),
});

/** The file's bytes; refuses one whose parts do not belong together. */
export function encode(file: ConfigurationFile): Uint8Array {
  requireConsistent(file);
  const blobs = Object.fromEntries([...file.blobs].map(([hash, bytes]) => [hash.slice('sha256:'.length), encodeBase64(bytes)]));
  return canonicalBytes({ type: FILE_TYPE, root: file.root, envelope: file.envelope, manifest: file.manifest, blobs });
}

/** What the file holds: its form, and that its parts belong together. Whether the signatures count is for the caller, who knows the cluster's root. */
export function decode(bytes: Uint8Array): ConfigurationFile {
  const value = parseCanonical(bytes, { maxBytes: MAX_CONFIGURATION_FILE_BYTES, maxDepth: 8 });
  const parts = parseForm(fileSchema, value, 'configuration file');
  const file: ConfigurationFile = {
    root: readEnvelope(parts.root, { payloadType: ROOT_TYPE, maxBytes: MAX_ROOT_BYTES }).envelope,
    envelope: readEnvelope(parts.envelope, { payloadType: DEPLOYMENT_TYPE, maxBytes: MAX_RECORD_BYTES }).envelope,
    manifest: parts.manifest === null ? null : parseManifest(canonicalBytes(parts.manifest)),
    blobs: new Map(Object.entries(parts.blobs).map(([hash, text]) => [`sha256:${hash}` as ContentHash, decodeBase64(text, 'blob')])),
  };
  requireConsistent(file);
  return file;
}

/** The manifest is the one that was signed, and the blobs are the manifest's, whole and nothing besides. */
function requireConsistent({ envelope, manifest, blobs }: ConfigurationFile): void {
  const signed = codeHashOf(envelope);
  const hash = manifest === null ? null : manifestHash(manifest);
  if (signed !== hash) mismatch(`the deployment is of code ${signed ?? 'none'}, the file holds ${hash ?? 'none'}`);
  const wanted = new Map(manifest?.files.map((file) => [file.sha256, file.size]));
  for (const [name, bytes] of blobs) {
    if (wanted.get(name) !== bytes.length || hashBytes(bytes) !== name) mismatch(`blob ${name.slice(0, 19)} is not a file of the code`);
  }
  for (const name of wanted.keys()) if (!blobs.has(name)) mismatch(`blob ${name.slice(0, 19)} is missing`);
}

/** Read without belief: only compared with what else stands in the file. */
function codeHashOf(envelope: Envelope): string | null {
  const payload = parsePayload(decodeBase64(envelope.payload, 'payload')) as Partial<Deployment> | null;
  const hash: unknown = payload?.code?.hash ?? null;
  if (hash !== null && typeof hash !== 'string') mismatch('the deployment names its code by something else than a hash');
  return hash;
}

function mismatch(what: string): never {
  throw new GossipError('GOSSIP_E_CODE_MISMATCH', what);
}
