/** Manifests of code: their one valid form and their hash, which is the code version (attack C4). */
import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { GossipError } from '../model/errors.ts';
import type { CodeReference } from '../model/deployment.ts';
import { MAX_CODE_BYTES, MAX_FILES, MAX_MANIFEST_BYTES } from '../model/manifest.ts';
import type { Manifest, ManifestFile } from '../model/manifest.ts';
import { contentHash } from '../model/forms.ts';
import type { ContentHash } from '../model/names.ts';
import { canonicalBytes, parseCanonical } from './canonical.ts';
import { isCodePath } from './code-path.ts';
import { parseForm } from './form.ts';
import { MAX_TOLD, safeText } from '../model/safe-text.ts';

const manifestSchema = v.strictObject({
  type: v.literal('gossip/manifest/1'),
  files: v.array(
    v.strictObject({
      path: v.string(),
      size: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER)),
      sha256: contentHash,
    }),
  ),
});

/** The manifest in these bytes, when they are canonical and every rule of code holds. */
export function parseManifest(bytes: Uint8Array): Manifest {
  const manifest = parseForm(manifestSchema, parseCanonical(bytes, { maxBytes: MAX_MANIFEST_BYTES, maxDepth: 3 }), 'manifest');
  checkRules(manifest);
  return manifest;
}

/** The canonical bytes of a manifest; refuses one that no node would take. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  checkRules(parseForm(manifestSchema, manifest, 'manifest'));
  const bytes = canonicalBytes(manifest);
  if (bytes.length > MAX_MANIFEST_BYTES) limit(`a manifest of ${bytes.length} bytes, ${MAX_MANIFEST_BYTES} are allowed`);
  return bytes;
}

/** The code version that a manifest describes. */
export function manifestHash(manifest: Manifest): ContentHash {
  return hashBytes(encodeManifest(manifest));
}

/** `sha256:` and the hash of these bytes. */
export function hashBytes(bytes: Uint8Array): ContentHash {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as ContentHash;
}

/** Whether it is the manifest of the code that was signed: its hash, and what the signature bounds (attack A6). */
export function isManifestOf({ hash, bytes, files }: Pick<CodeReference, 'hash' | 'bytes' | 'files'>, manifest: Manifest): boolean {
  return manifestHash(manifest) === hash && sizeOf(manifest) === bytes && manifest.files.length === files;
}

/** All its files together, in bytes. */
export function sizeOf({ files }: Manifest): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}

function checkRules(manifest: Manifest): void {
  const { files } = manifest;
  if (files.length === 0) throw new GossipError('GOSSIP_E_CODE_PATH', 'the code holds no files');
  if (files.length > MAX_FILES) limit(`${files.length} files, ${MAX_FILES} are allowed`);
  const bytes = sizeOf(manifest);
  if (bytes > MAX_CODE_BYTES) limit(`${bytes} bytes of code, ${MAX_CODE_BYTES} are allowed`);
  for (const { path } of files) if (!isCodePath(path)) refuse(path, 'is not a plain name');
  refuseDisorder(files);
  refuseClashes(files);
}

function refuseDisorder(files: readonly ManifestFile[]): void {
  files.forEach(({ path }, at) => {
    const before = files[at - 1]?.path;
    if (before !== undefined && before >= path) refuse(path, before === path ? 'is listed twice' : `stands after '${before}'`);
  });
}

/** One directory tree on every file system: no two spellings of one name, and no name that is both file and directory. */
function refuseClashes(files: readonly ManifestFile[]): void {
  const seen = new Map<string, { spelling: string; file: boolean }>();
  for (const { path } of files) {
    for (let end = path.indexOf('/'); ; end = path.indexOf('/', end + 1)) {
      const file = end === -1;
      const spelling = file ? path : path.slice(0, end);
      const other = seen.get(spelling.toLowerCase());
      if (other !== undefined && (other.spelling !== spelling || other.file || file)) refuse(path, `clashes with '${other.spelling}'`);
      seen.set(spelling.toLowerCase(), { spelling, file });
      if (file) break;
    }
  }
}

function refuse(path: string, why: string): never {
  throw new GossipError('GOSSIP_E_CODE_FILE', `'${safeText(path, MAX_TOLD)}' ${why}`);
}

function limit(what: string): never {
  throw new GossipError('GOSSIP_E_CODE_LIMIT', what);
}
