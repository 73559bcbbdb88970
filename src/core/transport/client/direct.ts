/** Addresses that are called without the proxy: loopback and the local networks that the operator lists. */
import ipaddr from 'ipaddr.js';
import { splitAddress } from '../../../model/address.ts';
import { GossipError } from '../../../model/errors.ts';
import type { Address } from '../../../model/names.ts';
import { safeText } from '../../../model/safe-text.ts';

/** Whether an address is called without the proxy. */
export type Direct = (address: Address) => boolean;

/**
 * `10.0.0.0/8,fd00::/8,192.168.1.7` or `*`; an address may have a port (`10.0.0.1:7946`, `[fd00::1]:7946`), and is meant at that one alone then. `skipNames`: host names, which `NO_PROXY` lists for other programs, say nothing about
 * addresses and are left out; elsewhere they are refused.
 */
export function parseDirect(text: string, { skipNames = false }: { readonly skipNames?: boolean } = {}): Direct {
  const parts = text.split(/[\s,]+/).filter((part) => part !== '');
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
    const { host: name, port } = splitAddress(address);
    const host = ipaddr.parse(name);
    return networks.some(
      ({ base, bits, only }) => (only === null || only === port) && base.kind() === host.kind() && host.match(base, bits),
    );
  };
}

interface Network {
  readonly base: ipaddr.IPv4 | ipaddr.IPv6;
  readonly bits: number;
  /** The port that is meant alone; null: all. */
  readonly only: number | null;
}

/** `[fd00::1]:7946` or `10.0.0.1:7946`. */
const WITH_PORT = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/;

function networkOf(part: string): Network | null {
  const [, six, four, port] = WITH_PORT.exec(part) ?? [];
  const text = six ?? four ?? part.replace(/^\[|\]$/g, '');
  const only = port === undefined ? null : Number(port);
  if (ipaddr.isValidCIDR(text)) {
    const [base, bits] = ipaddr.parseCIDR(text);
    return { base, bits, only };
  }
  if (!ipaddr.isValid(text)) return null;
  const base = ipaddr.parse(text);
  return { base, bits: base.kind() === 'ipv4' ? 32 : 128, only };
}
