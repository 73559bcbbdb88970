/** The progress of a code transfer to a node. */
import { mebibytes } from '../render/mebibytes.ts';
import type { NodeAddress } from '../client/client.ts';
import { describe } from '../client/connection-error.ts';

export interface Passage {
  /** Bytes of all files that the node lacks. */
  readonly total: number;
  /** Of these: handed over to the connection, and what the node had kept of an earlier try. */
  readonly sent: number;
  /** Fetched from the node that keeps the code; null where it comes from this machine. */
  readonly received: number | null;
  readonly from: NodeAddress | undefined;
  readonly to: NodeAddress;
}

/** `sending 3.2 of 20.0 MiB to rendezvous1`, and before that what is fetched from another node. */
export function passageText({ total, sent, received, from, to }: Passage): string {
  const of = `of ${mebibytes(total)} MiB`;
  const sending = `sending ${mebibytes(sent)} ${of} to ${nameOf(to)}`;
  return received === null || from === undefined ? sending : `fetching ${mebibytes(received)} ${of} from ${nameOf(from)}, ${sending}`;
}

/** All is handed over, and the node has not yet said that it has it. */
export function isSent({ total, sent }: Passage): boolean {
  return sent >= total;
}

export function arrivalText({ total, to }: Passage): string {
  return `sent ${mebibytes(total)} MiB; waiting until ${nameOf(to)} has it on its disk`;
}

function nameOf(node: NodeAddress): string {
  return node.name === '' ? describe(node) : node.name;
}
