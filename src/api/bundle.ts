/**
 * Small files of code travel together: some behind their manifest, others by lists. So a small module is here after one question. Both sides cut by the same
 * numbers: to change one of them is to change what nodes say to each other.
 */
import * as v from 'valibot';
import { GossipError } from '../model/errors.ts';
import { contentHash } from '../model/forms.ts';
import { MAX_MANIFEST_BYTES } from '../model/manifest.ts';
import type { Manifest, ManifestFile } from '../model/manifest.ts';
import type { CodeReference } from '../model/deployment.ts';
import type { ContentHash } from '../model/names.ts';
import { jsonBody, parseBody } from './body.ts';

/** Larger files are asked for one by one, and go on where they broke off. */
export const SMALL_FILE_BYTES = 64 * 1024;
/** Files of one list: what one that breaks off costs, and what a bundle costs whoever has most of it already: 8 s on a link of 64 kbit/s. */
export const MAX_LISTED_BYTES = 64 * 1024;
const MAX_LISTED_FILES = 256;
/** A list is hashes of 71 letters. */
export const MAX_LIST_BYTES = 32 * 1024;
export const MAX_BUNDLE_BYTES = MAX_MANIFEST_BYTES + 1 + MAX_LISTED_BYTES;
/** The longest line of a manifest, and what stands around the lines. */
const LONGEST_LINE_BYTES = 640;
/** Ends the manifest: a line feed, of which canonical JSON has none. */
export const MANIFEST_END = Uint8Array.of(0x0a);

/** The files in their order, in lists that travel as one; each content once, large files not at all. */
export function listsOf(files: readonly ManifestFile[]): readonly (readonly ManifestFile[])[] {
  const lists: ManifestFile[][] = [];
  const seen = new Set<ContentHash>();
  let list: ManifestFile[] = [];
  let bytes = 0;
  for (const file of files) {
    if (file.size > SMALL_FILE_BYTES || seen.has(file.sha256)) continue;
    if (list.length === 0 || list.length === MAX_LISTED_FILES || bytes + file.size > MAX_LISTED_BYTES) {
      lists.push((list = []));
      bytes = 0;
    }
    seen.add(file.sha256);
    list.push(file);
    bytes += file.size;
  }
  return lists;
}

/** The longest bundle of code that was signed so (attacks A6, A7). */
export function bundleBytes({ files, bytes }: Pick<CodeReference, 'files' | 'bytes'>): number {
  return Math.min(MAX_MANIFEST_BYTES, (files + 1) * LONGEST_LINE_BYTES) + 1 + Math.min(bytes, MAX_LISTED_BYTES);
}

/** What follows a manifest. */
export function bundledFiles({ files }: Manifest): readonly ManifestFile[] {
  return listsOf(files)[0] ?? [];
}

/** Both still to be verified. */
export function splitBundle(bundle: Uint8Array): { readonly manifest: Uint8Array; readonly files: Uint8Array } {
  const end = bundle.indexOf(MANIFEST_END[0] as number);
  if (end < 0) throw new GossipError('GOSSIP_E_CODE_MISMATCH', 'the answer is no bundle of code');
  return { manifest: bundle.subarray(0, end), files: bundle.subarray(end + 1) };
}

/** The bytes of each file; `GOSSIP_E_CODE_MISMATCH` when they are not as many as theirs. */
export function splitFiles(
  bytes: Uint8Array,
  files: readonly ManifestFile[],
): { readonly file: ManifestFile; readonly bytes: Uint8Array }[] {
  let at = 0;
  const parts = files.map((file) => ({ file, bytes: bytes.subarray(at, (at += file.size)) }));
  if (at === bytes.byteLength) return parts;
  throw new GossipError('GOSSIP_E_CODE_MISMATCH', `${bytes.byteLength} bytes for files of ${at}`);
}

const listSchema = v.pipe(v.array(contentHash), v.minLength(1), v.maxLength(MAX_LISTED_FILES));

export function encodeList(files: readonly ManifestFile[]): Uint8Array {
  return jsonBody(files.map(({ sha256 }) => sha256));
}

export function parseList(body: Uint8Array): readonly ContentHash[] {
  return parseBody(listSchema, body, 'list of files', { maxBytes: MAX_LIST_BYTES, maxDepth: 1 });
}
