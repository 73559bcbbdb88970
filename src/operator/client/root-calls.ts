/** What operators' commands ask of nodes for the sake of the root. */
import { parseSteps } from '../../api/deployments.ts';
import { callTo } from '../../api/routes.ts';
import type { RootTold } from '../../gossip/messages.ts';
import type { VerifiedNote } from '../../trust/node-note.ts';
import { encodeRequest, parseRootTold } from '../../gossip/wire.ts';
import type { Envelope, VerifiedDeployment } from '../../model/deployment.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import type { NodeAddress, OperatorClient } from './client.ts';

/** An operator's message compares nothing. */
const NO_DIGEST = 'A'.repeat(22);

/** Steps of the root that the node gives, from the version that it began with. */
export function rootSteps(client: OperatorClient, node: NodeAddress): Promise<readonly unknown[]> {
  return client.ask(node, callTo('configuration'), parseSteps);
}

/** What is told together with a root. */
export interface BesideRoot {
  readonly records?: readonly VerifiedDeployment[];
  readonly notes?: readonly VerifiedNote[];
}

/** Tells a node of steps of the root, and of what goes with it. Which root it holds then; null: it knows of the first only. */
export function tellRoot(
  client: OperatorClient,
  node: NodeAddress,
  root: TrustedRoot,
  steps: readonly Envelope[],
  { records = [], notes = [] }: BesideRoot = {},
): Promise<Pick<RootTold, 'version' | 'hash'> | null> {
  const told = { version: root.root.version, hash: root.hash, steps };
  // Nothing is said of notes where there are none: a node of before may not know of any.
  const noted = notes.length === 0 ? {} : { notes: { digest: NO_DIGEST, notes } };
  const message = { kind: 'configuration', digest: NO_DIGEST, summary: null, records, peers: [], root: told, ...noted } as const;
  const { method, path, maxBytes, body } = encodeRequest(message, node.address);
  return client.ask(node, { method, path, maxBytes, body }, parseRootTold);
}
