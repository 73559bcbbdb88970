/**
 * The way back from a stolen key, in one step: a root of the next trust epoch without the key, and the wanted configuration signed anew, told to a node in one
 * message. What has been signed lies on the disk before anybody hears of it, so that the next try finishes what was interrupted, with the same signatures.
 */
import type { VerifiedDeployment } from '../../../model/deployment.ts';
import { GossipError } from '../../../model/errors.ts';
import type { PrivateKey } from '../../../trust/keys.ts';
import type { NodeAddress, OperatorClient } from '../../client/client.ts';
import { forgetHighest } from '../../deploy/highest.ts';
import { findCode } from '../../deploy/rollback.ts';
import { survey } from '../../status/survey.ts';
import type { Disbelieved } from '../../status/survey.ts';
import { MAX_NOTES_TOLD } from '../../../gossip/cut.ts';
import { readNotes } from '../../client/note-calls.ts';
import type { BesideRoot } from '../../client/root-calls.ts';
import { renewNotes, verifyNote } from '../../../trust/node-note.ts';
import type { VerifiedNote } from '../../../trust/node-note.ts';
import { roleOf } from '../../../trust/root.ts';
import type { TrustedRoot } from '../../../trust/root.ts';
import { reachable } from '../../status/gather.ts';
import type { Records } from '../../status/records.ts';
import { openOperatorKey, renewAdmission } from '../clusters.ts';
import type { OperatorCluster } from '../clusters.ts';
import type { KeyOwner } from '../key-file.ts';
import { refreshFromHeard } from '../decisions.ts';
import { injectRoot } from '../root-change.ts';
import type { RootHolder } from '../root-change.ts';
import { keepSteps } from '../root-steps.ts';
import { entranceOf, requireAware } from '../root-entrance.ts';
import { keyNamed } from '../operator-edits.ts';
import { finishExchange, nextKey, oldKey, requireOwnFile } from '../own-key.ts';
import { requireAlone } from './alone.ts';
import { issue, openEpoch } from './new-epoch.ts';
import { following, rivalsOf } from './rivals.ts';
import type { Rival } from './rivals.ts';
import { forgetRecovery, keepRecovery, unfinishedRecovery } from './unfinished.ts';
import type { Recovery } from './unfinished.ts';
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

export interface Recovered extends Recovery {
  readonly node: string;
  /** Where the old key lies, where it was exchanged. */
  readonly old: string | null;
}

/** Messages of an operator: far below what a node takes in one. */
const SENT = { records: 200, bytes: 2 * 1024 * 1024 } as const;

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
export async function planRecovery(given: OperatorCluster, { client, owner, drop, wishes }: RecoverOptions): Promise<RecoveryPlan> {
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
  requireAlone(cluster.root, key.keyid, stolen, choice.wanted.length + choice.undecided.length);
  await requireCode(choice, [entrance.node, ...reachable(sightings)], client);
  const rivals = await rivalsOf(refreshed, client);
  const { notes } = await readNotes(client, entrance.node, cluster.root);
  return { ...choice, notes, cluster, entrance, rivals, records, disbelieved, stolen, exchangesOwn: stolen.has(key.keyid), key };
}

export async function recover(plan: RecoveryPlan, options: RecoverOptions): Promise<Recovered> {
  const { cluster, entrance, wanted, undecided, records, key } = plan;
  if (undecided.length > 0) throw undecidedError(undecided);
  const next = plan.exchangesOwn ? await nextKey(cluster, options.owner, { passphrase: options.passphrase, isKept: true }) : key;
  const { author, message, name, now } = options;
  const old = plan.rivals.length > 0 ? await oldKey(cluster, options.owner) : null;
  const change = { stolen: plan.stolen, own: key, next, name, also: old === null ? [] : [old] };
  const { root, step } = openEpoch(cluster.root, change, wanted.length, now());
  for (const rival of plan.rivals) following(rival, step);
  const issuing = { root, key: next, records, origin: entrance.node.id, author, message, now: now() };
  const recovery = { root, step, records: issue(wanted, issuing), notes: renewedNotes(plan.notes, root, next) };
  await keepRecovery(cluster.directory, recovery);
  return carryOut(cluster, plan, recovery, { ...options, signer: next });
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

async function carryOut(
  cluster: OperatorCluster,
  { entrance, rivals }: Pick<RecoveryPlan, 'entrance' | 'rivals'>,
  recovery: Recovery,
  { client, owner, signer }: Pick<RecoverOptions, 'client' | 'owner'> & { readonly signer?: PrivateKey },
): Promise<Recovered> {
  const { root: opened, records, notes } = recovery;
  // Somebody may have changed the root again since.
  const root = cluster.root.root.version > opened.root.version ? cluster.root : opened;
  const parts = besides(records, notes);
  for (const part of parts) await injectRoot(client, entrance, root, part);
  // Their half of the nodes takes it with the signatures that their own root asks for.
  for (const rival of rivals) for (const part of parts) await injectRoot(client, rival.holder, following(rival, recovery.step), part);
  await keepSteps(cluster.directory, root);
  const exchanged = await finishExchange({ ...cluster, root }, owner);
  await renewAdmission(cluster, root, signer ?? (await openOperatorKey(cluster, owner)));
  await forgetHighest(cluster.directory);
  await forgetRecovery(cluster.directory);
  const { node } = entrance;
  return { ...recovery, node: node.name || node.address, old: exchanged?.old ?? null };
}

/** Where more than one admit key must sign, others sign them again: `gossip revoke`, by whoever may. */
function renewedNotes(notes: readonly VerifiedNote[], root: TrustedRoot, key: PrivateKey): VerifiedNote[] {
  const { keys, threshold } = roleOf(root.root, 'admit');
  return keys.has(key.keyid) && threshold === 1 ? renewNotes(notes, root, [key]).map((note) => verifyNote(note, root)) : [];
}

/** What goes with the root, in its first message as much as there is room for. */
function besides(records: readonly VerifiedDeployment[], notes: readonly VerifiedNote[]): BesideRoot[] {
  const parts = messagesOf(records);
  const count = Math.max(parts.length, Math.ceil(notes.length / MAX_NOTES_TOLD));
  const told = (place: number): VerifiedNote[] => notes.slice(place * MAX_NOTES_TOLD, (place + 1) * MAX_NOTES_TOLD);
  return Array.from({ length: count }, (_, place) => ({ records: parts[place] ?? [], notes: told(place) }));
}

/** The first goes with the root, and is there where nothing is wanted too. */
function messagesOf(records: readonly VerifiedDeployment[]): readonly (readonly VerifiedDeployment[])[] {
  const parts: VerifiedDeployment[][] = [[]];
  let bytes = 0;
  for (const record of records) {
    const size = record.envelope.payload.length + 1_024;
    if ((parts.at(-1)?.length ?? 0) >= SENT.records || bytes + size > SENT.bytes) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(record);
    bytes += size;
  }
  return parts;
}
