/** Nodes in one line: the first by name, the others counted. */

const NAMED = 6;

/** `node1, node2 and 3 more` */
export function namesOf(nodes: readonly { readonly name: string; readonly address: string }[]): string {
  const names = nodes.map(({ name, address }) => name || address);
  return names.length > NAMED ? `${names.slice(0, NAMED).join(', ')} and ${names.length - NAMED} more` : names.join(', ');
}
