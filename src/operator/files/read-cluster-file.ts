/** A file of `gossip cluster export`, whoever is given it: an operator who imports it, or a node that comes without a token. */
import { isClusterFile, parseClusterFile } from '../../trust/cluster-file.ts';
import type { ClusterFile } from '../../trust/cluster-file.ts';
import { withoutByteOrderMark } from './byte-order-mark.ts';
import { wrongFile } from '../../trust/file-contents.ts';
import { readGiven } from './given-file.ts';

const EXPORT = "Have one written: 'gossip cluster export FILE', where the cluster is known.";

/** @throws GOSSIP_E_FILE for what is no cluster file; what is wrong with the root in one is told with the file's name */
export async function readClusterFile(path: string): Promise<ClusterFile> {
  const content = await readGiven(path, 'cluster');
  const text = Buffer.from(withoutByteOrderMark(content)).toString('utf8');
  if (!isClusterFile(text)) throw wrongFile(path, 'cluster file', content, { code: 'GOSSIP_E_FILE', advice: EXPORT });
  return parseClusterFile(text, path);
}
