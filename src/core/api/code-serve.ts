/** Serves code to peers: immutable, resumable, few at a time; a busy node refers to others that have it. */
import { Readable } from 'node:stream';
import { contentRange } from '../../api/blob-range.ts';
import { bundledFiles, MANIFEST_END, MAX_LISTED_BYTES } from '../../api/bundle.ts';
import { BoundedMap } from '../../model/bounded.ts';
import type { Manifest, ManifestFile } from '../../model/manifest.ts';
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
const BYTES = { 'content-type': 'application/octet-stream' };
const IMMUTABLE = { 'cache-control': 'public, max-age=31536000, immutable' };

/** One without an address cannot be a source for others. */
type Receiver = Peer | { readonly id: NodeId };

export class CodeServer {
  readonly #store: ContentStore;
  readonly #incoming: Pick<IncomingCode, 'wait'>;
  /** Files on their way, by receiver. */
  readonly #uploads = new Map<NodeId, number>();
  readonly #listed = new BoundedMap<ContentHash, ReadonlyMap<ContentHash, number>>(MAX_LISTED);
  readonly #receivers = new Receivers();

  constructor(store: ContentStore, incoming: Pick<IncomingCode, 'wait'>) {
    this.#store = store;
    this.#incoming = incoming;
  }

  /** Where the code is on its way here, whoever asks for it waits a moment. */
  async manifest(code: ContentHash, to: NodeId): Promise<PeerResponse> {
    return {
      status: 200,
      headers: { ...IMMUTABLE, 'content-type': 'application/json' },
      body: encodeManifest(await this.#manifest(code, to)),
    };
  }

  /** The manifest and the small files that follow it, or 503 with referrals. */
  async bundle(code: ContentHash, to: Receiver): Promise<PeerResponse> {
    const manifest = await this.#manifest(code, to.id);
    return this.#together(code, [encodeManifest(manifest), MANIFEST_END], bundledFiles(manifest), to);
  }

  /** Small files of `code`, one after the other, or 503 with referrals. */
  async files(code: ContentHash, hashes: readonly ContentHash[], to: Receiver): Promise<PeerResponse> {
    const sizes = await this.#list(code);
    const files = hashes.map((sha256) => ({ sha256, size: sizes.get(sha256) ?? Infinity }));
    if (files.some(({ size }) => size === Infinity)) throw absent(code);
    const bytes = files.reduce((sum, { size }) => sum + size, 0);
    if (bytes > MAX_LISTED_BYTES) throw new GossipError('GOSSIP_E_REQUEST', `${bytes} bytes in a list, ${MAX_LISTED_BYTES} are allowed`);
    return this.#together(code, [], files, to);
  }

  /** One blob of `code` from byte `from`, or 503 with referrals. */
  async blob(code: ContentHash, hash: ContentHash, from: number, to: Receiver): Promise<PeerResponse> {
    if (!(await this.#list(code)).has(hash)) throw absent(code);
    if (!this.#hasRoom(to.id)) return this.#busy(code, to.id);
    const blob = await this.#sending(to.id, async () => {
      const opened = await this.#store.openBlob(hash, from);
      return opened && { size: opened.size, body: opened.stream };
    });
    if (!blob) throw absent(code);
    this.#remember(code, to);
    const length = blob.size - from;
    return {
      status: from > 0 ? 206 : 200,
      headers: {
        ...IMMUTABLE,
        ...BYTES,
        'content-length': String(length),
        ...(from > 0 && { 'content-range': contentRange({ from, to: blob.size - 1, size: blob.size }) }),
      },
      body: blob.body,
    };
  }

  async #manifest(code: ContentHash, to: NodeId): Promise<Manifest> {
    if (!(await this.#store.has(code))) {
      await new Promise<void>((resolve) => this.#incoming.wait(code, to, resolve));
      if (!(await this.#store.has(code))) throw absent(code);
    }
    const manifest = await this.#store.manifest(code);
    if (!manifest) throw absent(code);
    return manifest;
  }

  async #together(
    code: ContentHash,
    before: readonly Uint8Array[],
    files: readonly Pick<ManifestFile, 'sha256' | 'size'>[],
    to: Receiver,
  ): Promise<PeerResponse> {
    if (!this.#hasRoom(to.id)) return this.#busy(code, to.id);
    const sent = await this.#sending(to.id, async () => {
      const parts = [...before];
      for (const { sha256, size } of files) {
        const bytes = await this.#store.readBlob(sha256, size);
        if (bytes === null) return null;
        parts.push(bytes);
      }
      const body = Buffer.concat(parts);
      return { length: body.byteLength, body: Readable.from([body]) };
    });
    if (!sent) throw absent(code);
    this.#remember(code, to);
    return { status: 200, headers: { ...IMMUTABLE, ...BYTES, 'content-length': String(sent.length) }, body: sent.body };
  }

  /** One that says where it listens is a source for others. */
  #remember(code: ContentHash, to: Receiver): void {
    if ('address' in to) this.#receivers.remember(code, to);
  }

  /** Sizes by hash. The files of a code version never change; whether they are here still is seen when they are opened. */
  async #list(code: ContentHash): Promise<ReadonlyMap<ContentHash, number>> {
    const listed = this.#listed.get(code);
    if (listed) return listed;
    const manifest = await this.#store.manifest(code);
    if (!manifest) throw absent(code);
    const files = new Map(manifest.files.map(({ sha256, size }) => [sha256, size]));
    this.#listed.set(code, files);
    return files;
  }

  #hasRoom(to: NodeId): boolean {
    const files = this.#uploads.get(to);
    return files === undefined ? this.#uploads.size < MAX_SERVED : files < MAX_FILES_AT_ONCE;
  }

  /** Counted from before it is opened until its stream is closed. */
  async #sending<Sent extends { readonly body: Readable }>(to: NodeId, open: () => Promise<Sent | null>): Promise<Sent | null> {
    const done = (): void => this.#count(to, -1);
    this.#count(to, 1);
    try {
      const sent = await open();
      if (sent) sent.body.once('close', done);
      else done();
      return sent;
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
