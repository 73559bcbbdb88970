/** Why a node cannot listen, by what the system said: each cause has its own remedy. */
import { networkInterfaces } from 'node:os';
import { rangeOf } from '../../../model/address.ts';
import { GossipError } from '../../../model/errors.ts';

type Cause = NodeJS.ErrnoException;

/** `flag`: the one that chooses another address. */
export function portError(host: string, port: number, cause: Cause, flag = '--listen'): GossipError {
  const [what, advice] = explain(host, port, cause, flag);
  const where = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return new GossipError('GOSSIP_E_PORT', `cannot listen at ${where}: ${what}`, { ...(advice !== undefined && { advice }), cause });
}

function explain(host: string, port: number, { code, message }: Cause, flag: string): [what: string, advice?: string] {
  switch (code) {
    case 'EADDRINUSE':
      return ['another program listens there', `Stop it, or choose another port with ${flag}.`];
    case 'EACCES':
    case 'EPERM':
      return [
        `this user may not (${code})`,
        port < 1_024
          ? `Ports below 1024 need a right of their own: choose a higher one with ${flag}, or give the node CAP_NET_BIND_SERVICE.`
          : `Something on this machine forbids it, such as SELinux or seccomp: ask who set it up, or choose another port with ${flag}.`,
      ];
    case 'EADDRNOTAVAIL':
      return ['no interface of this machine has that address', `Choose one of its own with ${flag}: ${ownAddresses()}.`];
    case 'EAFNOSUPPORT':
      return [`this machine has no IPv${host.includes(':') ? 6 : 4}`, `Choose one of its addresses with ${flag}: ${ownAddresses()}.`];
    case 'EINVAL':
      return ['the system takes no such address', `Choose one of this machine's addresses with ${flag}: ${ownAddresses()}.`];
    default:
      return [message];
  }
}

function ownAddresses(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const usable = all.map(({ address }) => address).filter((address) => rangeOf(address) !== 'linkLocal');
  return usable.join(', ') || 'it has none';
}
