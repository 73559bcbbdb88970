/** How commands that use a node of this machine as an application find it. */
import { Flags } from '@oclif/core';
import { connect, findSocket } from '../../client/index.ts';
import type { Gossip } from '../../client/index.ts';

/** Where none is given, `GOSSIP_APP_SOCKET` and `GOSSIP_DATA` say it, as for every application: see `findSocket`. */
export const doorFlags = {
  'app-socket': Flags.string({ summary: "The node's socket; also by GOSSIP_APP_SOCKET.", helpValue: 'PATH', exclusive: ['data', 'node'] }),
  data: Flags.string({
    summary: "The node's data directory, in which its socket lies; also by GOSSIP_DATA.",
    helpValue: 'DIR',
    exclusive: ['node'],
  }),
  node: Flags.string({
    summary: 'The node by its name, where several are below the home; by default the only one, or of a lab the first by name.',
    helpValue: 'NAME',
  }),
};

interface DoorFlags {
  readonly 'app-socket': string | undefined;
  readonly data: string | undefined;
  readonly node: string | undefined;
}

/** Runs `act` with the node of this machine, and closes what was opened. */
export async function withNode<Result>(flags: DoorFlags, act: (node: Gossip) => Promise<Result>): Promise<Result> {
  const node = connect({ socket: findSocket({ socket: flags['app-socket'], data: flags.data, node: flags.node }) });
  try {
    return await act(node);
  } finally {
    node.close();
  }
}
