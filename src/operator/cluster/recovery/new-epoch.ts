/** The signed parts of a recovery: the root that opens the next trust epoch without the stolen keys, and the first records of it. */
import type { Deployment, Envelope, VerifiedDeployment } from '../../../model/deployment.ts';
import { GossipError } from '../../../model/errors.ts';
import type { NodeId } from '../../../model/names.ts';
import { signDeployment, verifyDeployment } from '../../../trust/deployment.ts';
import { addSignature } from '../../../trust/envelope.ts';
import type { PrivateKey } from '../../../trust/keys.ts';
import { roleOf } from '../../../trust/root.ts';
import type { Root, TrustedRoot } from '../../../trust/root.ts';
import type { Records } from '../../status/records.ts';
import { exchangeKey, removeOperator } from '../operator-edits.ts';
import type { RootProposal } from '../root-files.ts';
import { finishRoot, proposeRoot } from '../root-plan.ts';
import type { Wanted } from './wanted.ts';

/** A thief may have leapt; who goes on above that has few numbers left. */
export const FAR = 2 ** 23;

/** Which keys are out, and which takes the place of the operator's own, if that is among them. */
export interface KeyChange {
  /** Ids. */
  readonly stolen: ReadonlySet<string>;
  readonly own: PrivateKey;
  /** The operator's key afterwards: the same one where it was not stolen. */
  readonly next: PrivateKey;
  readonly name: string | undefined;
  /** Keys whose signatures other roots of the same version may ask for. */
  readonly also: readonly PrivateKey[];
}

/** A step with every signature that anybody may ask for, and the root that it leads to. */
export interface Opened {
  readonly root: TrustedRoot;
  readonly step: Envelope;
}

/** A step as far as it is signed here. */
export interface Proposed {
  readonly proposal: RootProposal;
  readonly step: Envelope;
}

/** The next root, of the next trust epoch, which begins with so many modules; refuses where too few could sign afterwards. Others may have to sign it, too. */
export function proposeEpoch(before: TrustedRoot, change: KeyChange, modules: number, created: number): Proposed {
  const { stolen, own, next, name, also } = change;
  const edits = [...stolen].map((keyid) => (keyid === own.keyid ? exchangeKey(keyid, next, undefined, name) : removeOperator(keyid)));
  const edited = edits.reduce<Root>((root, edit) => ({ ...root, ...edit(root) }), before.root);
  const { keys, roles } = edited;
  const signers = own === next ? [own] : [own, next];
  const proposal = proposeRoot(before, { created, keys, roles, modules, epoch: before.root.epoch + 1 }, signers);
  return { proposal, step: also.reduce(addSignature, proposal.envelope) };
}

/** The same; refuses where more must sign it. */
export function openEpoch(before: TrustedRoot, change: KeyChange, modules: number, created: number): Opened {
  const { proposal, step } = proposeEpoch(before, change, modules, created);
  return { root: finishRoot(proposal, 'One key alone is here. Nothing was changed.'), step };
}

export interface Issuing {
  readonly root: Pick<TrustedRoot, 'cluster' | 'root'>;
  /** Signs as far as the new root lets it. */
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
export function issue(wanted: readonly Wanted[], issuing: Issuing & { readonly root: TrustedRoot }): readonly VerifiedDeployment[] {
  return signWanted(wanted, issuing).map((envelope) => verified(envelope, issuing.root));
}

/** The same on their way to enough signatures. */
export function signWanted(wanted: readonly Wanted[], issuing: Issuing): readonly Envelope[] {
  const { root, key, records } = issuing;
  const kept = Math.max(0, ...wanted.map(({ kept: each }) => each?.deployment.number.sequence ?? 0));
  const above = records.highestSequence < FAR ? records.highestSequence : Math.min(kept, FAR);
  const signers = roleOf(root.root, 'deploy').keys.has(key.keyid) ? [key] : [];
  return wanted.map((each, place) => signDeployment(deploymentOf(each, above + 1 + place, issuing), signers));
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
  const what = kept?.deployment.code ? `recovered: code of ${name}` : 'recovered: removed';
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
