/**
 * Free loopback ports for many nodes: all are held open at once, so that no two are the same. They lie below the range of ephemeral ports,
 * so that no connection and no other server takes one before its node listens there, or while it is down.
 */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { GossipError } from '../model/errors.ts';

const LOWEST = 20_000;
/** Linux gives ports from 32,768 on by itself, others from 49,152. */
const BEYOND = 32_000;

export async function freePorts(count: number): Promise<number[]> {
  const held = new Map<number, Server>();
  try {
    // Anywhere, so that two who look at the same time look at different ones.
    const first = randomInt(LOWEST, BEYOND);
    for (let tried = 0; held.size < count; tried += 1) {
      if (tried === BEYOND - LOWEST) throw new GossipError('GOSSIP_E_LAB', `there are no ${count} free ports from ${LOWEST} on`);
      const port = LOWEST + ((first - LOWEST + tried) % (BEYOND - LOWEST));
      const server = await hold(port);
      if (server !== null) held.set(port, server);
    }
    return [...held.keys()];
  } finally {
    await Promise.all([...held.values()].map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

/** Null where somebody has it. */
function hold(port: number): Promise<Server | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
