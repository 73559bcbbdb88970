/** Two ways to give an operator an uplink of 64 kB/s that stalls when a test wants it to: a link of the tests' own, and a kernel's. */
import type { Address } from '../../src/model/names.ts';
import { slowLink } from '../support/slow-link.ts';
import type { Namespace } from './namespace.ts';

const BYTES_PER_SECOND = 64_000;

export interface Uplink {
  /** Where the operator reaches the node through it. */
  readonly address: Address;
  stall(): void;
  goOn(): void;
  /** Bytes that went up it so far. */
  carried(): number;
}

/** In front of the node, for whoever calls it there. */
export async function proxiedUplink(node: Address): Promise<Uplink> {
  let stalled = false;
  let carried = 0;
  const bytesPerTick = (BYTES_PER_SECOND * 20) / 1_000;
  const address = await slowLink(
    node,
    bytesPerTick,
    (way) => way === 'down' || !stalled,
    (bytes) => (carried += bytes),
  );
  return { address, stall: () => (stalled = true), goOn: () => (stalled = false), carried: () => carried };
}

/** The kernel's, for all that goes to the node's port. */
export function shapedUplink(namespace: Namespace, address: Address): Uplink {
  const port = address.slice(address.lastIndexOf(':') + 1);
  const tc = (...args: readonly string[]) => namespace.exec('tc', ...args);
  // Packets and a queue as on a real link: a loopback's own are so large that they would be the whole of either.
  namespace.exec('ip', 'link', 'set', 'lo', 'mtu', '1500');
  // What belongs to no class passes at full speed.
  tc('qdisc', 'add', 'dev', 'lo', 'root', 'handle', '1:', 'htb', 'default', '0');
  tc('class', 'add', 'dev', 'lo', 'parent', '1:', 'classid', '1:1', 'htb', 'rate', `${BYTES_PER_SECOND * 8}bit`, 'burst', '16kb');
  tc('qdisc', 'add', 'dev', 'lo', 'parent', '1:1', 'tbf', 'rate', `${BYTES_PER_SECOND * 8}bit`, 'burst', '16kb', 'limit', '64kb');
  tc('filter', 'add', 'dev', 'lo', 'parent', '1:', 'protocol', 'ip', 'u32', 'match', 'ip', 'dport', port, '0xffff', 'flowid', '1:1');
  return {
    address,
    stall: () => namespace.filter(`tcp dport ${port} drop`),
    goOn: () => namespace.filter(),
    carried: () => Number(/Sent (\d+) bytes/.exec(tc('-s', 'class', 'show', 'dev', 'lo', 'classid', '1:1'))?.[1]),
  };
}
