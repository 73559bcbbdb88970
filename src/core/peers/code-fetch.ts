/** Fetches one code version from one peer: manifest, then the missing blobs, each verified and resumable (attacks A1, A6, A7). */
import { range } from '../../api/blob-range.ts';
import { MAX_REFUSAL_BYTES, parseReferrals } from '../../api/refusal.ts';
import { callTo } from '../../api/routes.ts';
import type { CodeReference } from '../../model/deployment.ts';
import type { ContentHash, Peer } from '../../model/names.ts';
import type { ManifestFile } from '../../model/manifest.ts';
import { GossipError } from '../../model/errors.ts';
import { isManifestOf, parseManifest } from '../../trust/manifest.ts';
import type { ContentStore } from '../store/code/content-store.ts';
import { refusal } from './peer-calls.ts';
import type { PeerAnswer, PeerCalls } from './peer-calls.ts';
import { SourcePace } from './source-pace.ts';

/** For a manifest, and for each of its lines: what 64 kbit/s need. */
const MANIFEST_MS = 5_000;
const MANIFEST_LINE_MS = 25;
/** Files that are asked for at the same time: a small one costs a round trip, and a sync of the disk. One connection is left for gossip. */
const FETCH_WIDTH = 3;
/** Smaller files are fetched anew sooner than they are looked for: most files are, and each look costs. */
const RESUMED_BYTES = 64 * 1024;
/** The longest that a single file may take; what the source delivers in all is judged by `SourcePace`. */
const ONE_FILE_BYTES_PER_SECOND = 1024;
const ONE_FILE_MS = 60_000;

/** A source had no time; it named others that have the code. */
export class SourceBusy extends GossipError {
  readonly referrals: readonly Peer[];
  constructor(referrals: readonly Peer[]) {
    super('GOSSIP_E_BUSY', 'the source is busy');
    this.referrals = referrals;
  }
}

export interface Fetching {
  readonly calls: PeerCalls;
  readonly store: ContentStore;
  /** How long the source may be silent after each question. */
  readonly patienceMs: number;
  /** In milliseconds, of a clock that only runs forward. */
  readonly now?: () => number;
}

/** Resolves when the code is whole and verified in the store; what arrived before a failure stays, for the next source. */
export async function fetchCode(fetching: Fetching, code: CodeReference, from: Peer): Promise<void> {
  const { store, now = () => performance.now() } = fetching;
  if (!(await store.manifest(code.hash))) await fetchManifest(fetching, code, from);
  const manifest = await store.manifest(code.hash);
  const missing = new Set(await store.missing(code.hash));
  const files = (manifest?.files ?? []).filter(({ sha256 }) => missing.delete(sha256));
  const pace = new SourcePace(from.name || from.address, now);
  await fetchFiles(files, pace, (file) => fetchBlob({ ...fetching, pace }, code.hash, file, from));
}

/** Several at a time. The first failure ends them all; who is merely busy is asked for fewer at a time. */
async function fetchFiles(
  files: readonly ManifestFile[],
  pace: SourcePace,
  fetchFile: (file: ManifestFile) => Promise<void>,
): Promise<void> {
  const queue = files.toReversed();
  let lanes = Math.min(FETCH_WIDTH, queue.length);
  const lane = async (): Promise<void> => {
    for (let file = queue.pop(); file; file = queue.pop()) {
      try {
        await fetchFile(file);
        pace.delivered();
      } catch (error) {
        if (!(error instanceof SourceBusy) || lanes === 1) throw error;
        lanes -= 1;
        queue.push(file);
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

async function fetchManifest({ calls, store, patienceMs }: Fetching, code: CodeReference, from: Peer): Promise<void> {
  const answer = await calls.request(from, {
    ...callTo('manifest', { hash: code.hash }),
    headMs: patienceMs,
    timeoutMs: MANIFEST_MS + code.files * MANIFEST_LINE_MS,
  });
  if (answer.status !== 200) throw sourceError(answer, from);
  const manifest = parseManifest(answer.body);
  // attack A6: the signature bounds the size before a byte of code is asked for
  if (!isManifestOf(code, manifest)) {
    throw new GossipError('GOSSIP_E_CODE_MISMATCH', `${from.name || from.address} sent another manifest than was signed`);
  }
  await store.putManifest(code.hash, answer.body);
}

interface Pacing extends Fetching {
  readonly pace: SourcePace;
}

async function fetchBlob(fetching: Pacing, code: ContentHash, file: ManifestFile, from: Peer): Promise<void> {
  try {
    await resumeBlob(fetching, code, file, from);
  } catch (error) {
    if (!(error instanceof MixedSources)) throw error;
    // Another source may have given the wrong bytes: this one is judged by its own alone, and they replace them.
    await resumeBlob(fetching, code, file, from);
  }
}

/** The bytes of several sources together were wrong; they were thrown away. */
class MixedSources extends GossipError {
  constructor(cause: unknown) {
    super('GOSSIP_E_CODE_MISMATCH', 'the bytes of several sources together are not those that were signed', { cause });
  }
}

async function resumeBlob(fetching: Pacing, code: ContentHash, file: ManifestFile, from: Peer): Promise<void> {
  const { store } = fetching;
  const partial = file.size < RESUMED_BYTES ? null : await store.partial(file.sha256, file.size);
  const kept = partial?.bytes ?? 0;
  const { status, body } = await askForBlob(fetching, { code, file, kept }, from);
  if (partial === null || (status === 200 && kept > 0)) return store.putBlob(file.sha256, body, file.size);
  const got = await partial.append(body).catch((error: unknown) => {
    const mismatch = error instanceof GossipError && error.code === 'GOSSIP_E_CODE_MISMATCH';
    throw mismatch && kept > 0 ? new MixedSources(error) : error;
  });
  if (got === 'partial') throw new GossipError('GOSSIP_E_UNREACHABLE', `${from.name || from.address} stopped in the middle of the code`);
}

async function askForBlob(
  { calls, pace, patienceMs }: Pacing,
  { code, file, kept }: { readonly code: ContentHash; readonly file: ManifestFile; readonly kept: number },
  from: Peer,
): Promise<{ readonly status: number; readonly body: AsyncIterable<Uint8Array> }> {
  const answer = await pace.wait(
    calls.stream(from, {
      ...callTo('blob', { hash: code, sha256: file.sha256 }),
      ...(kept > 0 && { headers: { range: range(kept) } }),
      // One byte past what was signed: the store refuses it. A refusal may be longer than a small file.
      maxBytes: Math.max(file.size + 1, MAX_REFUSAL_BYTES),
      minBytesPerSecond: ONE_FILE_BYTES_PER_SECOND,
      headMs: patienceMs,
      totalMs: ONE_FILE_MS + (file.size * 1_000) / ONE_FILE_BYTES_PER_SECOND,
      signal: pace.signal,
    }),
  );
  const { status } = answer;
  const body = pace.watch(answer.body);
  if (status === 200 || status === 206) return { status, body };
  throw sourceError({ status, headers: answer.headers, body: await collect(body) }, from);
}

/** The first bytes of a refusal, and no more (attack A6). */
async function collect(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    parts.push(part);
    bytes += part.byteLength;
    if (bytes > MAX_REFUSAL_BYTES) break;
  }
  return Buffer.concat(parts);
}

function sourceError(answer: PeerAnswer, from: Peer): GossipError {
  const error = refusal(answer, from);
  return error.code === 'GOSSIP_E_BUSY' ? new SourceBusy(parseReferrals(answer.body)) : error;
}
