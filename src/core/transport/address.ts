/** Peers' addresses: literal, in their one canonical spelling, and of a class that a node may be told to call (attack B9). */
import ipaddr from 'ipaddr.js';
import { addressForPeers, rangeOf, splitAddress } from '../../model/address.ts';
import { GossipError } from '../../model/errors.ts';
import type { Address } from '../../model/names.ts';
import { MAX_TOLD, safeText } from '../../model/safe-text.ts';

export interface AddressPolicy {
  /** True only where this node itself listens on loopback: elsewhere such a hint would point at services of this machine. */
  readonly allowLoopback: boolean;
}

/** `address`, if a peer may be called there; a peer that gives another one is refused. */
export function checkPeerAddress(address: string, policy: AddressPolicy): Address {
  const canonical = addressForPeers(address);
  // One spelling for one address: 010.0.0.1 and [0:0::1] mean different things to different programs.
  if (canonical !== address) throw new GossipError('GOSSIP_E_ADDRESS', `${safeText(address, MAX_TOLD)} is not written as ${canonical}`);
  if (!policy.allowLoopback && isLoopback(splitAddress(address).host)) {
    throw new GossipError('GOSSIP_E_ADDRESS', `peers are not called at ${address}: it is loopback`);
  }
  return canonical;
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
  return rangeOf(caller) === 'loopback';
}
