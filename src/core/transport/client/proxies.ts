/**
 * Several proxies in turn: the first that works. One that cannot be reached, refuses or keeps silent rests for a while, longer each time, and the next is taken meanwhile;
 * then it comes first again. Where all rest, the one that may be tried soonest is taken, so that nobody is given up.
 */
import type { Socket } from 'node:net';
import type { ProxyStatus } from '../../../api/proxies.ts';
import { failureOf, GossipError } from '../../../model/errors.ts';
import type { Failure } from '../../../model/errors.ts';
import type { Address } from '../../../model/names.ts';
import { openTunnel, parseProxy, placeOf } from './proxy.ts';
import type { Proxy } from './proxy.ts';

export interface ProxyTurnsOptions {
  /** Milliseconds of a clock that only runs forward. */
  readonly now?: () => number;
  readonly random?: () => number;
  /** Told when a proxy begins to rest, and when it works again. */
  readonly onChange?: (proxy: string, error: Failure | null) => void;
}

const FIRST_REST_MS = 5_000;
const LONGEST_REST_MS = 300_000;
/** Targets in a row that a proxy did not reach: it may as well be the targets that are down. */
const UNREACHED_TO_REST = 5;

interface Turn {
  readonly proxy: Proxy;
  restsUntil: number;
  /** Since it last opened a tunnel. */
  rests: number;
  unreached: number;
  error: Failure | null;
}

export class ProxyTurns {
  readonly #turns: readonly Turn[];
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #onChange: NonNullable<ProxyTurnsOptions['onChange']>;

  /** Throws GOSSIP_E_PROXY for what is no proxy. */
  constructor(urls: readonly string[], { now, random, onChange }: ProxyTurnsOptions = {}) {
    this.#turns = urls.map((url) => ({ proxy: parseProxy(url), restsUntil: 0, rests: 0, unreached: 0, error: null }));
    this.#now = now ?? (() => performance.now());
    this.#random = random ?? Math.random;
    this.#onChange = onChange ?? (() => {});
  }

  status(): ProxyStatus[] {
    const now = this.#now();
    return this.#turns.map(({ proxy, restsUntil, error }) => ({
      proxy: placeOf(proxy),
      restsMs: Math.max(0, Math.round(restsUntil - now)),
      error,
    }));
  }

  /** A connection to `target`, within so many milliseconds as far as it is ours. Rejects with what the last one that was tried said. */
  async open(target: Address, signal: AbortSignal, withinMs: number): Promise<Socket> {
    const until = this.#now() + withinMs;
    const order = this.#inOrder();
    let thrown: unknown = null;
    let isItsFault = true;
    for (const [index, turn] of order.entries()) {
      // Because a target is down, one that rests is not woken.
      if (this.#rests(turn) && !isItsFault) break;
      const others = order.length - index - 1;
      const patience = new Patience(turn.proxy, target, signal, others === 0 ? null : (until - this.#now()) / (others + 1));
      try {
        const socket = await openTunnel(turn.proxy, target, patience.signal);
        this.#works(turn);
        return socket;
      } catch (error) {
        thrown = error;
        isItsFault = this.#failed(turn, failureOf(error));
        if (signal.aborted) break;
      } finally {
        patience.end();
      }
    }
    throw thrown;
  }

  /** As they were given; those that rest come last, the one that rests shortest first. */
  #inOrder(): readonly Turn[] {
    const awake = this.#turns.filter((turn) => !this.#rests(turn));
    const resting = this.#turns.filter((turn) => this.#rests(turn)).toSorted((a, b) => a.restsUntil - b.restsUntil);
    return [...awake, ...resting];
  }

  #rests({ restsUntil }: Turn): boolean {
    return restsUntil > this.#now();
  }

  #works(turn: Turn): void {
    const wasFailing = turn.rests > 0;
    turn.restsUntil = turn.rests = turn.unreached = 0;
    turn.error = null;
    if (wasFailing) this.#onChange(placeOf(turn.proxy), null);
  }

  /** Whether it is the proxy's own fault: then it rests. */
  #failed(turn: Turn, failure: Failure): boolean {
    turn.error = failure;
    turn.unreached += 1;
    const isItsFault = failure.code === 'GOSSIP_E_PROXY';
    if (!isItsFault && turn.unreached < UNREACHED_TO_REST) return false;
    const isNew = turn.rests === 0;
    turn.restsUntil = this.#now() + Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** turn.rests) * (0.5 + this.#random() / 2);
    turn.rests += 1;
    turn.unreached = 0;
    if (isNew) this.#onChange(placeOf(turn.proxy), failure);
    return isItsFault;
  }
}

/** How long one proxy is waited for while there are others. */
class Patience {
  readonly signal: AbortSignal;
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(proxy: Proxy, target: Address, signal: AbortSignal, ms: number | null) {
    this.signal = signal;
    if (ms === null) return;
    const own = new AbortController();
    const late = new GossipError('GOSSIP_E_TIMEOUT', `the proxy ${placeOf(proxy)} opens no tunnel to ${target} in time`);
    this.#timer = setTimeout(() => own.abort(late), ms);
    this.signal = AbortSignal.any([signal, own.signal]);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
