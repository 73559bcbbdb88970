/** How a node looks for members that no peer named: at the addresses of `--peer`, and at those that the sources of `--join-from` give. */
import type { SourceStatus } from '../../api/join-from.ts';
import type { Address, Peer } from '../../model/names.ts';
import { systemClock } from '../adapters/clock.ts';
import type { Core } from '../core.ts';
import type { Logger } from '../log/log.ts';
import { AddressSearch } from '../peers/address-search.ts';
import type { PeerCalls } from '../peers/peer-calls.ts';
import type { PeerClient } from '../transport/client/client.ts';
import { Discovery } from './discovery.ts';
import type { SourceWish } from './wish.ts';

export interface PeerSearchParts {
  readonly self: Peer;
  readonly client: Pick<PeerClient, 'identify'>;
  readonly calls: Pick<PeerCalls, 'greet'>;
  readonly log: Logger;
}

export class PeerSearch {
  readonly #parts: PeerSearchParts;
  readonly #peers: readonly Address[];
  #sources: readonly SourceWish[];
  #addresses: AddressSearch | null = null;
  #discovery: Discovery | null = null;

  constructor({ peers = [], joinFrom = [] }: { peers?: readonly Address[]; joinFrom?: readonly SourceWish[] }, parts: PeerSearchParts) {
    this.#parts = parts;
    this.#peers = peers;
    this.#sources = joinFrom;
  }

  begin(core: Pick<Core, 'handle' | 'livingAddresses'>): void {
    const { self, client, calls, log } = this.#parts;
    const parts = {
      identify: (address: Address) => client.identify(address),
      greet: (peer: Peer, timeoutMs: number) => calls.greet(peer, timeoutMs),
      met: (peer: Peer) => core.handle({ type: 'peer-met', peer }),
      self: self.id,
      log,
    };
    this.#addresses = new AddressSearch(this.#peers, parts);
    const [living, now] = [() => core.livingAddresses(), () => systemClock.forward()];
    this.#discovery = new Discovery(this.#sources, { ...parts, own: self.address, living, now });
    this.#discovery.begin();
  }

  /** Other sources from now on. */
  lookAt(sources: readonly SourceWish[]): void {
    this.#sources = sources;
    this.#discovery?.replace(sources);
  }

  status(): SourceStatus[] {
    return this.#discovery?.status() ?? [];
  }

  /** Resolves when nobody is called any more. */
  async stop(): Promise<void> {
    await Promise.all([this.#addresses?.stop(), this.#discovery?.stop()]);
  }
}
