/**
 * What a node must run: a set of signed records that only grows upwards (law 1). Of each module it keeps the 64
 * highest records and the highest that opens a state epoch. Both are maxima over a total order, so merging is
 * commutative, associative and idempotent, whatever the order, loss or repetition of messages.
 */
import { compareDeployments } from '../model/deployment.ts';
import type { VerifiedDeployment } from '../model/deployment.ts';
import type { ModuleName, PayloadHash } from '../model/names.ts';
import { RunningDigest } from './digest.ts';
import type { Digest, Summary } from './messages.ts';
import { covers, summarize } from './summary.ts';

/** Records kept of each module, besides the one that opened the present state epoch. */
export const KEPT_RECORDS = 64;

/** `older`: fell outside what is kept. */
export type MergeStatus = 'applied' | 'known' | 'older';

/** Two records of one epoch and sequence: made in two partitions, or, where the whole number is one, by a misused key (attack B12). */
export interface Conflict {
  readonly a: VerifiedDeployment;
  readonly b: VerifiedDeployment;
}

export interface Merge {
  /** What happened to each record, in the order given. */
  readonly statuses: readonly MergeStatus[];
  /** The new records that are kept. */
  readonly applied: readonly VerifiedDeployment[];
  readonly conflicts: readonly Conflict[];
}

/** Whether state from before the record may never be loaded again: a scrub, or a removal, whose state is thrown away too. */
function opensEpoch(record: VerifiedDeployment): boolean {
  return record.deployment.scrub || record.deployment.code === null;
}

export class Configuration {
  readonly #byHash = new Map<PayloadHash, VerifiedDeployment>();
  /** Newest first. */
  readonly #byModule = new Map<ModuleName, VerifiedDeployment[]>();
  readonly #bySequence = new Map<string, Set<VerifiedDeployment>>();
  readonly #digest = new RunningDigest();
  #ordered: readonly VerifiedDeployment[] | null = null;
  #sorted: readonly PayloadHash[] | null = null;
  #highestSequence = 0;

