/** Nodes in words: the first by name, the others counted. */
import { shortHash } from './cells.ts';

const NAMED = 6;

/** `node1, node2 and 3 more` */
export function namesOf(nodes: readonly { readonly id: string; readonly name: string; readonly address: string }[]): string {
  const names = namesApart(nodes).map(({ name, address }) => name || address);
  return names.length > NAMED ? `${names.slice(0, NAMED).join(', ')} and ${names.length - NAMED} more` : names.join(', ');
}

/** `1 node`, `7 nodes` */
export function countOfNodes(count: number): string {
  return count === 1 ? '1 node' : `${count} nodes`;
}

/** Nodes choose their names, liars those of others: names that repeat go with the beginning of the id. */
export function namesApart<T extends { readonly id: string; readonly name: string }>(nodes: readonly T[]): T[] {
  const ids = new Map<string, Set<string>>();
  for (const { id, name } of nodes) ids.set(name, (ids.get(name) ?? new Set()).add(id));
  return nodes.map((node) => {
    const isTwice = node.name !== '' && (ids.get(node.name)?.size ?? 0) > 1;
    return isTwice ? { ...node, name: `${node.name} (${shortHash(node.id)})` } : node;
  });
}
