/** The operator's own admission, once somebody else has begun a new trust epoch. */
import { roleOf } from '../../trust/root.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import { openKeyInDirectory, renewAdmission } from './clusters.ts';
import type { OperatorCluster } from './clusters.ts';

/**
 * One of an earlier epoch lets his commands in only where they are known. Made anew where the key in the directory may do so without a passphrase; else `remark`
 * says what to do, which is never a reason for a command to fail.
 */
export async function renewOwnAdmission(cluster: OperatorCluster, root: TrustedRoot, remark: (text: string) => void): Promise<void> {
  const key = await openKeyInDirectory(cluster, { passphrase: () => Promise.reject(new Error('nobody is asked')) }).catch(() => null);
  const { keys, threshold } = roleOf(root.root, 'admit');
  if (key !== null && threshold === 1 && keys.has(key.keyid)) return renewAdmission(cluster, root, key);
  // Whoever was let in by his id is so still: the note of that was signed anew.
  if (cluster.admission === null) return;
  const way =
    threshold > 1
      ? `by your id alone: 'gossip admit ${cluster.identity.id} --write FILE', and 'gossip config sign' by the others`
      : "with a new join token alone: 'gossip cluster import FILE --join @gossip.token'";
  return remark(`A new trust epoch has begun: nodes that have not met you yet let you in ${way}.`);
}
