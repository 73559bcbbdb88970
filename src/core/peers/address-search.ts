/**
 * Finds nodes of the cluster that are known by address alone: once all the others have moved, nobody else can name one. A node that
 * answers proves by its admission that it belongs to the cluster; until then nothing it says is believed.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { failureOf } from '../../model/errors.ts';
import type { Address, NodeId, Peer } from '../../model/names.ts';
import type { Logger } from '../log/log.ts';

export interface MeetingParts {
  readonly identify: (address: Address) => Promise<NodeId>;
  /** Shows this node's admission and checks the other's; rejects unless it is a member. Answers its name. */
  readonly greet: (peer: Peer, timeoutMs: number) => Promise<string>;
  readonly met: (peer: Peer) => void;
  readonly self: NodeId;
}

export interface AddressSearchParts extends MeetingParts {
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** Waits between tries double from the first to the last. */
  readonly pausesMs?: readonly [first: number, last: number];
}

const HELLO_MS = 5_000;
const PAUSES_MS = [500, 30_000] as const;

export class AddressSearch {
  readonly #parts: AddressSearchParts;
  readonly #stopped = new AbortController();
  readonly #under: Promise<unknown>;

  constructor(addresses: readonly Address[], parts: AddressSearchParts) {
    this.#parts = parts;
    this.#under = Promise.all(addresses.map((address) => this.#meet(address)));
  }

  /** Resolves when nothing is tried any more. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#under;
  }

  /** Until it is met: it may start later than this node. */
  async #meet(address: Address): Promise<void> {
    const [first, last] = this.#parts.pausesMs ?? PAUSES_MS;
    let told = '';
    for (let waitMs = first; !this.#stopped.signal.aborted; waitMs = Math.min(2 * waitMs, last)) {
      try {
        return await this.#try(address);
      } catch (error) {
        const { code, message } = failureOf(error);
        if (code !== told && !this.#stopped.signal.aborted) {
          this.#parts.log.warn({ address, code, error: message }, 'the peer of --peer is not met yet; trying on');
        }
        told = code;
      }
      await pause(waitMs, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
    }
  }

  async #try(address: Address): Promise<void> {
    const met = await meetAt(address, this.#parts);
    if (met !== null) this.#parts.log.info({ address, peer: met.id, name: met.name }, 'met the peer of --peer');
  }
}

/** Looks who answers at an address and has it prove that it is a member. Null for this node itself, which a list for all nodes may well hold. */
export async function meetAt(address: Address, { identify, greet, met, self }: MeetingParts): Promise<Peer | null> {
  const id = await identify(address);
  if (id === self) return null;
  const name = await greet({ id, address, name: '' }, HELLO_MS);
  const peer: Peer = { id, address, name };
  met(peer);
  return peer;
}
