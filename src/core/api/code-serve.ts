/** Serves code to peers: immutable, resumable, few at a time; a busy node refers to others that have it. */
import { contentRange } from '../../api/blob-range.ts';
import { BoundedMap } from '../../model/bounded.ts';
import type { ContentHash, NodeId, Peer } from '../../model/names.ts';
import { GossipError } from '../../model/errors.ts';
import type { IncomingCode } from '../../runner/incoming-code.ts';
import { MAX_SERVED, Receivers } from '../../runner/receivers.ts';
import { encodeManifest } from '../../trust/manifest.ts';
import { refusalResponse } from '../transport/server/response.ts';
import type { PeerResponse } from '../transport/server/response.ts';
import type { ContentStore } from '../store/code/content-store.ts';

/** Files that one receiver may be sent at the same time: more than it asks for, as it may have the whole of one before that is known here. */
const MAX_FILES_AT_ONCE = 8;
/** Codes whose files are remembered: to parse a manifest of 2,000 files for each of them would cost more than to send them. */
const MAX_LISTED = 8;
const IMMUTABLE = { 'cache-control': 'public, max-age=31536000, immutable' };

export class CodeServer {
  readonly #store: ContentStore;
  readonly #incoming: Pick<IncomingCode, 'wait'>;
  /** Files on their way, by receiver. */
  readonly #uploads = new Map<NodeId, number>();
  readonly #listed = new BoundedMap<ContentHash, ReadonlySet<ContentHash>>(MAX_LISTED);
  readonly #receivers = new Receivers();

  constructor(store: ContentStore, incoming: Pick<IncomingCode, 'wait'>) {
    this.#store = store;
    this.#incoming = incoming;
  }

  /** Where the code is on its way here, whoever asks for it waits a moment. */
  async manifest(code: ContentHash, to: NodeId): Promise<PeerResponse> {
    if (!(await this.#store.has(code))) await new Promise<void>((resolve) => this.#incoming.wait(code, to, resolve));
    const manifest = await this.#store.manifest(code);
    if (!manifest || !(await this.#store.has(code))) throw absent(code);
    return { status: 200, headers: { ...IMMUTABLE, 'content-type': 'application/json' }, body: encodeManifest(manifest) };
  }

  /** One blob of `code` from byte `from`, or 503 with referrals. A `to` with an address is remembered as a source for others. */
  async blob(code: ContentHash, hash: ContentHash, from: number, to: Peer | { readonly id: NodeId }): Promise<PeerResponse> {
    if (!(await this.#list(code)).has(hash)) throw absent(code);
    if (!this.#hasRoom(to.id)) return this.#busy(code, to.id);
    const blob = await this.#open(hash, from, to.id);
    if (!blob) throw absent(code);
    if ('address' in to) this.#receivers.remember(code, to);
    const length = blob.size - from;
    return {
      status: from > 0 ? 206 : 200,
      headers: {
        ...IMMUTABLE,
        'content-type': 'application/octet-stream',
        'content-length': String(length),
        ...(from > 0 && { 'content-range': contentRange({ from, to: blob.size - 1, size: blob.size }) }),
      },
      body: blob.stream,
    };
  }

  /** The files of a code version never change; whether they are here still is seen when they are opened. */
  async #list(code: ContentHash): Promise<ReadonlySet<ContentHash>> {
    const listed = this.#listed.get(code);
    if (listed) return listed;
    const manifest = await this.#store.manifest(code);
    if (!manifest) throw absent(code);
    const files = new Set(manifest.files.map(({ sha256 }) => sha256));
    this.#listed.set(code, files);
    return files;
  }

  #hasRoom(to: NodeId): boolean {
    const files = this.#uploads.get(to);
    return files === undefined ? this.#uploads.size < MAX_SERVED : files < MAX_FILES_AT_ONCE;
  }

  /** Counted from before it is opened until its stream is closed. */
  async #open(hash: ContentHash, from: number, to: NodeId): Promise<Awaited<ReturnType<ContentStore['openBlob']>>> {
    const done = (): void => this.#count(to, -1);
    this.#count(to, 1);
    try {
      const blob = await this.#store.openBlob(hash, from);
      if (blob) blob.stream.once('close', done);
      else done();
      return blob;
    } catch (error) {
      done();
      throw error;
    }
  }

  #count(to: NodeId, more: number): void {
    const files = (this.#uploads.get(to) ?? 0) + more;
    if (files === 0) this.#uploads.delete(to);
    else this.#uploads.set(to, files);
  }

  #busy(code: ContentHash, to: NodeId): PeerResponse {
    return refusalResponse({ status: 503, code: 'GOSSIP_E_BUSY', message: 'too many uploads' }, this.#receivers.others(code, to));
  }
}

function absent(code: ContentHash): GossipError {
  return new GossipError('GOSSIP_E_NOT_FOUND', `${code} is not here`);
}
