/** Serves code to peers: immutable, resumable, few at a time; a busy node refers to others that have it. */
import type { Readable } from 'node:stream';
import type { ContentHash, Peer } from '../model/names.ts';
import { GossipError } from '../model/errors.ts';
import { encodeManifest } from '../trust/manifest.ts';
import type { ContentStore } from './store/content-store.ts';

/** Uploads at the same time; more would only make all of them slow. */
const MAX_UPLOADS = 8;
/** Receivers remembered for referral, of each code. */
const MAX_RECEIVERS = 16;
/** Codes whose receivers are remembered; the one that was asked for longest ago is forgotten first. */
const MAX_CODES = 64;
const IMMUTABLE = { 'cache-control': 'public, max-age=31536000, immutable' };

export interface CodeAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Uint8Array | Readable;
}

export class CodeServer {
  readonly #store: ContentStore;
  #uploads = 0;
  readonly #receivers = new Map<ContentHash, Map<string, Peer>>();

  constructor(store: ContentStore) {
    this.#store = store;
  }

  async manifest(code: ContentHash): Promise<CodeAnswer> {
    const manifest = await this.#store.manifest(code);
    if (!manifest || !(await this.#store.has(code))) throw absent(code);
    return { status: 200, headers: { ...IMMUTABLE, 'content-type': 'application/json' }, body: encodeManifest(manifest) };
  }

  /** One blob of `code` from byte `from`, or 503 with referrals. `to` is remembered as a source for others. */
  async blob(code: ContentHash, hash: ContentHash, from: number, to: Peer | null): Promise<CodeAnswer> {
    const manifest = await this.#store.manifest(code);
    if (!manifest?.files.some((file) => file.sha256 === hash)) throw absent(code);
    if (this.#uploads >= MAX_UPLOADS) return this.#busy(code, to);
    const blob = await this.#open(hash, from);
    if (!blob) throw absent(code);
    if (to) this.#remember(code, to);
    const length = blob.size - from;
    return {
      status: from > 0 ? 206 : 200,
      headers: {
        ...IMMUTABLE,
        'content-type': 'application/octet-stream',
        'content-length': String(length),
        ...(from > 0 && { 'content-range': `bytes ${from}-${blob.size - 1}/${blob.size}` }),
      },
      body: blob.stream,
    };
  }

  /** Counted from before it is opened until its stream is closed. */
  async #open(hash: ContentHash, from: number): Promise<Awaited<ReturnType<ContentStore['openBlob']>>> {
    const done = (): void => {
      this.#uploads -= 1;
    };
    this.#uploads += 1;
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

  #remember(code: ContentHash, to: Peer): void {
    const receivers = this.#receivers.get(code) ?? new Map<string, Peer>();
    receivers.set(to.id, to);
    if (receivers.size > MAX_RECEIVERS) receivers.delete(receivers.keys().next().value as string);
    this.#receivers.delete(code);
    this.#receivers.set(code, receivers);
    if (this.#receivers.size > MAX_CODES) this.#receivers.delete(this.#receivers.keys().next().value as ContentHash);
  }

  #busy(code: ContentHash, to: Peer | null): CodeAnswer {
    const referrals = [...(this.#receivers.get(code)?.values() ?? [])].filter((peer) => peer.id !== to?.id).slice(0, 8);
    const body = Buffer.from(JSON.stringify({ code: 'GOSSIP_E_BUSY', message: 'too many uploads', referrals }));
    return { status: 503, headers: { 'content-type': 'application/json' }, body };
  }
}

function absent(code: ContentHash): GossipError {
  return new GossipError('GOSSIP_E_NOT_FOUND', `${code} is not here`);
}
