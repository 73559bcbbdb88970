/** Which way calls go out: through a proxy, or directly. May change; what is open stays as it is. */
import type { ProxyStatus } from '../../../api/proxies.ts';
import type { Address } from '../../../model/names.ts';
import type { Direct } from './direct.ts';
import { ProxyTurns } from './proxies.ts';
import type { ProxyTurnsOptions } from './proxies.ts';

export interface Ways {
  /** `http://host:port`, each: everything goes out through the first of these CONNECT proxies that works. Default: none. */
  readonly proxies?: readonly string[] | undefined;
  /** What is called without a proxy. Default: nothing. */
  readonly direct?: Direct | undefined;
}

/** `onProxy` is told when a proxy begins to rest, and when it works again. */
export interface ToldWays extends Ways {
  readonly onProxy?: ProxyTurnsOptions['onChange'];
}

export class WayOut {
  readonly #onProxy: ProxyTurnsOptions['onChange'];
  #urls: readonly string[] = [];
  #proxies: ProxyTurns | null = null;
  #direct: Direct = () => false;

  constructor(ways: ToldWays) {
    this.#onProxy = ways.onProxy;
    this.change(ways);
  }

  /** Throws GOSSIP_E_PROXY, and changes nothing, where a proxy is none. Proxies that stay the same keep what is known of them. */
  change({ proxies = [], direct }: Ways): void {
    if (JSON.stringify(proxies) !== JSON.stringify(this.#urls)) {
      this.#proxies = proxies.length === 0 ? null : new ProxyTurns(proxies, this.#onProxy === undefined ? {} : { onChange: this.#onProxy });
      this.#urls = [...proxies];
    }
    this.#direct = direct ?? (() => false);
  }

  proxiesFor(address: Address): ProxyTurns | null {
    return this.#direct(address) ? null : this.#proxies;
  }

  status(): ProxyStatus[] {
    return this.#proxies?.status() ?? [];
  }
}
