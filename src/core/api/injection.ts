/** An operator's way in: takes signed deployments and the code they lack, and acknowledges only what is durable (law 5). */
import { RESUMABLE_BYTES } from '../../api/blob-range.ts';
import type { BlobRange } from '../../api/blob-range.ts';
import { parseAnnouncement } from '../../api/deployments.ts';
import type { Announced, NumberScope } from '../../api/deployments.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { GossipNode } from '../../gossip/node.ts';
import { BoundedMap } from '../../model/bounded.ts';
import type { ContentHash, NodeId, PayloadHash } from '../../model/names.ts';
import { GossipError } from '../../model/errors.ts';
import { encodeManifest, isManifestOf, parseManifest } from '../../trust/manifest.ts';
import { requirePresentSigners } from '../../trust/deployment.ts';
import type { Trust } from '../../trust/trust.ts';
import type { Core } from '../core.ts';
import type { ContentStore } from '../store/code/content-store.ts';
import { Uploads } from './uploads.ts';

/** Announced deployments whose code is still being sent; the oldest is forgotten first. */
const MAX_ANNOUNCED = 32;

export interface InjectionOptions {
  readonly store: ContentStore;
  readonly trust: Pick<Trust, 'verify' | 'root'>;
  readonly core: Pick<Core, 'inject' | 'knows' | 'swept' | 'makeRoom'> & {
    readonly node: Pick<GossipNode, 'configuration' | 'highestSequence'>;
  };
}

/** A deployment whose code is on its way in: the sizes of the blobs that may be sent. */
interface Announcement {
  readonly code: ContentHash;
  readonly sizes: ReadonlyMap<ContentHash, number>;
}

export class Injection {
  readonly #options: InjectionOptions;
  /**
   * By record, for several may bring the same code, and the end of one must not shut the door for the others.
   * Only what a threshold of operators signed is taken (law 2).
   */
  readonly #announced = new BoundedMap<PayloadHash, Announcement>(MAX_ANNOUNCED);
  readonly #uploads: Uploads;

  constructor(options: InjectionOptions) {
    this.#options = options;
    this.#uploads = new Uploads(options.store);
  }

