/**
 * Whether the others accept this node, told in its status and log (law 9): whether they let it in, and whether they can call it back. A
 * node that nobody lets in or can call back looks fine from the inside.
 */
import type { Failure } from '../../gossip/protocol.ts';
import { BoundedMap } from '../../model/bounded.ts';
import type { Address, NodeId, Peer } from '../../model/names.ts';
import type { Logger } from '../log/log.ts';

/** A refusal of these codes passes by itself, and says nothing about who was refused. */
const PASSING: ReadonlySet<Failure['code']> = new Set(['GOSSIP_E_BUSY', 'GOSSIP_E_RATE', 'GOSSIP_E_STOPPING']);
/** Refusals in a row that take a node out which was let in before: single members may have lost what they knew. */
const REFUSALS_TO_TELL = 8;
/** How long it counts that a member could call this node, or could not. */
const CALLBACK_MS = 600_000;
/** Members whose word is remembered. */
const MAX_WORDS = 64;

interface Word {
  readonly callable: boolean;
  readonly at: number;
}

export class Acceptance {
  readonly #self: Address;
  readonly #log: Pick<Logger, 'info' | 'warn'>;
  readonly #now: () => number;
  #wasIn = false;
  #refusals = 0;
  #outside: Failure | null = null;
  readonly #words = new BoundedMap<NodeId, Word>(MAX_WORDS);
  #uncallable = false;

  /** `now`: a clock that only runs forward. */
  constructor(self: Address, log: Pick<Logger, 'info' | 'warn'>, now: () => number) {
    this.#self = self;
    this.#log = log;
    this.#now = now;
  }

  /** Why no member lets this node in; null once one did. */
  get outside(): Failure | null {
    return this.#outside;
  }

  /** Why others cannot call this node; null while one of them can, or nobody said that it tried. */
  get incoming(): Failure | null {
    const [callable, uncallable] = this.#count();
    if (callable > 0 || uncallable === 0) return null;
    return { code: 'GOSSIP_E_UNREACHABLE', message: `others cannot call ${this.#self}: ${uncallable} tried` };
  }

  /** A member answered as one answers a member. */
  letIn(): void {
    this.#wasIn = true;
    this.#refusals = 0;
    if (this.#outside) this.#log.info({}, 'this node is let in');
    this.#outside = null;
  }

  /** A member refused this node's hello. */
  refused({ name, address }: Peer, { code, message }: Failure): void {
    if (PASSING.has(code)) return;
    this.#refusals += 1;
    if (this.#wasIn && this.#refusals < REFUSALS_TO_TELL) return;
    if (code !== this.#outside?.code) this.#log.warn({ code, error: message, by: name || address }, 'this node is not let in');
    this.#outside = { code, message };
  }

  /** What a member says in its answer about calling this node back; undefined when it has not tried. */
  said(by: NodeId, word: string | undefined): void {
    if (word !== 'yes' && word !== 'no') return;
    this.#words.set(by, { callable: word === 'yes', at: this.#now() });
    const { incoming } = this;
    if (incoming && !this.#uncallable) this.#log.warn({ ...incoming }, 'others cannot call this node');
    if (!incoming && this.#uncallable) this.#log.info({}, 'others can call this node again');
    this.#uncallable = incoming !== null;
  }

  #count(): [callable: number, uncallable: number] {
    const since = this.#now() - CALLBACK_MS;
    const words = [...this.#words.values()].filter(({ at }) => at >= since);
    const callable = words.filter((word) => word.callable).length;
    return [callable, words.length - callable];
  }
}
