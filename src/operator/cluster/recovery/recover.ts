/**
 * The way back from a stolen key, in one step: a root of the next trust epoch without the key, and the wanted configuration signed anew, told to a node in one
 * message. What has been signed lies on the disk before anybody hears of it, so that the next try finishes what was interrupted, with the same signatures.
 */
import { GossipError } from '../../../model/errors.ts';
import type { PrivateKey } from '../../../trust/keys.ts';
import type { NodeAddress, OperatorClient } from '../../client/client.ts';
import { findCode } from '../../deploy/rollback.ts';
import { survey } from '../../status/survey.ts';
import type { Disbelieved } from '../../status/survey.ts';
import { readNotes } from '../../client/note-calls.ts';
import { renewNotes, verifyNote } from '../../../trust/node-note.ts';
import type { VerifiedNote } from '../../../trust/node-note.ts';
import { roleOf } from '../../../trust/root.ts';
import type { TrustedRoot } from '../../../trust/root.ts';
import { reachable } from '../../status/gather.ts';
import type { Records } from '../../status/records.ts';
import { openOperatorKey } from '../clusters.ts';
import type { OperatorCluster } from '../clusters.ts';
import type { KeyOwner } from '../key-file.ts';
import { refreshFromHeard } from '../decisions.ts';
import type { RootHolder } from '../root-change.ts';
import { entranceOf, requireAware } from '../root-entrance.ts';
import { keyNamed } from '../operator-edits.ts';
import { finishExchange, nextKey, oldKey, requireOwnFile } from '../own-key.ts';
import { requireAlone, requireLeft, requireNotesKept } from './alone.ts';
import { carryOut } from './carry-out.ts';
import type { Recovered } from './carry-out.ts';
import { issue, openEpoch, proposeEpoch, signWanted } from './new-epoch.ts';
import type { Issuing, KeyChange } from './new-epoch.ts';
import type { SignedParts } from './recovery-files.ts';
import { following, rivalsOf } from './rivals.ts';
import type { Rival } from './rivals.ts';
import { forgetRecovery, keepRecovery, unfinishedRecovery } from './unfinished.ts';
import { chooseWanted } from './wanted.ts';
import type { Choice, Wishes } from './wanted.ts';

