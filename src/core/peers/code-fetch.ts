/** Fetches one code version from one peer: its manifest with the first small files, then what is missing, each file verified (attacks A1, A6, A7). */
import { bundleBytes, bundledFiles, encodeList, listsOf, SMALL_FILE_BYTES, splitBundle, splitFiles } from '../../api/bundle.ts';
import { callTo } from '../../api/routes.ts';
import type { CodeReference } from '../../model/deployment.ts';
import { mapBounded } from '../../model/map-bounded.ts';
import type { Manifest, ManifestFile } from '../../model/manifest.ts';
import type { ContentHash, Peer } from '../../model/names.ts';
import { GossipError } from '../../model/errors.ts';
import { isManifestOf, parseManifest } from '../../trust/manifest.ts';
import type { ContentStore } from '../store/code/content-store.ts';
import { piecedFiles, piecesEntry } from '../../trust/pieces.ts';
import { fetchBlob } from './blob-fetch.ts';
import type { PeerCalls } from './peer-calls.ts';
import { beginning, Source, SourceBusy } from './source.ts';

/** For a manifest, and for each of its lines: what 64 kbit/s need. */
const MANIFEST_MS = 5_000;
const MANIFEST_LINE_MS = 25;
/** Questions at the same time: each costs a round trip. One connection is left for gossip. */
const FETCH_WIDTH = 3;
/** Small files written at the same time: each waits for a sync of the disk. */
const WRITE_WIDTH = 8;

export interface Fetching {
  readonly calls: PeerCalls;
  readonly store: ContentStore;
  /** How long the source may be silent after each question. */
  readonly patienceMs: number;
  /** How long it may wait for the code itself; null, by default: that is up to the source. */
  readonly waitMs?: number | null;
  /** In milliseconds, of a clock that only runs forward. */
  readonly now?: () => number;
  /** Fetches the large files in pieces, and says whether it did: not every code has pieces, and not every source knows them. */
  readonly inPieces?: () => Promise<boolean>;
}

/** Resolves when the code is whole and verified in the store; what arrived before a failure stays, for the next source. */
export async function fetchCode(fetching: Fetching, code: CodeReference, from: Peer): Promise<void> {
  const { store, calls, patienceMs, waitMs = null, now = () => performance.now(), inPieces = () => Promise.resolve(false) } = fetching;
  const source = new Source(from, { calls, patienceMs, waitMs, now });
  const manifest = (await store.manifest(code.hash)) ?? (await fetchManifest(store, source, code));
  const missing = new Set(await store.missing(code.hash));
  const files = manifest.files.filter(({ sha256 }) => missing.delete(sha256));
  const alone = (file: ManifestFile) => () => fetchBlob(store, source, code.hash, file);
  /** Small files of a source that knows no lists. */
  const unlisted: ManifestFile[] = [];
  const lists = listsOf(files).map((list) => async () => {
    if (!(await fetchList(store, source, code.hash, list))) unlisted.push(...list);
  });
  const large = files.filter(({ size }) => size > SMALL_FILE_BYTES);
  const pieced = piecesEntry(manifest) ? piecedFiles(large) : [];
  await fetchAll([...lists, ...large.filter((file) => !pieced.includes(file)).map(alone)], source);
  await fetchAll(unlisted.map(alone), source);
  if (pieced.length > 0 && !(await inPieces())) await fetchAll(pieced.map(alone), source);
}

/** Several at a time. The first failure ends them all; who is merely busy is asked for fewer at a time. */
async function fetchAll(fetches: readonly (() => Promise<void>)[], { pace }: Source): Promise<void> {
  const queue = fetches.toReversed();
  let lanes = Math.min(FETCH_WIDTH, queue.length);
  const lane = async (): Promise<void> => {
    for (let fetchNext = queue.pop(); fetchNext; fetchNext = queue.pop()) {
      try {
        await fetchNext();
        pace.delivered();
      } catch (error) {
        if (!(error instanceof SourceBusy) || lanes === 1) throw error;
        lanes -= 1;
        queue.push(fetchNext);
        return;
      }
    }
  };
  const failures: unknown[] = [];
  const giveUp = (error: unknown): void => {
    queue.length = 0;
    failures.push(error);
    pace.end(error);
  };
  await Promise.all(Array.from({ length: lanes }, () => lane().catch(giveUp)));
  pace.end();
  if (failures.length > 0) throw failures[0];
}

/** The manifest, and with it the files that follow it. */
async function fetchManifest(store: ContentStore, source: Source, code: CodeReference): Promise<Manifest> {
  const { hash } = code;
  const answer = await unlessUnknown(source.stream({ ...callTo('bundle', { hash }), bytes: bundleBytes(code) }));
  const bundle = answer && splitBundle(await beginning(answer.body, bundleBytes(code)));
  const bytes = bundle?.manifest ?? (await source.request(callTo('manifest', { hash }), MANIFEST_MS + code.files * MANIFEST_LINE_MS));
  const manifest = parseManifest(bytes);
  // attack A6: the signature bounds the size before a byte of code is asked for, or kept
  if (!isManifestOf(code, manifest)) {
    throw new GossipError('GOSSIP_E_CODE_MISMATCH', `${source.name} sent another manifest than was signed`);
  }
  await store.putManifest(hash, bytes);
  if (bundle) await storeFiles(store, bundle.files, bundledFiles(manifest));
  return manifest;
}

/** Whether the source knows lists. */
async function fetchList(store: ContentStore, source: Source, hash: ContentHash, files: readonly ManifestFile[]): Promise<boolean> {
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const answer = await unlessUnknown(source.stream({ ...callTo('files', { hash }), body: encodeList(files), bytes }));
  if (answer) await storeFiles(store, await beginning(answer.body, bytes), files);
  return answer !== null;
}

/** Nodes of before know neither bundles nor lists, and answer so; as do others that lack a single file, and may have the rest. */
function unlessUnknown<Answer>(asked: Promise<Answer>): Promise<Answer | null> {
  return asked.catch((error: unknown) => {
    if (error instanceof GossipError && error.code === 'GOSSIP_E_NOT_FOUND') return null;
    throw error;
  });
}

async function storeFiles(store: ContentStore, bytes: Uint8Array, files: readonly ManifestFile[]): Promise<void> {
  await mapBounded(splitFiles(bytes, files), WRITE_WIDTH, async ({ file: { sha256, size }, bytes: content }) => {
    if (!(await store.hasBlob(sha256, size))) await store.putBlob(sha256, content, size);
  });
}
