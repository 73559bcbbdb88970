/** Where a node listens, and the address it tells its peers. */
import { networkInterfaces } from 'node:os';
import { isAddress } from '../model/names.ts';
import type { Address } from '../model/names.ts';
import { GossipError } from '../model/errors.ts';

export function parseListen(text: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) throw new GossipError('GOSSIP_E_ADDRESS', `'${text}' is not an address to listen at`);
  return { host: match[1] ?? match[2] ?? '', port };
}

/** The address for peers: as asked for, else where the node is bound; a wildcard needs exactly one outside address of this machine. */
export function advertisedAddress(bound: Address, asked: string | undefined): Address {
  const address = asked ?? fromWildcard(bound);
  if (isAddress(address)) return address;
  throw new GossipError('GOSSIP_E_ADDRESS', `'${address}' is not an address that peers can be told`);
}

function fromWildcard(bound: Address): string {
  const { host, port } = parseListen(bound);
  if (host !== '0.0.0.0' && host !== '::') return bound;
  const outside = Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).filter((one) => !one.internal && one.family === 'IPv4'),
  );
  const [only, other] = outside;
  if (only && !other) return `${only.address}:${port}`;
  const found = outside.map((one) => one.address).join(', ') || 'none';
  throw new GossipError('GOSSIP_E_ADDRESS', `which address do peers reach this node at? It has: ${found}`, {
    advice: 'Choose with --advertise HOST:PORT.',
  });
}