export interface RecoverOptions {
  readonly client: OperatorClient;
  readonly owner: KeyOwner;
  /** Encrypts the new key. */
  readonly passphrase: string | undefined;
  /** A name for the new key, for people. */
  readonly name: string | undefined;
  /** Stolen keys, by name or id; none: the operator's own. */
  readonly drop: readonly string[];
  readonly wishes: Wishes;
  readonly author: string;
  readonly message: string;
  /** Whether it goes into a file, which others may sign too; by default one key must be enough. */
  readonly isWritten?: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What a recovery would do. */
export interface RecoveryPlan extends Choice {
  readonly cluster: OperatorCluster;
  readonly entrance: RootHolder;
  /** Nodes that hold another root of the same version: the next one must follow that, too. */
  readonly rivals: readonly Rival[];
  readonly records: Records;
  readonly disbelieved: readonly Disbelieved[];
  /** What was decided of nodes: the new epoch would not know of it otherwise. */
  readonly notes: readonly VerifiedNote[];
  /** Ids of the keys that sign nothing any more. */
  readonly stolen: ReadonlySet<string>;
  /** Whether the operator's own key is exchanged. */
  readonly exchangesOwn: boolean;
  readonly key: PrivateKey;
}

/** Finishes what an earlier try began; null: there is nothing to finish. */
export async function resumeRecovery(given: OperatorCluster, { client, owner }: RecoverOptions): Promise<Recovered | null> {
  const refreshed = await refreshFromHeard(given, client);
  const recovery = await unfinishedRecovery(given.directory, refreshed.cluster.root);
  if (recovery !== null) {
    const rivals = await rivalsOf(refreshed, client);
    return carryOut(refreshed.cluster, { entrance: entranceOf(refreshed), rivals }, recovery, { client, owner });
  }
  await forgetRecovery(given.directory);
  return null;
}

/** Looks at what there is, and changes nothing. */
export async function planRecovery(
  given: OperatorCluster,
  { client, owner, drop, wishes, isWritten = false }: RecoverOptions,
): Promise<RecoveryPlan> {
  const refreshed = await refreshFromHeard(given, client);
  const { cluster } = refreshed;
  requireAware(refreshed);
  await finishExchange(cluster, owner);
  const key = await openOperatorKey(cluster, owner);
  const entrance = entranceOf(refreshed);
  const { records, sightings, disbelieved } = await survey(cluster, client);
  const stolen = drop.length === 0 ? new Set([key.keyid]) : new Set(drop.map((text) => keyNamed(cluster.root.root, text)));
  if (stolen.has(key.keyid)) requireOwnFile(owner, 'recover');
  const choice = chooseWanted(records, stolen, wishes);
  if (isWritten) requireLeft(cluster.root, key.keyid, stolen);
  else requireAlone(cluster.root, key.keyid, stolen, choice.wanted.length + choice.undecided.length);
  await requireCode(choice, [entrance.node, ...reachable(sightings)], client);
  const rivals = await rivalsOf(refreshed, client);
  const { notes } = await readNotes(client, entrance.node, cluster.root);
  if (!isWritten) requireNotesKept(cluster.root, key.keyid, stolen, notes);
  return { ...choice, notes, cluster, entrance, rivals, records, disbelieved, stolen, exchangesOwn: stolen.has(key.keyid), key };
}

export async function recover(plan: RecoveryPlan, options: RecoverOptions): Promise<Recovered> {
  const { cluster, wanted } = plan;
  const { change, next, issuing } = await signingOf(plan, options);
  const { root, step } = openEpoch(cluster.root, change, wanted.length, options.now());
  for (const rival of plan.rivals) following(rival, step);
  const recovery = { root, step, records: issue(wanted, { ...issuing, root }), notes: renewedNotes(plan.notes, root, next) };
  await keepRecovery(cluster.directory, recovery);
  return carryOut(cluster, plan, recovery, { ...options, signer: next });
}

/** The parts of it, signed as far as they can be here, for a file; nothing is changed but that a new key lies in the cluster's directory. */
export async function signParts(plan: RecoveryPlan, options: RecoverOptions): Promise<SignedParts> {
  const { cluster, wanted, notes } = plan;
  const { change, next, issuing } = await signingOf(plan, options);
  const { proposal, step } = proposeEpoch(cluster.root, change, wanted.length, options.now());
  const { root } = proposal;
  const admits = roleOf(root, 'admit').keys.has(next.keyid) ? [next] : [];
  const records = signWanted(wanted, { ...issuing, root: { cluster: cluster.root.cluster, root } });
  return { envelope: step, records, notes: renewNotes(notes, { root }, admits) };
}

/** The keys of this operator that sign, and what he signs with them. */
async function signingOf(
  plan: RecoveryPlan,
  { owner, passphrase, author, message, name, now }: RecoverOptions,
): Promise<{ readonly change: KeyChange; readonly next: PrivateKey; readonly issuing: Omit<Issuing, 'root'> }> {
  const { cluster, entrance, undecided, records, key, stolen } = plan;
  if (undecided.length > 0) throw undecidedError(undecided);
  const next = plan.exchangesOwn ? await nextKey(cluster, owner, { passphrase, isKept: true }) : key;
  const old = plan.rivals.length > 0 ? await oldKey(cluster, owner) : null;
  const change = { stolen, own: key, next, name, also: old === null ? [] : [old] };
  return { change, next, issuing: { key: next, records, origin: entrance.node.id, author, message, now: now() } };
}

export function undecidedError(undecided: readonly string[]): GossipError {
  return new GossipError(
    'GOSSIP_E_RECOVERY',
    `the stolen key alone signed every deployment of ${undecided.join(', ')}: which one is wanted, nobody can tell`,
    {
      advice:
        "Look at 'gossip history'. Name the last one from before the theft, for all with --until dN, or one by one with --keep MODULE=dN or --remove MODULE.",
    },
  );
}

/** Nobody could run what no node has any more. */
async function requireCode({ wanted }: Choice, nodes: readonly NodeAddress[], client: OperatorClient): Promise<void> {
  for (const { kept } of wanted) if (kept?.deployment.code) await findCode(kept, nodes, client);
}

/** Where one key cannot sign them alone, those that end were refused with the plan, and the others hold as they are. */
function renewedNotes(notes: readonly VerifiedNote[], root: TrustedRoot, key: PrivateKey): VerifiedNote[] {
  const { keys, threshold } = roleOf(root.root, 'admit');
  return keys.has(key.keyid) && threshold === 1 ? renewNotes(notes, root, [key]).map((note) => verifyNote(note, root)) : [];
}
