/** A cluster handed to another operator: its root and no key. What makes them a member and lets them sign is their own. */
import { GossipError } from '../../model/errors.ts';
import { makeAdmission, refuseExpired, verifyAdmission } from '../../trust/admission.ts';
import { parseClusterFile } from '../../trust/cluster-file.ts';
import { makeIdentity } from '../../trust/identity.ts';
import { extendRoot, firstHeld, stepsAfter } from '../../trust/next-root.ts';
import type { NodeId } from '../../model/names.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import { parseToken } from '../../trust/token.ts';
import { addToCluster, keepCluster, openCluster } from './clusters.ts';
import type { OperatorCluster } from './clusters.ts';
import { unaskedKey } from './key-file.ts';
import { keepSteps } from './root-steps.ts';
import { readGiven } from '../files/given-file.ts';
import type { Settings } from '../settings/settings.ts';

export interface ImportOptions {
  readonly path: string;
  /** By default the name that the file gives. */
  readonly name: string | undefined;
  /** Makes this operator's commands a member: without it nodes must be told by others that they are. */
  readonly token: string | undefined;
  /** File of the key that this operator signs with. */
  readonly keyPath: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface Imported {
  readonly name: string;
  readonly directory: string;
  readonly root: TrustedRoot;
  /** Who the commands are: for 'gossip admit'. */
  readonly operator: NodeId;
  /** Whether there is an admission to show to nodes. */
  readonly admitted: boolean;
  /** Until when the token admits; null where there was none, or it lasts for ever. */
  readonly expires: number | null;
  /** The version of the root that was known here before; null where the cluster is new. */
  readonly before: number | null;
}

/** Makes the cluster of a file the current one. Its id is shown: whoever gave the file can say whether it is the right one. */
export async function importCluster(settings: Settings, options: ImportOptions): Promise<Imported> {
  const file = parseClusterFile(await readGiven(options.path, 'cluster'), options.path);
  const token = options.token === undefined ? null : parseToken(options.token);
  if (token !== null && token.root.cluster !== file.root.cluster) {
    throw new GossipError(
      'GOSSIP_E_WRONG_CLUSTER',
      `the token is of cluster ${token.root.cluster.slice(0, 12)}, the file of ${file.root.cluster.slice(0, 12)}`,
    );
  }
  if (token !== null) refuseExpired(token, options.now);
  const { nodes } = file;
  const wanted = options.name ?? file.name;
  const imported = await importedBefore(settings, wanted, file.root);
  const root = imported === null ? file.root : newest(imported.root, file.root);
  const keyPem = options.keyPath === undefined ? null : await keyFor(root, options.keyPath);
  const identity = imported?.identity ?? makeIdentity();
  const admission = token === null ? null : makeAdmission({ cluster: root.cluster, node: identity.id }, token.delegation, token.secret);
  const expires = token?.expires ?? null;
  const added = imported !== null && lacksAdmission(imported) ? admission : null;
  if (imported !== null && (keyPem !== null || added !== null || root !== imported.root)) {
    await addToCluster(imported, { admission: added, keyPem });
    if (root !== imported.root) await keepSteps(imported.directory, root);
    await settings.use(wanted);
    const before = imported.root.root.version;
    const { directory } = imported;
    return { name: wanted, directory, root, operator: identity.id, admitted: (added ?? imported.admission) !== null, expires, before };
  }
  const { name, directory } = await keepCluster(settings, { name: wanted, root, nodes, identity, admission, keyPem });
  return { name, directory, root, operator: identity.id, admitted: admission !== null, expires, before: null };
}

/** An import of the same cluster under this name, which may lack a membership or a key. */
async function importedBefore(settings: Settings, name: string, { cluster }: TrustedRoot): Promise<OperatorCluster | null> {
  const { [name]: entry } = settings.clusters();
  return entry?.cluster === cluster ? openCluster(settings, name) : null;
}

/** Whoever asks no node learns of a newer root by a file. What is held decides: the steps of the file lead on from it, or are refused. */
function newest(held: TrustedRoot, told: TrustedRoot): TrustedRoot {
  return extendRoot(held, stepsAfter(told, firstHeld(told).root.version));
}

/** One that never ends, as its maker's, is not given away for one that does. */
function lacksAdmission({ admission, root }: OperatorCluster): boolean {
  return admission === null || verifyAdmission(admission, root, { now: null }).expires !== null;
}

/** As it lies in its file, under its own passphrase. One that can be opened must be a key that the root names. */
async function keyFor(root: TrustedRoot, path: string): Promise<string> {
  const { pem, key } = await unaskedKey(path);
  if (key === null || Object.hasOwn(root.root.keys, key.keyid)) return pem;
  throw new GossipError('GOSSIP_E_KEY', `the root of this cluster does not name the key in ${path} (${key.keyid.slice(0, 12)})`, {
    advice: 'Have it added (gossip cluster add-operator NAME FILE.pub), and import a file that was exported after that.',
  });
}
