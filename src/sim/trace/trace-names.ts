/** What a trace calls things: nodes by their names, records by their numbers, digests by the records that they stand for. */
import { digestOf } from '../../gossip/digest.ts';
import type { Digest } from '../../gossip/digest.ts';
import { formatStamp } from '../../gossip/stamp.ts';
import type { Stamp } from '../../gossip/stamp.ts';
import { compareDeployments, deploymentName } from '../../model/deployment.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { NodeId, PayloadHash, Peer } from '../../model/names.ts';

/** What a stamp holds of a hash. */
const STAMP_DIGITS = 32;
const SHORT_DIGITS = 8;
/** Nodes and records that are named one by one. */
const MOST_NAMED = 4;

export class TraceNames {
  /** By id and by address: copies of one node have their own. */
  readonly #nodes = new Map<string, string>();
  readonly #records = new Map<string, VerifiedDeployment>();
  /** How many records have the same number. */
  readonly #sharing = new Map<string, number>();
  /** The records that each digest stood for. */
  readonly #digests = new Map<Digest, readonly VerifiedDeployment[]>();
  #known: readonly VerifiedDeployment[] | null = null;

  learnNode({ id, address, name }: Peer): void {
    this.#nodes.set(address, name);
    if (!this.#nodes.has(id)) this.#nodes.set(id, name);
  }

  /** A node holds these now. */
  learnRecords(records: readonly VerifiedDeployment[]): void {
    if (records === this.#known) return;
    this.#known = records;
    for (const record of records) this.#learn(record);
    this.#digests.set(digestOf(records.map(({ hash }) => hash)), records);
  }

  node(peer: Peer | { readonly id: NodeId }): string {
    const name = ('address' in peer ? this.#nodes.get(peer.address) : undefined) ?? this.#nodes.get(peer.id);
    return name ?? peer.id.slice(0, SHORT_DIGITS);
  }

  nodes(peers: readonly Peer[]): string {
    if (peers.length === 0) return 'nobody';
    return peers.length > MOST_NAMED
      ? `${peers.length} nodes`
      : peers
          .map((peer) => this.node(peer))
          .toSorted()
          .join(' ');
  }

  /** `d3`, or `d3@node1` where several records have that number. */
  record(record: VerifiedDeployment): string {
    this.#learn(record);
    const name = deploymentName(record.deployment);
    return (this.#sharing.get(name) ?? 1) > 1 ? `${name}@${this.node({ id: record.deployment.number.origin })}` : name;
  }

  /** The newest first named, and how many there are below. */
  records(records: readonly VerifiedDeployment[]): string {
    if (records.length === 0) return 'nothing';
    const sorted = records.toSorted((a, b) => compareDeployments(b, a));
    const more = sorted.length - MOST_NAMED;
    const named = sorted.slice(0, MOST_NAMED).map((record) => this.record(record));
    return more > 0 ? `${named.join(' ')} and ${more} lower` : named.toReversed().join(' ');
  }

  hash(hash: PayloadHash): string {
    const record = this.#records.get(hash.slice(0, STAMP_DIGITS));
    return record === undefined ? hash.slice(0, SHORT_DIGITS) : this.record(record);
  }

  hashes(hashes: readonly PayloadHash[]): string {
    const records = hashes.flatMap((hash) => this.#records.get(hash.slice(0, STAMP_DIGITS)) ?? []);
    return records.length === hashes.length ? this.records(records) : `${hashes.length} records`;
  }

  /** What an instance runs; its state epoch, if there is one. */
  stamp(stamp: Stamp): string {
    const [record, scrub] = [this.#records.get(stamp.hash), this.#records.get(stamp.stateEpoch)];
    if (record === undefined) return formatStamp(stamp);
    return scrub === undefined ? this.record(record) : `${this.record(record)} of epoch ${this.record(scrub)}`;
  }

  digest(digest: Digest): string {
    const records = this.#digests.get(digest);
    return records === undefined ? digest : this.records(records);
  }

  #learn(record: VerifiedDeployment): void {
    const key = record.hash.slice(0, STAMP_DIGITS);
    if (this.#records.has(key)) return;
    this.#records.set(key, record);
    const name = deploymentName(record.deployment);
    this.#sharing.set(name, (this.#sharing.get(name) ?? 0) + 1);
  }
}
