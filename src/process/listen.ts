/** Servers of commands listen on loopback alone. */
import type { AddressInfo, Server } from 'node:net';
import { GossipError } from '../model/errors.ts';

/** Resolves with the port; 0 takes a free one. Throws GOSSIP_E_PORT where it is taken. `flag`: by which the port is chosen. */
export function listenOnLoopback(server: Server, port: number, flag: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException): void => {
      const why = cause.code === 'EADDRINUSE' ? 'another program listens there' : cause.message;
      const advice = `Leave ${flag} away for one that is free, or name another.`;
      reject(new GossipError('GOSSIP_E_PORT', `127.0.0.1:${port} cannot be listened on: ${why}`, { advice, cause }));
    };
    server.once('error', fail);
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      server.off('error', fail);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
