/**
 * Large blobs on their way in from operators. What came before an upload broke off is kept, and goes on at once: a node may take half a
 * minute to notice that the old connection is dead, so a caller's new upload ends its own older one, and nobody else's (attack A7).
 */
import { GossipError } from '../../model/errors.ts';
import type { ContentHash, NodeId } from '../../model/names.ts';
import type { ContentStore } from '../store/code/content-store.ts';

export interface Piece {
  readonly blob: ContentHash;
  /** Of the whole blob, as it was signed. */
  readonly size: number;
  /** Who sends it. */
  readonly by: NodeId;
  /** Where it goes on; null sends all of it, and leaves alone what is here. */
  readonly from: number | null;
}

export class Uploads {
  readonly #store: Pick<ContentStore, 'partial' | 'putBlob'>;
  /** The uploads that add to what is kept: one for each blob. */
  readonly #underWay = new Map<ContentHash, Upload>();

  constructor(store: Pick<ContentStore, 'partial' | 'putBlob'>) {
    this.#store = store;
  }

  /** Bytes of a blob from which `by` may go on, its own upload under way included. */
  async kept(blob: ContentHash, size: number, by: NodeId): Promise<number> {
    return this.#own(blob, by)?.bytes ?? (await this.#store.partial(blob, size)).bytes;
  }

  /** Ends the caller's own older upload of the blob; resolves once nothing of it is written any more. */
  async endOlder(blob: ContentHash, by: NodeId): Promise<void> {
    const older = this.#own(blob, by);
    older?.end();
    await older?.ended;
  }

  async take({ blob, size, by, from }: Piece, body: AsyncIterable<Uint8Array>): Promise<void> {
    const partial = await this.#store.partial(blob, size);
    if (from === null && partial.bytes > 0) return this.#store.putBlob(blob, body, size);
    const doubled = partial.bytes - (from ?? 0);
    if (doubled < 0) throw new GossipError('GOSSIP_E_BUSY', `${partial.bytes} bytes of ${blob} are here, not ${from}`);
    const upload = new Upload(by, partial.bytes);
    if (!this.#underWay.has(blob)) this.#underWay.set(blob, upload);
    try {
      if ((await partial.append(upload.pass(body, doubled))) === 'whole') return;
      throw new GossipError('GOSSIP_E_CODE_MISMATCH', `fewer bytes of ${blob} than were signed`);
    } finally {
      if (this.#underWay.get(blob) === upload) this.#underWay.delete(blob);
      upload.over();
    }
  }

  #own(blob: ContentHash, by: NodeId): Upload | undefined {
    const upload = this.#underWay.get(blob);
    return upload?.by === by ? upload : undefined;
  }
}

class Upload {
  readonly by: NodeId;
  /** Of the blob, those that are written. */
  bytes: number;
  readonly #stop = Promise.withResolvers<never>();
  readonly #over = Promise.withResolvers<void>();

  constructor(by: NodeId, bytes: number) {
    this.by = by;
    this.bytes = bytes;
    this.#stop.promise.catch(() => undefined);
  }

  /** The body without its first bytes, which are here already. Breaks off once the upload is ended. */
  async *pass(body: AsyncIterable<Uint8Array>, doubled: number): AsyncGenerator<Uint8Array, void, undefined> {
    const iterator = body[Symbol.asyncIterator]();
    let skip = doubled;
    let whole = false;
    try {
      for (;;) {
        const next = await Promise.race([iterator.next(), this.#stop.promise]);
        if (next.done) break;
        const rest = next.value.subarray(Math.min(skip, next.value.byteLength));
        skip -= next.value.byteLength - rest.byteLength;
        yield rest;
        this.bytes += rest.byteLength;
      }
      whole = true;
    } finally {
      // Not waited for: it may be waiting for bytes that never come.
      if (!whole) iterator.return?.().catch(() => undefined);
    }
  }

  end(): void {
    this.#stop.reject(new GossipError('GOSSIP_E_BUSY', 'a newer upload of the same operator goes on with it'));
  }

  get ended(): Promise<void> {
    return this.#over.promise;
  }

  over(): void {
    this.#over.resolve();
  }
}
