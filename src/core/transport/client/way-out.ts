/** Which way calls go out: through the proxy, or directly. May change; what is open stays as it is. */
import type { Address } from '../../../model/names.ts';
import type { Direct } from './direct.ts';
import { parseProxy } from './proxy.ts';
import type { Proxy } from './proxy.ts';

export interface Ways {
  /** `http://host:port`: everything goes out through this CONNECT proxy. */
  readonly proxy?: string | undefined;
  /** What is called without the proxy. Default: nothing. */
  readonly direct?: Direct | undefined;
}

export class WayOut {
  #proxy: Proxy | null = null;
  #direct: Direct = () => false;

  constructor(ways: Ways) {
    this.change(ways);
  }

  /** Throws GOSSIP_E_PROXY, and changes nothing, where the proxy is none. */
  change({ proxy, direct }: Ways): void {
    this.#proxy = proxy === undefined ? null : parseProxy(proxy);
    this.#direct = direct ?? (() => false);
  }

  proxyFor(address: Address): Proxy | null {
    return this.#direct(address) ? null : this.#proxy;
  }
}
