/** Where a node that comes without a token has its root from: the file of `gossip cluster export`, which holds no secret. */
import type { TrustedRoot } from '../trust/root.ts';

export async function readRoot(path: string): Promise<TrustedRoot> {
  const { readClusterFile } = await import('../operator/files/read-cluster-file.ts');
  return (await readClusterFile(path)).root;
}
