/** Addresses that are called without the proxy: loopback and the local networks that the operator lists. */
import ipaddr from 'ipaddr.js';
import { splitAddress } from '../../../model/address.ts';
import { GossipError } from '../../../model/errors.ts';
import type { Address } from '../../../model/names.ts';
import { safeText } from '../../../model/safe-text.ts';

/** Whether an address is called without the proxy. */
export type Direct = (address: Address) => boolean;

/**
 * `10.0.0.0/8,fd00::/8,192.168.1.7` or `*`. `skipNames`: host names, which `NO_PROXY` lists for other programs, say nothing about
 * addresses and are left out; elsewhere they are refused.
 */
export function parseDirect(text: string, { skipNames = false }: { readonly skipNames?: boolean } = {}): Direct {
  const parts = text
    .split(/[\s,]+/)
    .filter((part) => part !== '')
    .map((part) => part.replace(/^\[|\]$/g, ''));
  if (parts.includes('*')) return () => true;
  const networks = parts.flatMap((part) => {
    const network = networkOf(part);
    if (network !== null) return [network];
    if (skipNames) return [];
    throw new GossipError('GOSSIP_E_PROXY', `'${safeText(part, 100)}' is not a network`, {
      advice: 'Give --direct as networks: 10.0.0.0/8,fd00::/8.',
    });
  });
  return (address) => {
    const host = ipaddr.parse(splitAddress(address).host);
    return networks.some(([base, bits]) => base.kind() === host.kind() && host.match(base, bits));
  };
}

function networkOf(part: string): [ipaddr.IPv4 | ipaddr.IPv6, number] | null {
  if (ipaddr.isValidCIDR(part)) return ipaddr.parseCIDR(part);
  if (!ipaddr.isValid(part)) return null;
  const host = ipaddr.parse(part);
  return [host, host.kind() === 'ipv4' ? 32 : 128];
}
