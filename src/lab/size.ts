/** How many nodes a machine can take. */
import { GossipError } from '../model/errors.ts';

/** Most nodes of a lab. */
export const MAX_LAB_NODES = 250;
/** What a node takes: its core, one module's host, and the host that waits. */
const NODE_BYTES = 64 * 1024 * 1024;

/** Throws GOSSIP_E_USAGE unless a lab may have so many nodes, and as much memory is free as they take. */
export function checkSize(nodes: number, availableBytes: number): void {
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > MAX_LAB_NODES) {
    throw new GossipError('GOSSIP_E_USAGE', `a lab has 1 to ${MAX_LAB_NODES} nodes, not ${nodes}`);
  }
  const most = Math.floor(availableBytes / NODE_BYTES);
  if (nodes > most) {
    throw new GossipError(
      'GOSSIP_E_USAGE',
      `${nodes} nodes take some ${inMiB(nodes * NODE_BYTES)} MiB of memory, and ${inMiB(availableBytes)} are free`,
      {
        advice: most === 0 ? 'Free some memory first: there is room for no node now.' : `This machine has room for --nodes ${most} now.`,
      },
    );
  }
}

function inMiB(bytes: number): number {
  return Math.floor(bytes / 1024 / 1024);
}
