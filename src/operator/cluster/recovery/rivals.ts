/**
 * Where two roots of one version were signed, some nodes hold a root that does not lead to ours: a next version for all must follow theirs as well, signed
 * by as many of their keys as they ask for.
 */
import type { Envelope } from '../../../model/deployment.ts';
import { GossipError } from '../../../model/errors.ts';
import { extendRoot, firstHeld, nextRoot } from '../../../trust/next-root.ts';
import type { TrustedRoot } from '../../../trust/root.ts';
import type { OperatorClient } from '../../client/client.ts';
import { rootSteps } from '../../client/root-calls.ts';
import type { Refreshed, RootHolder } from '../root-change.ts';
import { isApart } from '../root-view.ts';

/** A node that holds another root, and that root, verified. */
export interface Rival {
  readonly holder: RootHolder;
  readonly root: TrustedRoot;
}

/** Different roots that are looked at; each took a threshold of signatures. */
const MAX_RIVALS = 8;

export async function rivalsOf({ cluster: { root: ours }, holders }: Refreshed, client: OperatorClient): Promise<readonly Rival[]> {
  const rivals = new Map<string, Rival>();
  for (const holder of holders) {
    const told = holder.status.root?.hash ?? '';
    if (!isApart(ours, holder.status) || rivals.has(told) || rivals.size >= MAX_RIVALS) continue;
    const root = await rootSteps(client, holder.node).then(
      (steps) => extendRoot(firstHeld(ours), steps),
      () => null,
    );
    // What it tells without a way to it is no root.
    if (root?.hash === told) rivals.set(told, { holder, root });
  }
  return [...rivals.values()];
}

/** The step as it follows a rival; refuses where that asks for other signatures. */
export function following({ root, holder }: Rival, step: Envelope): TrustedRoot {
  try {
    return nextRoot(root, step);
  } catch (cause) {
    const { node, status } = holder;
    const { keys, threshold } = root.root.roles.root;
    const named = keys.map((keyid) => root.root.keys[keyid]?.name ?? keyid.slice(0, 12)).join(', ');
    throw new GossipError(
      'GOSSIP_E_ROOT_TWICE',
      `${status.name || node.address} holds another root ${root.root.version}, and a next one must be signed by ${threshold} of its keys: ${named}`,
      { advice: 'Recover with the home of an operator who has one of them. Nothing was changed.', cause },
    );
  }
}
