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
  if (key !== null && roleOf(root.root, 'admit').keys.has(key.keyid)) return renewAdmission(cluster, root, key);
  return remark(
    "A new trust epoch has begun: nodes that have not met you yet let you in with a new join token alone: 'gossip cluster import FILE --join @gossip.token'.",
  );
}
