/** The operator's home: its settings, and of the cluster the key, what it may sign, and who may read it. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { keyText } from '../../trust/root.ts';
import { isSealed } from '../../trust/sealed-key.ts';
import { fromPem } from '../../trust/keys.ts';
import type { KeyOwner } from '../cluster/key-file.ts';
import type { OperatorCluster } from '../cluster/clusters.ts';
import { rolesOf } from '../cluster/operator-edits.ts';
import { readGivenText } from '../files/given-file.ts';
import { isThere } from '../files/is-there.ts';
import { failed, ok, problem, warning } from './finding.ts';
import type { Finding } from './finding.ts';

/** Group and others. */
const NOT_MINE = 0o077;

export async function homeFindings(home: string, cluster: OperatorCluster, owner: KeyOwner): Promise<readonly Finding[]> {
  const closed = await Promise.all([home, cluster.directory].map((directory) => openToOthers('home', directory)));
  return [
    ...closed.flat(),
    ok('cluster', `'${cluster.name}', version ${cluster.root.root.version} of the root, trust epoch ${cluster.root.root.epoch}`),
    ...(cluster.admission === null
      ? [
          warning(
            'admission',
            `nodes of '${cluster.name}' know this operator only if others have let it in by its id`,
            `'gossip admit ${cluster.identity.id}', or import it again with --join.`,
            'GOSSIP_E_NOT_ADMITTED',
          ),
        ]
      : []),
    ...(await keyFindings(cluster, owner)),
  ];
}

async function keyFindings(cluster: OperatorCluster, owner: KeyOwner): Promise<readonly Finding[]> {
  const instead = owner.instead?.() ?? null;
  if (instead !== null && 'program' in instead) return [ok('key', `${instead.program} signs; 'gossip key show' asks it for its key`)];
  const path = instead === null ? join(cluster.directory, 'operator.key') : instead.file;
  if (!(await isThere(path))) {
    return [
      warning(
        'key',
        `there is no key to sign with in ${cluster.directory}: nothing can be deployed from here`,
        'Restore it from the backup, or name one: GOSSIP_KEY_FILE, --signer.',
        'GOSSIP_E_KEY',
      ),
    ];
  }
  try {
    const pem = await readGivenText(path, 'key');
    const readable = await openToOthers('key', path);
    if (isSealed(pem)) return [...readable, ok('key', `${path} is under a passphrase; whose it is was not looked at`)];
    const key = fromPem(pem);
    const roles = rolesOf(cluster.root.root, key.keyid);
    if (roles.length > 0) return [...readable, ok('key', `${keyText(cluster.root.root, key.keyid)} may sign as ${roles.join(', ')}`)];
    return [
      ...readable,
      problem(
        'key',
        `${path} is none of the keys that the root names: what it signs is refused`,
        "See 'gossip cluster show'; have another operator add it: 'gossip cluster add-operator'.",
        'GOSSIP_E_SIGNATURE',
      ),
    ];
  } catch (thrown) {
    return [failed('key', thrown)];
  }
}

/** Whoever may read a directory with keys in it may copy them. */
export async function openToOthers(about: string, path: string): Promise<readonly Finding[]> {
  const found = await stat(path).catch(() => null);
  if (found === null || (found.mode & NOT_MINE) === 0) return [];
  const mode = `0${(found.mode & 0o777).toString(8)}`;
  const right = found.isDirectory() ? '700' : '600';
  const finding = found.isDirectory() ? warning : problem;
  return [finding(about, `others than you may look into ${path} (mode ${mode})`, `Close it: chmod ${right} ${path}`)];
}
