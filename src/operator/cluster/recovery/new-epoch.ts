/** The signed parts of a recovery: the root that opens the next trust epoch without the stolen keys, and the first records of it. */
import type { Deployment, Envelope, VerifiedDeployment } from '../../../model/deployment.ts';
import { GossipError } from '../../../model/errors.ts';
import type { NodeId } from '../../../model/names.ts';
import { signDeployment, verifyDeployment } from '../../../trust/deployment.ts';
import type { PrivateKey } from '../../../trust/keys.ts';
import { inspectNextRoot, makeNextRoot, nextRoot } from '../../../trust/next-root.ts';
import type { RootChange } from '../../../trust/next-root.ts';
import type { RoleName, Root, TrustedRoot } from '../../../trust/root.ts';
import type { Records } from '../../status/records.ts';
import type { Wanted } from './wanted.ts';

const ROLES: readonly RoleName[] = ['root', 'deploy', 'admit'];
/** A thief may have leapt; who goes on above that has few numbers left. */
const FAR = 2 ** 23;

/** The ids of keys, each named by its name or by its id or the begin of it. */
export function keysNamed(root: Root, names: readonly string[]): ReadonlySet<string> {
  return new Set(names.map((name) => keyNamed(root, name)));
}

function keyNamed(root: Root, text: string): string {
  const ids = Object.keys(root.keys);
  const named = ids.filter((keyid) => root.keys[keyid]?.name === text);
  const found = named.length > 0 ? named : ids.filter((keyid) => text.length >= 8 && keyid.startsWith(text));
  const [keyid] = found;
  if (keyid !== undefined && found.length === 1) return keyid;
  const what = found.length === 0 ? `the root has no key '${text}'` : `several keys are called '${text}'`;
  throw new GossipError('GOSSIP_E_KEY', what, { advice: "Take the id of a key, or its name, from 'gossip cluster show'." });
}

/** The roles without these keys; refuses where too few would be left to sign. */
export function without(change: Pick<Root, 'keys' | 'roles'>, stolen: ReadonlySet<string>): Pick<Root, 'keys' | 'roles'> {
  const roles = { ...change.roles };
  for (const name of ROLES) {
    const { keys, threshold } = change.roles[name];
    const left = keys.filter((keyid) => !stolen.has(keyid));
    if (left.length < threshold) {
      throw new GossipError(
        'GOSSIP_E_THRESHOLD',
        `without ${[...stolen].map((keyid) => keyid.slice(0, 12)).join(', ')} the role ${name} has ${left.length} keys, and ${threshold} must sign`,
        { advice: 'Nothing was changed. First let another key in, or lower the threshold.' },
      );
    }
    roles[name] = { keys: left, threshold };
  }
  return { keys: change.keys, roles };
}

/** The next root, of the next trust epoch; refuses where more must sign it. */
export function openEpoch(before: TrustedRoot, change: Omit<RootChange, 'epoch'>, signers: readonly PrivateKey[]): TrustedRoot {
  const envelope = makeNextRoot(before, { ...change, epoch: before.root.epoch + 1 }, signers);
  const { lacking } = inspectNextRoot(before, envelope);
  const missing = Math.max(lacking.before, lacking.own);
  if (missing === 0) return nextRoot(before, envelope);
  throw new GossipError('GOSSIP_E_THRESHOLD', `${missing} more root keys must sign a change of the root, and one alone is here`, {
    advice: 'Nothing was changed.',
  });
}

export interface Issuing {
  readonly root: TrustedRoot;
  readonly key: PrivateKey;
  /** What the number begins above, so that no number of before means another deployment to people. */
  readonly records: Records;
  readonly origin: NodeId;
  readonly author: string;
  readonly message: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The records that a trust epoch begins with, in the order of `wanted`; verified as every node will. */
export function issue(wanted: readonly Wanted[], issuing: Issuing): readonly VerifiedDeployment[] {
  const { root, key, records } = issuing;
  const kept = Math.max(0, ...wanted.map(({ kept: each }) => each?.deployment.number.sequence ?? 0));
  const above = records.highestSequence < FAR ? records.highestSequence : Math.min(kept, FAR);
  return wanted.map((each, place) => verified(signDeployment(deploymentOf(each, above + 1 + place, issuing), [key]), root));
}

function verified(envelope: Envelope, root: TrustedRoot): VerifiedDeployment {
  try {
    return verifyDeployment(envelope, root);
  } catch (thrown) {
    if (!(thrown instanceof GossipError)) throw thrown;
    throw new GossipError(thrown.code, `the key that is here cannot sign the configuration alone: ${thrown.message}`, {
      advice: 'Nothing was changed.',
      cause: thrown,
    });
  }
}

function deploymentOf({ module, kept, stateless }: Wanted, sequence: number, issuing: Issuing): Deployment {
  const { root, records, origin, now, author, message } = issuing;
  const name = kept === null ? null : records.name(kept);
  const what = kept?.deployment.code ? `recovered: as ${name}` : 'recovered: removed';
  return {
    type: 'gossip/deployment/1',
    cluster: root.cluster,
    epoch: root.root.epoch,
    number: { sequence, time: now, origin },
    module,
    code: kept?.deployment.code ?? null,
    settings: kept?.deployment.code ? kept.deployment.settings : {},
    scrub: stateless !== null,
    rollbackOf: kept?.deployment.code ? kept.hash : null,
    author,
    message: message || what,
  };
}
