/** Peers' addresses: literal, in their one canonical spelling, and of a class that a node may be told to call (attack B9). */
import ipaddr from 'ipaddr.js';
import { GossipError } from '../../model/errors.ts';
import { isAddress } from '../../model/names.ts';
import type { Address } from '../../model/names.ts';
import { MAX_TOLD, safeText } from '../../model/safe-text.ts';

/**
 * All other classes are refused: multicast, unspecified, broadcast, link-local (cloud metadata at 169.254.169.254), reserved,
 * and every form that carries an IPv4 address inside an IPv6 one.
 */
const CALLABLE: ReadonlySet<string> = new Set(['unicast', 'private', 'carrierGradeNat', 'uniqueLocal']);

export interface AddressPolicy {
  /** True only where this node itself listens on loopback: elsewhere such a hint would point at services of this machine. */
  readonly allowLoopback: boolean;
}

/** `address`, if a peer may be called there; a peer that gives another one is refused. */
export function checkPeerAddress(address: string, policy: AddressPolicy): Address {
  const { host } = splitAddress(address);
  const parsed = ipaddr.parse(host);
  const range = parsed.range();
  if (!CALLABLE.has(range) && !(range === 'loopback' && policy.allowLoopback)) {
    throw new GossipError('GOSSIP_E_ADDRESS', `peers are not called at ${address}: it is ${range}`);
  }
  // One spelling for one address: 010.0.0.1 and [0:0::1] mean different things to different programs.
  if (parsed.toString() !== host) throw new GossipError('GOSSIP_E_ADDRESS', `${address} is not written as ${parsed.toString()}`);
  return address as Address;
}

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** The parts of `10.0.0.7:7946` or `[2001:db8::7]:7946`. */
export function splitAddress(address: string): HostAndPort {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  if (!isAddress(address) || !ipaddr.isValid(host)) {
    throw new GossipError('GOSSIP_E_ADDRESS', `'${safeText(address, MAX_TOLD)}' is not an address`);
  }
  return { host, port: Number(address.slice(colon + 1)) };
}

export function formatAddress(host: string, port: number): Address {
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  if (isAddress(address)) return address;
  throw new GossipError('GOSSIP_E_ADDRESS', `'${safeText(address, MAX_TOLD)}' is not an address`);
}

/** A caller's address in one spelling: an IPv4 caller of a socket that serves both families is an IPv4 address again. */
export function callerAddress(remoteAddress: string): string {
  return ipaddr.process(remoteAddress.replace(/%.*$/, '')).toString();
}

/** What counts as one caller in limits: an IPv4 address, or the /64 that a single IPv6 host may choose addresses from. */
export function addressGroup(caller: string): string {
  const parsed = ipaddr.parse(caller);
  return parsed instanceof ipaddr.IPv6
    ? parsed.parts
        .slice(0, 4)
        .map((part) => part.toString(16))
        .join(':')
    : caller;
}

export function isLoopback(caller: string): boolean {
  return ipaddr.parse(caller).range() === 'loopback';
}
