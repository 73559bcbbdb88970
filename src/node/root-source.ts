/** Where a node that comes without a token has its root from: the file of `gossip cluster export`, which holds no secret. */
import { parseClusterFile } from '../trust/cluster-file.ts';
import type { TrustedRoot } from '../trust/root.ts';

export async function readRoot(path: string): Promise<TrustedRoot> {
  const { readGiven } = await import('../operator/files/given-file.ts');
  return parseClusterFile(await readGiven(path, 'cluster'), path).root;
}
