/** Fetches one code version from one peer: manifest, then the missing blobs, each verified and resumable (attacks A1, A6, A7). */
import type { CodeReference } from '../model/deployment.ts';
import type { ContentHash, Peer } from '../model/names.ts';
import { isAddress, isNodeId, NODE_NAME } from '../model/names.ts';
import { MAX_MANIFEST_BYTES } from '../model/manifest.ts';
import type { ManifestFile } from '../model/manifest.ts';
import { GossipError } from '../model/errors.ts';
import { parseJson } from '../trust/canonical.ts';
import { manifestHash, parseManifest } from '../trust/manifest.ts';
import type { ContentStore } from './store/content-store.ts';
import { refusal } from './peer-calls.ts';
import type { PeerAnswer, PeerCalls } from './peer-calls.ts';

/** Slowest acceptable source, and the longest it may take for a file (attack A7). */
const MIN_BYTES_PER_SECOND = 4 * 1024;
const TOTAL_MS = 120_000;
const MANIFEST_MS = 5_000;
/** What a source may take beyond that rate, at first and for each file: a far one answers after some 100 ms. */
const PATIENCE_MS = 5_000;
const PATIENCE_PER_FILE_MS = 250;
/** What a source may say instead of code: an error, or referrals. */
const MAX_REFUSAL_BYTES = 16 * 1024;

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
  const patience = new Patience(from, now);
  if (!(await store.manifest(code.hash))) await fetchManifest(fetching, code, from);
  const manifest = await store.manifest(code.hash);
  const missing = new Set(await store.missing(code.hash));
  for (const file of manifest?.files ?? []) {
    if (!missing.delete(file.sha256)) continue;
    patience.check();
    await fetchBlob(fetching, code.hash, file, from);
    patience.earn(file.size);
  }
}

/** What one source may take altogether: many small files, each of them late, are as slow as one that is (attack A7). */
class Patience {
  readonly #from: Peer;
  readonly #now: () => number;
  #until: number;

  constructor(from: Peer, now: () => number) {
    this.#from = from;
    this.#now = now;
    this.#until = now() + PATIENCE_MS;
  }

  earn(bytes: number): void {
    this.#until += PATIENCE_PER_FILE_MS + (bytes * 1_000) / MIN_BYTES_PER_SECOND;
  }

  check(): void {
    if (this.#now() > this.#until) throw new GossipError('GOSSIP_E_TIMEOUT', `${this.#from.name || this.#from.address} sends too slowly`);
  }
}

async function fetchManifest({ calls, store, patienceMs }: Fetching, code: CodeReference, from: Peer): Promise<void> {
  const answer = await calls.request(from, {
    method: 'GET',
    path: `/v1/code/${code.hash}/manifest`,
    headMs: patienceMs,
    timeoutMs: MANIFEST_MS,
    maxBytes: MAX_MANIFEST_BYTES,
  });
  if (answer.status !== 200) throw sourceError(answer, from);
  const manifest = parseManifest(answer.body);
  const bytes = manifest.files.reduce((sum, file) => sum + file.size, 0);
  // attack A6: the signature bounds the size before a byte of code is asked for
  if (manifestHash(manifest) !== code.hash || bytes !== code.bytes || manifest.files.length !== code.files) {
    throw new GossipError('GOSSIP_E_CODE_MISMATCH', `${from.name || from.address} sent another manifest than was signed`);
  }
  await store.putManifest(code.hash, answer.body);
}

async function fetchBlob(fetching: Fetching, code: ContentHash, file: ManifestFile, from: Peer): Promise<void> {
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

async function resumeBlob({ calls, store, patienceMs }: Fetching, code: ContentHash, file: ManifestFile, from: Peer): Promise<void> {
  const partial = await store.partial(file.sha256, file.size);
  const answer = await calls.stream(from, {
    method: 'GET',
    path: `/v1/code/${code}/blobs/${file.sha256}`,
    ...(partial.bytes > 0 && { headers: { range: `bytes=${partial.bytes}-` } }),
    // One byte past what was signed: the store refuses it. A refusal may be longer than a small file.
    maxBytes: Math.max(file.size + 1, MAX_REFUSAL_BYTES),
    minBytesPerSecond: MIN_BYTES_PER_SECOND,
    headMs: patienceMs,
    totalMs: TOTAL_MS,
  });
  if (answer.status !== 200 && answer.status !== 206) {
    throw sourceError({ status: answer.status, headers: answer.headers, body: await collect(answer.body) }, from);
  }
  if (answer.status === 200 && partial.bytes > 0) return store.putBlob(file.sha256, answer.body, file.size);
  const got = await partial.append(answer.body).catch((error: unknown) => {
    const mismatch = error instanceof GossipError && error.code === 'GOSSIP_E_CODE_MISMATCH';
    throw mismatch && partial.bytes > 0 ? new MixedSources(error) : error;
  });
  if (got === 'partial') throw new GossipError('GOSSIP_E_UNREACHABLE', `${from.name || from.address} stopped in the middle of the code`);
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

function parseReferrals(body: Uint8Array): Peer[] {
  const { referrals } = parseJson(body, { maxBytes: MAX_REFUSAL_BYTES, maxDepth: 4 }) as { referrals?: unknown };
  if (!Array.isArray(referrals)) return [];
  return referrals.slice(0, 8).filter(isPeer);
}

function isPeer(value: unknown): value is Peer {
  const { id, address, name } = (value ?? {}) as Record<string, unknown>;
  const named = typeof name === 'string' && (name === '' || NODE_NAME.test(name));
  return typeof id === 'string' && isNodeId(id) && typeof address === 'string' && isAddress(address) && named;
}