  merge(records: Iterable<VerifiedDeployment>): Merge {
    const statuses: MergeStatus[] = [];
    const added: VerifiedDeployment[] = [];
    const conflicts: Conflict[] = [];
    for (const record of records) {
      const status = this.#add(record);
      statuses.push(status);
      if (status !== 'applied') continue;
      added.push(record);
      for (const rival of this.#bySequence.get(sequenceKey(record)) ?? []) if (rival !== record) conflicts.push({ a: rival, b: record });
    }
    return { statuses, applied: added.filter((record) => this.has(record.hash)), conflicts };
  }

  get digest(): Digest {
    return this.#digest.text;
  }

  /** Highest sequence of any module, also of records that are no longer kept. */
  get highestSequence(): number {
    return this.#highestSequence;
  }

  get size(): number {
    return this.#byHash.size;
  }

  has(hash: PayloadHash): boolean {
    return this.#byHash.has(hash);
  }

  get(hash: PayloadHash): VerifiedDeployment | undefined {
    return this.#byHash.get(hash);
  }

  modules(): Iterable<ModuleName> {
    return this.#byModule.keys();
  }

  newest(module: ModuleName): VerifiedDeployment | undefined {
    return this.#byModule.get(module)?.[0];
  }

  /** Records of one module, newest first. */
  history(module: ModuleName): readonly VerifiedDeployment[] {
    return this.#byModule.get(module) ?? [];
  }

  /** The record that opened the module's present state epoch, or null when it was never scrubbed. */
  epochRecord(module: ModuleName): VerifiedDeployment | null {
    return this.#byModule.get(module)?.find(opensEpoch) ?? null;
  }

  /** The module's present state epoch. */
  lastScrub(module: ModuleName): PayloadHash | null {
    return this.epochRecord(module)?.hash ?? null;
  }

  /** What a node that is behind in this module needs first: its newest record and the one that opened its epoch. */
  essentials(module: ModuleName): readonly VerifiedDeployment[] {
    const newest = this.newest(module);
    const scrub = this.epochRecord(module);
    if (newest === undefined) return [];
    return scrub === null || scrub === newest ? [newest] : [newest, scrub];
  }

  /** Newest records whose very number stands for another payload too: evidence of a misused key, until something newer is deployed. */
  signedTwice(): Conflict[] {
    const newest = [...this.#byModule.values()].flatMap(([first]) => first ?? []);
    const pairs = newest.flatMap((a) => [...(this.#bySequence.get(sequenceKey(a)) ?? [])].map((b): Conflict => ({ a, b })));
    return pairs.filter(isSignedTwice);
  }

  /** All records: the newest of every module first, then the second newest, and so on. */
  records(): readonly VerifiedDeployment[] {
    this.#ordered ??= [...this.#byModule.values()]
      .flatMap((records) => records.map((record, rank) => ({ record, rank })))
      .sort((a, b) => a.rank - b.rank)
      .map(({ record }) => record);
    return this.#ordered;
  }

  summary(random: () => number): Summary {
    this.#sorted ??= [...this.#byHash.keys()].sort();
    return summarize(this.#sorted, random);
  }

  /** The records that the holder of the summary lacks. */
  delta(summary: Summary): readonly VerifiedDeployment[] {
    const theirs = new Set(summary);
    const covered = covers(summary);
    return this.records().filter(({ hash }) => !theirs.has(hash) && covered(hash));
  }

  /** The hashes of the summary that are lacking here. */
  lacking(summary: Summary): Summary {
    return summary.filter((hash) => !this.has(hash));
  }

  #add(record: VerifiedDeployment): MergeStatus {
    if (this.has(record.hash)) return 'known';
    const { module, number } = record.deployment;
    this.#highestSequence = Math.max(this.#highestSequence, number.sequence);
    const records = this.#byModule.get(module) ?? [];
    const place = records.findIndex((other) => compareDeployments(record, other) > 0);
    const sorted = records.toSpliced(place === -1 ? records.length : place, 0, record);
    const kept = keep(sorted);
    if (!kept.includes(record)) return 'older';
    this.#byModule.set(module, kept);
    this.#index(record);
    for (const other of sorted) if (!kept.includes(other)) this.#forget(other);
    this.#ordered = null;
    this.#sorted = null;
    return 'applied';
  }

  #index(record: VerifiedDeployment): void {
    this.#byHash.set(record.hash, record);
    this.#digest.toggle(record.hash);
    const key = sequenceKey(record);
    const rivals = this.#bySequence.get(key) ?? new Set();
    this.#bySequence.set(key, rivals.add(record));
  }

  #forget(record: VerifiedDeployment): void {
    this.#byHash.delete(record.hash);
    this.#digest.toggle(record.hash);
    const key = sequenceKey(record);
    const rivals = this.#bySequence.get(key);
    rivals?.delete(record);
    if (rivals?.size === 0) this.#bySequence.delete(key);
  }
}

/** Whether two payloads have one number; of two that were made in two partitions, time or origin differ. */
export function isSignedTwice({ a, b }: Conflict): boolean {
  const [one, other] = [a.deployment, b.deployment];
  const sameNumber = one.number.sequence === other.number.sequence && one.number.time === other.number.time;
  return a.hash !== b.hash && one.epoch === other.epoch && sameNumber && one.number.origin === other.number.origin;
}

/** What is kept of a module's records, given newest first. */
function keep(sorted: readonly VerifiedDeployment[]): VerifiedDeployment[] {
  const kept = sorted.slice(0, KEPT_RECORDS);
  const scrub = sorted.find(opensEpoch);
  return scrub === undefined || kept.includes(scrub) ? kept : [...kept, scrub];
}

function sequenceKey({ deployment }: VerifiedDeployment): string {
  return `${deployment.epoch}.${deployment.number.sequence}`;
}