  /** `POST /v1/deployments`: the same call announces, and completes once nothing is missing. */
  async announce(body: Uint8Array, by: NodeId, scope: NumberScope = 'cluster'): Promise<Announced> {
    const { envelope, manifest } = parseAnnouncement(body);
    const record = this.#options.trust.verify(envelope);
    this.#refuseTaken(record, scope);
    const missing = await this.#missing(record, manifest);
    if (missing.length > 0) return { missing, ...(await this.#partial(record, missing, by)) };
    const outcome = await this.#options.core.inject(record, scope);
    if (outcome === 'taken') throw this.#taken(record);
    this.#announced.delete(record.hash);
    return { outcome };
  }

  /** Code that is on its way in: not garbage. */
  announced(): readonly ContentHash[] {
    return [...new Set([...this.#announced.values()].map(({ code }) => code))];
  }

  #refuseTaken(record: VerifiedDeployment, scope: NumberScope): void {
    const { sequence } = record.deployment.number;
    const highest = this.#options.core.node.highestSequence();
    // attack A15: the same rule as for what comes by gossip; numbers rise by one, and a node that is behind may hear of a higher one
    if (!this.#options.core.node.configuration.counts(record)) {
      throw new GossipError('GOSSIP_E_NUMBER', `d${sequence} leaps too far above d${highest}`);
    }
    if (this.#options.core.knows(record)) return;
    requirePresentSigners(record, this.#options.trust.root);
    if (!this.#options.core.node.configuration.hasRoom(record.deployment.module))
      throw new GossipError('GOSSIP_E_MODULE_LIMIT', 'there is no room for another module than those that were ever deployed');
    if (this.#options.core.node.configuration.taken(record, scope)) throw this.#taken(record);
  }

  async #missing(record: VerifiedDeployment, shown: unknown): Promise<readonly ContentHash[]> {
    const { code } = record.deployment;
    if (!code) return [];
    // Named before it is looked for: what is being thrown away now is gone when this goes on, and nothing of it is later.
    this.#announced.set(record.hash, this.#announced.get(record.hash) ?? { code: code.hash, sizes: new Map() });
    await this.#options.core.swept();
    if (await this.#options.store.has(code.hash)) return [];
    const manifest = parseManifest(Buffer.from(JSON.stringify(shown)));
    if (!isManifestOf(code, manifest)) throw new GossipError('GOSSIP_E_CODE_MISMATCH', 'the manifest is not the one that was signed');
    const mustFit = this.#options.core.node.configuration
      .history(record.deployment.module)
      .every(({ deployment }) => deployment.code === null);
    await this.#options.core.makeRoom(code, { mustFit, alsoKeep: this.announced() }).catch((error: unknown) => {
      // What was refused must not stand in the way of what comes next.
      this.#announced.delete(record.hash);
      throw error;
    });
    await this.#options.store.putManifest(code.hash, encodeManifest(manifest));
    this.#announced.set(record.hash, { code: code.hash, sizes: new Map(manifest.files.map((file) => [file.sha256, file.size])) });
    return this.#options.store.missing(code.hash);
  }

  async #partial(
    record: VerifiedDeployment,
    missing: readonly ContentHash[],
    by: NodeId,
  ): Promise<{ partial?: Record<ContentHash, number> }> {
    const partial: Record<ContentHash, number> = {};
    for (const blob of missing) {
      const size = this.#announced.get(record.hash)?.sizes.get(blob) ?? 0;
      if (size < RESUMABLE_BYTES) continue;
      const bytes = await this.#uploads.kept(blob, size, by);
      if (bytes > 0 && bytes < size) partial[blob] = bytes;
    }
    return Object.keys(partial).length === 0 ? {} : { partial };
  }

  /** The operator has to take another number: this record will never be complete. */
  #taken(record: VerifiedDeployment): GossipError {
    this.#announced.delete(record.hash);
    return new GossipError('GOSSIP_E_NUMBER_TAKEN', `d${record.deployment.number.sequence} is taken`);
  }

  /**
   * `PUT /v1/code/:hash/blobs/:sha256`: one blob of an announced deployment, never more bytes than were signed. With a range it goes on
   * with what is here, and in the place of the caller's own older upload; without one it is a blob of its own.
   */
  async take(code: ContentHash, blob: ContentHash, body: AsyncIterable<Uint8Array>, by: NodeId, range?: BlobRange): Promise<void> {
    const size = this.#sizeOf(code, blob);
    if (range !== undefined && (range.size !== size || range.to !== size - 1 || range.from > range.to)) {
      throw new GossipError('GOSSIP_E_REQUEST', `bytes ${range.from}-${range.to}/${range.size} are not the rest of ${size} bytes`);
    }
    if (range !== undefined) {
      await this.#uploads.endOlder(blob, by);
      // Somebody has brought it meanwhile.
      if (await this.#options.store.hasBlob(blob, size)) return;
    }
    if (size >= RESUMABLE_BYTES) return this.#uploads.take({ blob, size, by, from: range?.from ?? null }, body);
    if (range !== undefined && range.from > 0) throw new GossipError('GOSSIP_E_BUSY', `0 bytes of ${blob} are here, not ${range.from}`);
    await this.#options.store.putBlob(blob, body, size);
  }

  #sizeOf(code: ContentHash, blob: ContentHash): number {
    const announcement = this.#announced.values().find((one) => one.code === code && one.sizes.has(blob));
    const size = announcement?.sizes.get(blob);
    if (size === undefined) throw new GossipError('GOSSIP_E_NOT_FOUND', 'no announced deployment lacks this blob');
    return size;
  }
}
