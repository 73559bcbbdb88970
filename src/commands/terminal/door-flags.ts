/** How commands that ask modules, or watch them, find their node: one of this machine as an application does, or one elsewhere as an operator does. */
import { Flags } from '@oclif/core';
import { connect, findSocket } from '../../client/index.ts';
import type { Gossip, Wanted } from '../../client/index.ts';
import { formatDuration } from '../../model/duration.ts';
import { GossipError } from '../../model/errors.ts';
import { signerFlag } from './flags.ts';
import type { NodeAddress } from '../../operator/client/client.ts';
import type { Session } from '../../operator/settings/session.ts';

/** Where none is given, `GOSSIP_APP_SOCKET` and `GOSSIP_DATA` say it, as for every application: see `findSocket`. */
export const doorFlags = {
  to: Flags.string({
    summary: 'A node elsewhere, as an operator: a name, an id or host:port. It takes a key that may observe or deploy.',
    helpValue: 'NODE',
    exclusive: ['app-socket', 'data', 'node'],
  }),
  'app-socket': Flags.string({ summary: "The node's socket; also by GOSSIP_APP_SOCKET.", helpValue: 'PATH', exclusive: ['data', 'node'] }),
  data: Flags.string({
    summary: "The node's data directory, in which its socket lies; also by GOSSIP_DATA.",
    helpValue: 'DIR',
    exclusive: ['node'],
  }),
  node: Flags.string({
    summary:
      'The node of this machine by its name, where several are below the home; by default the only one, or the first rendezvous node of a lab.',
    helpValue: 'NAME',
  }),
  signer: signerFlag,
  cluster: Flags.string({
    summary: 'With a node elsewhere, its cluster by its name in the settings; by default GOSSIP_CLUSTER, or the one made or chosen last.',
    helpValue: 'NAME',
  }),
};

export interface DoorFlags {
  readonly to: string | undefined;
  readonly 'app-socket': string | undefined;
  readonly data: string | undefined;
  readonly node: string | undefined;
  readonly cluster: string | undefined;
}

/** Gives up by its signal. */
export type WithNode<Result> = (node: Gossip, signal: AbortSignal | undefined) => Promise<Result>;

/** Runs `act` with the node of this machine, and closes what was opened. `timeoutMs`: after which it is given up; undefined never. */
export async function withLocalNode<Result>(flags: DoorFlags, act: WithNode<Result>, timeoutMs?: number): Promise<Result> {
  if (flags.cluster !== undefined) {
    throw new GossipError('GOSSIP_E_USAGE', '--cluster says where a node elsewhere is, and none was named', {
      advice: 'Name one with --to. The node of this machine is found by --data, --node or --app-socket.',
    });
  }
  const signal = signalAfter(timeoutMs);
  const { data, node } = flags;
  return closing(connect({ socket: socketOf({ socket: flags['app-socket'], data, node }) }), act, signal);
}

/** Applications know nodes of their machine alone; an operator may as well mean one elsewhere. */
function socketOf(wanted: Wanted): string {
  try {
    return findSocket(wanted);
  } catch (thrown) {
    if (!(thrown instanceof GossipError)) throw thrown;
    const { code, message } = thrown;
    const here = code === 'GOSSIP_E_UNREACHABLE' ? "Start one with 'gossip node run', or say" : 'Say';
    throw new GossipError(code, message, {
      advice: `${here} where it is: --app-socket PATH, --data DIR, or --node NAME. One elsewhere is asked as an operator, with --to NODE.`,
      cause: thrown,
    });
  }
}

/** The same with a node elsewhere. The time to find it counts; that in which somebody types his passphrase does not. */
export async function withNodeElsewhere<Result>(session: Session, to: string, act: WithNode<Result>, timeoutMs?: number): Promise<Result> {
  // Loaded when it is needed: most calls stay on the machine.
  const { findNode } = await import('../../operator/client/nodes.ts');
  const { moduleAccess } = await import('../../operator/modules/reach.ts');
  const access = await moduleAccess(session);
  const signal = signalAfter(timeoutMs);
  const node: NodeAddress = await Promise.race([findNode(to, session.cluster, session.client), ended(signal)]);
  return closing(access.at(node), act, signal).catch((thrown: unknown) => {
    throw access.explained(thrown);
  });
}

function signalAfter(ms: number | undefined): AbortSignal | undefined {
  if (ms === undefined) return undefined;
  const late = new AbortController();
  const why = new GossipError('GOSSIP_E_TIMEOUT', `no answer within ${formatDuration(ms)}`);
  setTimeout(() => late.abort(why), ms).unref();
  return late.signal;
}

/** Rejects with the signal's reason. */
function ended(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

async function closing<Result>(node: Gossip, act: WithNode<Result>, signal: AbortSignal | undefined): Promise<Result> {
  try {
    return await act(node, signal);
  } finally {
    node.close();
  }
}
