/** Changes of the rendezvous nodes of a root: they come and go, move, and are replaced by other machines. */
import { GossipError } from '../../model/errors.ts';
import type { Address, NodeId, Peer } from '../../model/names.ts';
import { MAX_RENDEZVOUS } from '../../trust/root.ts';
import type { Root } from '../../trust/root.ts';
import type { RootEdit } from './operator-edits.ts';

/** An id may be shortened to this many digits. */
const SHORT_ID = /^[0-9a-f]{8,64}$/;

export function addRendezvous(node: Peer): RootEdit {
  return ({ rendezvous }) => {
    requireFree(rendezvous, node);
    if (rendezvous.length >= MAX_RENDEZVOUS) refuse(`there are ${MAX_RENDEZVOUS} rendezvous nodes, the most that a root names`);
    return { rendezvous: [...rendezvous, node] };
  };
}

export function removeRendezvous(text: string): RootEdit {
  return (root) => {
    const gone = rendezvousNamed(root, text);
    if (root.rendezvous.length === 1) {
      refuse(`${gone.name} is the last rendezvous node: whoever slept could not find the cluster again`, 'Add another one first.');
    }
    return { rendezvous: root.rendezvous.filter(({ id }) => id !== gone.id) };
  };
}

/** Another address; with an id, another machine in its place, under its name. */
export function moveRendezvous(text: string, to: { readonly address: Address; readonly id?: NodeId | undefined }): RootEdit {
  return (root) => {
    const before = rendezvousNamed(root, text);
    const after: Peer = { ...before, address: to.address, id: to.id ?? before.id };
    if (after.address === before.address && after.id === before.id) refuse(`${before.name} is at ${before.address} already`);
    requireFree(
      root.rendezvous.filter(({ id }) => id !== before.id),
      after,
    );
    return { rendezvous: root.rendezvous.map((node) => (node.id === before.id ? after : node)) };
  };
}

function rendezvousNamed({ rendezvous }: Root, text: string): Peer {
  const named = rendezvous.filter(({ name }) => name === text);
  const found = named.length > 0 ? named : SHORT_ID.test(text) ? rendezvous.filter(({ id }) => id.startsWith(text)) : [];
  if (found.length > 1) refuse(`several rendezvous nodes are called '${text}'`, 'Name it by its id.');
  const [node] = found;
  if (node !== undefined) return node;
  const listed = rendezvous.map(({ name, id }) => name || id.slice(0, 12)).join(', ') || 'none';
  refuse(`the root names no rendezvous node '${text}'`, `It names ${listed}.`);
}

/** No two of one name, id or address: commands would mean one and reach the other. */
function requireFree(others: readonly Peer[], node: Peer): void {
  for (const key of ['name', 'address', 'id'] as const) {
    const taken = others.find((other) => other[key] === node[key]);
    if (taken !== undefined) refuse(`the rendezvous node ${taken.name || taken.id.slice(0, 12)} has the ${key} ${node[key]} already`);
  }
}

function refuse(why: string, advice?: string): never {
  throw new GossipError('GOSSIP_E_ROOT_CHANGE', why, advice === undefined ? {} : { advice });
}
