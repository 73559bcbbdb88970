/**
 * Looks for members where `--join-from` says that addresses are to be had: once at the start, and again, rarely, for as long as the node knows but few that are alive.
 * Trust comes from elsewhere: an address is called, and whoever answers proves by its admission that it is a member, as one that `--peer` names. Nothing waits for it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { SourceStatus } from '../../api/join-from.ts';
import { jittered } from '../../gossip/timing.ts';
import { failureOf, GossipError } from '../../model/errors.ts';
import type { Address } from '../../model/names.ts';
import type { Logger } from '../log/log.ts';
import { meetAt } from '../peers/address-search.ts';
import type { MeetingParts } from '../peers/address-search.ts';
import { splitAddress } from '../../model/address.ts';
import { CALLS_AT_ONCE, FEW_PEERS, MAX_SOURCE_LINES } from './limits.ts';
import { systemNames } from './names.ts';
import type { Names } from './names.ts';
import { askSource } from './source.ts';
import type { SourceWish } from './wish.ts';

export interface DiscoveryParts extends MeetingParts {
  /** Where this node is called; its port is that of what names none. */
  readonly own: Address;
  /** Addresses of members that are alive, as far as this node knows. */
  readonly living: () => readonly Address[];
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** Milliseconds of a clock that only runs forward. */
  readonly now: () => number;
  readonly random?: () => number;
  readonly names?: Names;
  /** From the first pause between two askings to the longest, and the longest while nobody at all is alive. */
  readonly pausesMs?: readonly [first: number, last: number, alone: number];
}

const PAUSES_MS = [5_000, 300_000, 60_000] as const;

interface Source {
  readonly wish: SourceWish;
  askedAt: number | null;
  told: Omit<SourceStatus, 'source' | 'askedMs'>;
  /** What was logged of it last. */
  logged: string;
}

export class Discovery {
  readonly #parts: DiscoveryParts;
  readonly #names: Names;
  readonly #random: () => number;
  readonly #stopped = new AbortController();
  #wake = new AbortController();
  #sources: readonly Source[];
  #under: Promise<void> | null = null;

  constructor(wishes: readonly SourceWish[], parts: DiscoveryParts) {
    this.#parts = parts;
    this.#names = parts.names ?? systemNames();
    this.#random = parts.random ?? Math.random;
    this.#sources = wishes.map(sourceOf);
  }

  begin(): void {
    if (this.#sources.length > 0) this.#under ??= this.#run();
  }

  /** Other sources from now on; new ones are asked at once. */
  replace(wishes: readonly SourceWish[]): void {
    const before = new Map(this.#sources.map((source) => [source.wish.label, source]));
    this.#sources = wishes.map((wish) => before.get(wish.label) ?? sourceOf(wish));
    this.#wake.abort();
    if (!this.#stopped.signal.aborted) this.begin();
  }

  status(): SourceStatus[] {
    const now = this.#parts.now();
    return this.#sources.map(({ wish, askedAt, told }) => {
      return { source: wish.label, askedMs: askedAt === null ? null : Math.max(0, Math.round(now - askedAt)), ...told };
    });
  }

  /** Resolves when nobody is called any more. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#under;
  }

  async #run(): Promise<void> {
    const [first, last, alone] = this.#parts.pausesMs ?? PAUSES_MS;
    let waitMs = first;
    while (!this.#stopped.signal.aborted) {
      const fresh = this.#sources.filter(({ askedAt }) => askedAt === null);
      const living = this.#parts.living().length;
      if (living >= FEW_PEERS) waitMs = first;
      else waitMs = Math.min(waitMs, living === 0 ? alone : last);
      for (const source of living >= FEW_PEERS ? fresh : this.#sources) await this.#ask(source);
      this.#wake = new AbortController();
      const signal = AbortSignal.any([this.#wake.signal, this.#stopped.signal]);
      await pause(jittered(waitMs, this.#random), undefined, { signal }).catch(() => undefined);
      waitMs *= 2;
    }
  }

  async #ask(source: Source): Promise<void> {
    const { signal: stopped } = this.#stopped;
    if (stopped.aborted) return;
    const isFirst = source.askedAt === null;
    source.askedAt = this.#parts.now();
    try {
      const asking = { names: this.#names, port: splitAddress(this.#parts.own).port, random: this.#random, stopped };
      const { addresses, bad } = await orStopped(askSource(source.wish, asking), stopped);
      source.told = { ...NOTHING, addresses: addresses.length, bad };
      // What a node remembers of the time before its start may be long past.
      await this.#call(source, addresses, isFirst ? [] : this.#parts.living());
    } catch (thrown) {
      source.told = { ...NOTHING, error: failureOf(thrown) };
    }
    if (!stopped.aborted) this.#log(source);
  }

  /** Some at a time, until enough are met. */
  async #call(source: Source, addresses: readonly Address[], living: readonly Address[]): Promise<void> {
    const known = addresses.filter((address) => living.includes(address)).length;
    source.told = { ...source.told, known };
    const left = addresses.filter((address) => !living.includes(address) && address !== this.#parts.own);
    while (left.length > 0 && known + source.told.met < FEW_PEERS && !this.#stopped.signal.aborted) {
      await Promise.all(left.splice(0, CALLS_AT_ONCE).map((address) => this.#meet(source, address)));
    }
  }

  async #meet(source: Source, address: Address): Promise<void> {
    try {
      const peer = await meetAt(address, this.#parts);
      if (peer === null) return;
      source.told = { ...source.told, met: source.told.met + 1 };
      this.#parts.log.info(
        { source: source.wish.label, address, peer: peer.id, name: peer.name },
        'met a peer that a source of addresses named',
      );
    } catch (thrown) {
      const { failed } = source.told;
      const unmet = { address, ...failureOf(thrown) };
      source.told = { ...source.told, failed: [...failed, unmet].slice(0, MAX_SOURCE_LINES), unmet: source.told.unmet + 1 };
    }
  }

  /** Each trouble once, until it is another one. */
  #log(source: Source): void {
    const { wish, told } = source;
    const { error, bad, addresses, known, met, failed } = told;
    const nobody = addresses > 0 && known + met === 0 ? (failed[0] ?? null) : null;
    const trouble = JSON.stringify([error, bad, nobody?.code]);
    if (trouble === source.logged) return;
    const { log } = this.#parts;
    const fields = { source: wish.label, addresses, ...(bad.length > 0 && { bad }) };
    if (error !== null) log.warn({ ...fields, code: error.code, error: error.message }, 'a source of addresses gives none');
    else if (nobody !== null)
      log.warn({ ...fields, code: nobody.code, error: nobody.message }, 'nobody is met at the addresses of a source; it is asked again');
    else if (bad.length > 0) log.warn(fields, 'a source of addresses holds what is none');
    else log.info(fields, source.logged === '' ? 'asked a source of addresses' : 'a source of addresses is well again');
    source.logged = trouble;
  }
}

const NOTHING: Source['told'] = { addresses: 0, known: 0, met: 0, unmet: 0, failed: [], bad: [], error: null };

function sourceOf(wish: SourceWish): Source {
  return { wish, askedAt: null, told: NOTHING, logged: '' };
}

/** A look-up that hangs does not hold up the end of the node. */
async function orStopped<Value>(work: Promise<Value>, stopped: AbortSignal): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(new GossipError('GOSSIP_E_STOPPING', 'the node stops'));
  stopped.addEventListener('abort', stop);
  try {
    return await Promise.race([work, promise]);
  } finally {
    stopped.removeEventListener('abort', stop);
  }
}
