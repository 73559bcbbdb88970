/** Where a node listens, the address it tells its peers, and what is wrong when it cannot listen. */
import { networkInterfaces } from 'node:os';
import { addressForPeers, canonicalHost, formatAddress, rangeOf } from '../../../model/address.ts';
import type { HostAndPort } from '../../../model/address.ts';
import { GossipError } from '../../../model/errors.ts';
import type { Address } from '../../../model/names.ts';

/** `10.0.0.7:7946`, `[::]:7946`; port 0 is any free one. Wildcards are fine: a node may listen at all addresses of its machine. */
export function parseListen(text: string): HostAndPort {
  const [, six, four, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = canonicalHost(six ?? four ?? '');
  const port = Number(digits);
  if (host === null || port > 65_535) throw new GossipError('GOSSIP_E_ADDRESS', `'${text}' is not an address to listen at`);
  if (rangeOf(host) === 'linkLocal') {
    throw new GossipError('GOSSIP_E_ADDRESS', `${host} is link-local, and means something on one link only: peers cannot be told it`, {
      advice: `Listen at another address of this machine: ${outsideAddresses('::').join(', ') || 'it has none but link-local ones and loopback'}.`,
    });
  }
  return { host, port };
}

export function isLoopbackListen(text: string): boolean {
  return rangeOf(parseListen(text).host) === 'loopback';
}

/** What a machine's addresses are; `networkInterfaces` fits. */
export type Interfaces = () => ReturnType<typeof networkInterfaces>;

/** The address for peers: as asked for, else where the node is bound; a wildcard needs exactly one outside address of this machine. */
export function advertisedAddress(bound: HostAndPort, asked: string | undefined, interfaces: Interfaces = networkInterfaces): Address {
  if (asked !== undefined) return addressForPeers(asked);
  if (rangeOf(bound.host) !== 'unspecified') return addressForPeers(written(bound));
  const outside = outsideAddresses(bound.host, interfaces);
  const [only, other] = outside;
  if (only !== undefined && other === undefined) return addressForPeers(written({ host: only, port: bound.port }));
  const example = written({ host: only ?? '10.0.0.7', port: bound.port });
  throw new GossipError(
    'GOSSIP_E_ADDRESS',
    `a node has one address for its peers: which one? This machine has ${outside.join(', ') || `no ${bound.host === '::' ? '' : 'IPv4 '}address but loopback`}`,
    { advice: `Choose with --advertise, as in --advertise ${example}.` },
  );
}

/** Not `formatAddress`: its port may be 0 here, and its class any. */
function written({ host, port }: HostAndPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What others may call this machine by when it listens at a wildcard: `::` takes IPv4 calls too. */
function outsideAddresses(wildcard: string, interfaces: Interfaces = networkInterfaces): string[] {
  return Object.values(interfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family, address }) => !internal && (wildcard === '::' || family === 'IPv4') && isCallable(address))
    .map(({ address }) => address);
}

function isCallable(host: string): boolean {
  try {
    return addressForPeers(formatAddress(host, 1)) !== undefined;
  } catch {
    return false;
  }
}
