/**
 * What a node must run: a set of signed records that only grows upwards (law 1). Of each module it keeps the 64
 * highest records and the highest that opens a state epoch, in each stretch of numbers. Both are maxima over a total order, so
 * merging is commutative, associative and idempotent, whatever the order, loss or repetition of messages. A record whose number
 * leaps is kept like any other, and does not count (attack A15, `model/stretch.ts`).
 */
import type { NumberScope } from '../api/deployments.ts';
import { compareDeployments } from '../model/deployment.ts';
import type { VerifiedDeployment } from '../model/deployment.ts';
import type { ModuleName, PayloadHash } from '../model/names.ts';
import { Stretches } from '../model/stretch.ts';
import type { TrustedRoot } from '../trust/root.ts';
import { RunningDigest } from './digest.ts';
import type { Digest } from './digest.ts';
import { isSignedTwice } from './conflict.ts';
import type { Conflict } from './conflict.ts';
import { keep, opensStateEpoch } from './kept-records.ts';
import { Rivals } from './rivals.ts';
import type { Summary } from './messages.ts';
import { covers, summarize } from './summary.ts';

/**
 * Names of modules that a configuration holds, removed ones included: a tombstone must stay (attack B6). Of more, the first in
 * alphabetical order are kept, so that all nodes keep the same; nodes refuse the one too many where it is posted (attack D12).
 */
export const MAX_MODULES = 8_192;

/** `older`: fell outside what is kept; `aside`: kept, but its number does not count. */
export type MergeStatus = 'applied' | 'known' | 'older' | 'aside';

export interface Merge {
  /** What happened to each record, in the order given. */
  readonly statuses: readonly MergeStatus[];
  /** Those that are kept and count from now on: new ones, and such as were kept aside before. */
  readonly applied: readonly VerifiedDeployment[];
  /** The new ones that are kept and do not count. */
  readonly aside: readonly VerifiedDeployment[];
  /** How many new ones are kept. */
  readonly kept: number;
  readonly conflicts: readonly Conflict[];
}

export class Configuration {
  readonly #byHash = new Map<PayloadHash, VerifiedDeployment>();
  /** Newest first. */
  readonly #byModule = new Map<ModuleName, VerifiedDeployment[]>();
  readonly #rivals = new Rivals();
  #stretches = new Stretches();
  /** Of the root that is followed; null: of any. */
  #epoch: number | null = null;
  #root: PayloadHash | null = null;
  /** How many modules its trust epoch begins with. */
  #begins = Infinity;
  /** What the epochs before held, when this one began. */
  #past: readonly VerifiedDeployment[] = [];
  /** Kept, and not counted. */
  readonly #aside = new Set<VerifiedDeployment>();
  readonly #digest = new RunningDigest();
  #ordered: readonly VerifiedDeployment[] | null = null;
  #sorted: readonly PayloadHash[] | null = null;
  #removed: number | null = null;
  #highestSequence = 0;

