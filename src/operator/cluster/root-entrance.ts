/** Where a new version of the root enters the cluster, and whether it may at all. */
import { GossipError } from '../../model/errors.ts';
import type { NodeAddress } from '../client/client.ts';
import { versionOf } from './root-change.ts';
import type { Refreshed, RootHolder } from './root-change.ts';

/** Nodes that know of the first root only would stay behind for ever. */
export function requireAware({ holders }: Refreshed): void {
  const unaware = holders.filter(({ status }) => status.root === undefined);
  if (unaware.length === 0) return;
  const names = unaware.map(({ status }) => status.name).join(', ');
  throw new GossipError('GOSSIP_E_ROOT_VERSION', `the program on ${names} knows of the first root only`, {
    advice: 'Update the program on every node before you change the root; nothing was changed.',
  });
}

/** A node that holds the newest version: `wanted`, or else a rendezvous node before any other; one that no other lets in only where it is wanted. */
export function entranceOf({ cluster, holders }: Refreshed, wanted?: NodeAddress): RootHolder {
  const { version, rendezvous } = cluster.root.root;
  // Where two roots of one version were signed, only half of the nodes can go on from ours.
  const isOurs = ({ status }: RootHolder): boolean =>
    versionOf(status) === version && (status.root?.hash ?? cluster.root.hash) === cluster.root.hash;
  const ids = new Set<string>(rendezvous.map(({ id }) => id));
  const isWanted = ({ node, status }: RootHolder): boolean => (wanted === undefined ? !status.outside : node.id === wanted.id);
  const current = holders.filter((holder) => isOurs(holder) && isWanted(holder));
  const entrance = current.find(({ node }) => ids.has(node.id)) ?? current[0];
  if (entrance !== undefined) return entrance;
  const who = wanted === undefined ? 'no node answers that holds' : `${wanted.name || wanted.address} does not hold`;
  throw new GossipError('GOSSIP_E_UNREACHABLE', `${who} version ${version} of the root`);
}
