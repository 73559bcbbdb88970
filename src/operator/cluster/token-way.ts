/** How a join token is made, in words: where several keys must admit, no single one can sign it. */
import { roleOf } from '../../trust/root.ts';
import type { TrustedRoot } from '../../trust/root.ts';

/** `gossip cluster join-token`, and what must come before it. */
export function tokenWay({ root }: Pick<TrustedRoot, 'root'>): string {
  const { threshold } = roleOf(root, 'admit');
  const way = 'gossip cluster join-token';
  return threshold === 1 ? way : `'gossip cluster set-threshold admit 1' first (and back to ${threshold} afterwards), then ${way}`;
}