  merge(records: Iterable<VerifiedDeployment>): Merge {
    const statuses: MergeStatus[] = [];
    const added: VerifiedDeployment[] = [];
    const conflicts: Conflict[] = [];
    for (const record of records) {
      const status = this.#add(record);
      statuses.push(status);
      if (status !== 'applied' && status !== 'aside') continue;
      added.push(record);
      for (const rival of this.#rivals.of(record)) if (rival !== record) conflicts.push({ a: rival, b: record });
    }
    const kept = added.filter((record) => this.has(record.hash));
    const reached = [...this.#aside].filter((record) => this.counts(record));
    for (const record of reached) this.#count(record);
    const applied = new Set([...kept.filter((record) => this.counts(record)), ...reached]);
    return { statuses, applied: [...applied], aside: kept.filter((record) => !this.counts(record)), kept: kept.length, conflicts };
  }

  get digest(): Digest {
    return this.#digest.text;
  }

  /** The root is this one from now on. Its digest stands for it, from the second version on; records of earlier trust epochs are out. */
  follow({ hash, root: { version, epoch, modules } }: Pick<TrustedRoot, 'hash' | 'root'>): void {
    if (this.#root !== null) this.#digest.toggle(this.#root);
    this.#root = version > 1 ? hash : null;
    if (this.#root !== null) this.#digest.toggle(this.#root);
    if (epoch === this.#epoch) return;
    this.#epoch = epoch;
    this.#begins = modules ?? Infinity;
    this.#past = [...this.#byHash.values()].filter((record) => this.isPast(record));
    for (const record of this.#past) this.#forget(record);
    if (this.#past.length === 0) return;
    this.#byModule.clear();
    this.#stretches = new Stretches();
    this.#highestSequence = 0;
    this.#changed();
  }

  /** Whether the record is of another trust epoch than the root's. */
  isPast({ deployment: { epoch } }: Pick<VerifiedDeployment, 'deployment'>): boolean {
    return this.#epoch !== null && epoch !== this.#epoch;
  }

  /** Whether all is known that the trust epoch began with, and the module is not among it: nobody wants it any more (attack A10). */
  isUnwanted(module: ModuleName): boolean {
    return this.#byModule.size >= this.#begins && this.newest(module) === undefined;
  }

  /** Whose code may be named again: until all is known that the trust epoch began with. */
  get past(): readonly VerifiedDeployment[] {
    return this.#byModule.size >= this.#begins ? [] : this.#past;
  }

  /** Another thing that the digest stands for, such as a note about a node; told again, it stands for it no more. */
  alongside(hash: PayloadHash): void {
    this.#digest.toggle(hash);
  }

  /** Whether a new record comes too late for its number. */
  taken({ deployment: { module, number } }: Pick<VerifiedDeployment, 'deployment'>, scope: NumberScope): boolean {
    const highest = scope === 'cluster' ? this.#highestSequence : (this.newest(module)?.deployment.number.sequence ?? 0);
    return number.sequence <= highest;
  }

  /** Whether the number of a record counts, or would if it were here. */
  counts({ deployment }: Pick<VerifiedDeployment, 'deployment'>): boolean {
    return this.#stretches.counts(deployment.number.sequence);
  }

  /** What is kept and does not count, newest first. */
  get aside(): readonly VerifiedDeployment[] {
    return [...this.#aside].sort((a, b) => compareDeployments(b, a));
  }

  /** Of any module that counts, also of records that are no longer kept. */
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
    return this.#counted(module)[0];
  }

  /** Records of one module, newest first. */
  history(module: ModuleName): readonly VerifiedDeployment[] {
    return this.#counted(module);
  }

  /** The record that opened the module's present state epoch, or null when it was never scrubbed. */
  stateEpochRecord(module: ModuleName): VerifiedDeployment | null {
    return this.#counted(module).find(opensStateEpoch) ?? null;
  }

  /** The module's present state epoch. */
  lastScrub(module: ModuleName): PayloadHash | null {
    return this.stateEpochRecord(module)?.hash ?? null;
  }

  /** Whether a later deployment of its module opened the present state epoch. */
  isOutdated(record: VerifiedDeployment): boolean {
    return compareDeployments(record, this.stateEpochRecord(record.deployment.module) ?? record) < 0;
  }

  /** What a node that is behind in this module needs first: its newest record and the one that opened its epoch. */
  essentials(module: ModuleName): readonly VerifiedDeployment[] {
    const newest = this.newest(module);
    const scrub = this.stateEpochRecord(module);
    if (newest === undefined) return [];
    return scrub === null || scrub === newest ? [newest] : [newest, scrub];
  }

  /** Newest records whose very number stands for another payload too: evidence of a misused key, until something newer is deployed. */
  signedTwice(): Conflict[] {
    return this.#rivals.pairs().filter((pair) => this.newest(pair.a.deployment.module) === pair.a && isSignedTwice(pair));
  }

  /** All records: the newest of every module first, then the second newest, and so on; those that do not count last. */
  records(): readonly VerifiedDeployment[] {
    this.#ordered ??= [...this.counted(), ...this.aside];
    return this.#ordered;
  }

  /** Those that count, in that order; removed modules after the others, for a new node has no use for them. */
  counted(): readonly VerifiedDeployment[] {
    const ranked = [...this.modules()].flatMap((module) => {
      const records = this.#counted(module);
      const removed = records[0]?.deployment.code === null;
      return records.map((record, rank) => ({ record, rank, removed }));
    });
    return ranked.sort((a, b) => Number(a.removed) - Number(b.removed) || a.rank - b.rank).map(({ record }) => record);
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

  #counted(module: ModuleName): readonly VerifiedDeployment[] {
    const records = this.#byModule.get(module) ?? [];
    return this.#aside.size === 0 ? records : records.filter((record) => !this.#aside.has(record));
  }

  /** Whether there is a place for a module of this name: one that is known, or one more. */
  hasRoom(module: ModuleName): boolean {
    return this.#byModule.has(module) || this.#byModule.size < MAX_MODULES;
  }

  /** Modules whose newest record removes them. */
  get removedModules(): number {
    this.#removed ??= [...this.modules()].filter((module) => this.newest(module)?.deployment.code === null).length;
    return this.#removed;
  }

  /** Makes room for a name that comes before the last of too many; false when it is the last itself. */
  #makeRoom(module: ModuleName): boolean {
    if (this.hasRoom(module)) return true;
    const last = [...this.#byModule.keys()].reduce((a, b) => (a > b ? a : b));
    if (module > last) return false;
    for (const record of this.#byModule.get(last) ?? []) this.#forget(record);
    return this.#byModule.delete(last);
  }

  #add(record: VerifiedDeployment): MergeStatus {
    if (this.has(record.hash)) return 'known';
    if (this.isPast(record)) return 'older';
    const { module, number } = record.deployment;
    if (!this.#makeRoom(module)) return 'older';
    this.#stretches.add(number.sequence);
    const aside = !this.counts(record);
    if (!aside) this.#highestSequence = Math.max(this.#highestSequence, number.sequence);
    const records = this.#byModule.get(module) ?? [];
    const place = records.findIndex((other) => compareDeployments(record, other) > 0);
    const sorted = records.toSpliced(place === -1 ? records.length : place, 0, record);
    const kept = keep(sorted);
    if (!kept.includes(record)) return 'older';
    this.#byModule.set(module, kept);
    this.#byHash.set(record.hash, record);
    this.#digest.toggle(record.hash);
    this.#rivals.add(record);
    if (aside) this.#aside.add(record);
    for (const other of sorted) if (!kept.includes(other)) this.#forget(other);
    this.#changed();
    return aside ? 'aside' : 'applied';
  }

  /** A record that was kept aside: all stretches below its own are in use now. */
  #count(record: VerifiedDeployment): void {
    this.#aside.delete(record);
    this.#highestSequence = Math.max(this.#highestSequence, record.deployment.number.sequence);
    this.#changed();
  }

  /** What was counted of the records holds no more. */
  #changed(): void {
    this.#ordered = null;
    this.#sorted = null;
    this.#removed = null;
  }

  #forget(record: VerifiedDeployment): void {
    this.#byHash.delete(record.hash);
    this.#aside.delete(record);
    this.#digest.toggle(record.hash);
    this.#rivals.delete(record);
  }
}
