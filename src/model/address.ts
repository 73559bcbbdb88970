/**
 * Addresses in their one canonical form: a literal IP address in the spelling of RFC 5952, IPv6 in brackets, and a port without leading
 * zeros. What another spelling can be mended to is mended where people write it; what programs send, and what gets signed, must be canonical.
 */
import ipaddr from 'ipaddr.js';
import { GossipError } from './errors.ts';
import { isAddress } from './names.ts';
import type { Address } from './names.ts';
import { safeText } from './safe-text.ts';

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/**
 * All other classes are refused: multicast, unspecified, broadcast, link-local (cloud metadata at 169.254.169.254), reserved,
 * and every form that carries an IPv4 address inside an IPv6 one.
 */
const CALLABLE: ReadonlySet<string> = new Set(['unicast', 'private', 'carrierGradeNat', 'uniqueLocal', 'loopback']);

const WRITTEN = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([0-9.]{7,15})):0*(\d{1,5})$/;

/** Why nobody can call a node there, by the class of the address. */
const WHY_NOT: Readonly<Record<string, string>> = {
  unspecified: 'it stands for all addresses of a machine; name one of them',
  multicast: 'it is a multicast address, which no node has alone',
  broadcast: 'it is the broadcast address, which no node has alone',
  linkLocal: 'it is link-local, and means something on one link only',
};

/** `host` as one spelling of one address: an IPv4 address inside an IPv6 one is the IPv4 address. Null when it is no literal address. */
export function canonicalHost(host: string): string | null {
  // Leading zeros mean octal to some programs and nothing to others: nobody can say which address it is.
  if (!ipaddr.isValid(host) || (!host.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(host)) || host.includes('%')) return null;
  return ipaddr.process(host).toString();
}

/** The class of a literal address, in the words of ipaddr.js: 'private', 'loopback', 'multicast' … */
export function rangeOf(host: string): string {
  return ipaddr.parse(host).range();
}

/** What a person wrote, as an address that peers can be told; mended where it is only spelt otherwise, refused where nobody could call it. */
export function addressForPeers(text: string): Address {
  const [, six, four, port] = WRITTEN.exec(text) ?? [];
  const host = six?.includes(':') === false ? null : canonicalHost(six ?? four ?? '');
  if (host === null || Number(port) < 1 || Number(port) > 65_535) {
    throw notAnAddress(text);
  }
  const range = rangeOf(host);
  if (!CALLABLE.has(range)) {
    throw new GossipError('GOSSIP_E_ADDRESS', `peers cannot be told ${text}: ${WHY_NOT[range] ?? `it is of the class '${range}'`}`);
  }
  return formatAddress(host, Number(port));
}

/** The parts of `10.0.0.7:7946` or `[2001:db8::7]:7946`. */
export function splitAddress(address: string): HostAndPort {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  if (!isAddress(address) || !ipaddr.isValid(host)) throw notAnAddress(address);
  return { host, port: Number(address.slice(colon + 1)) };
}

export function formatAddress(host: string, port: number): Address {
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  if (isAddress(address)) return address;
  throw notAnAddress(address);
}

function notAnAddress(text: string): GossipError {
  return new GossipError('GOSSIP_E_ADDRESS', `'${safeText(text, 100)}' is not an address: a literal IP address and a port are wanted`);
}
