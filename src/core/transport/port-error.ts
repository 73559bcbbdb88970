/** Why an address cannot be listened on, with what to do about each cause. */
import { GossipError } from '../../model/errors.ts';

const ADVICE: Readonly<Record<string, string>> = {
  EACCES: 'This user may not listen there: choose a port from 1024 on with --listen, or allow the program to (CAP_NET_BIND_SERVICE).',
  EADDRNOTAVAIL: 'This machine does not have that address: choose one of its own with --listen.',
};

export function portError(host: string, port: number, cause: NodeJS.ErrnoException): GossipError {
  const advice = ADVICE[cause.code ?? ''];
  return new GossipError('GOSSIP_E_PORT', `cannot listen on ${host} port ${port}: ${cause.message}`, {
    cause,
    ...(advice !== undefined && { advice }),
  });
}
