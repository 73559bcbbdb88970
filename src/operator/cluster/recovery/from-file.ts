/** A recovery that came in a file: what it would do to the cluster as it is now, and that it is carried out, or finished where that was interrupted. */
import { GossipError } from '../../../model/errors.ts';
import { holdsUnder } from '../../../trust/node-note.ts';
import type { RecoveryFile } from '../../../trust/recovery-file.ts';
import type { TrustedRoot } from '../../../trust/root.ts';
import { findNode } from '../../client/nodes.ts';
import type { OperatorClient } from '../../client/client.ts';
import type { Records } from '../../status/records.ts';
import { survey } from '../../status/survey.ts';
import type { OperatorCluster } from '../clusters.ts';
import { knownNotes } from '../decisions.ts';
import type { Known } from '../decisions.ts';
import { noteText } from '../note-files.ts';
import type { RootHolder } from '../root-change.ts';
import { isHeld } from '../root-files.ts';
import { entranceOf, requireAware } from '../root-entrance.ts';
import { FAR } from './new-epoch.ts';
import { finishRecovery, inspectRecovery, recoveryUnder } from './recovery-files.ts';
import type { RecoveryProposal } from './recovery-files.ts';
import { following, rivalsOf } from './rivals.ts';
import type { Rival } from './rivals.ts';
import { rootOf } from './unfinished.ts';
import type { Recovery } from './unfinished.ts';

export interface FromFile {
  readonly cluster: OperatorCluster;
  readonly entrance: RootHolder;
  readonly rivals: readonly Rival[];
  readonly recovery: Recovery;
  /** Null: nodes hold its root already, and it is finished. */
  readonly proposal: RecoveryProposal | null;
  /** What came after the file was written, and ends with it: for whoever confirms it. */
  readonly overtaken: readonly string[];
}

/**
 * Looks at what there is, and changes nothing. `GOSSIP_E_THRESHOLD` names the signatures that are missing; `GOSSIP_E_ROOT_VERSION` where the cluster has passed the file by, or another
 * trust epoch has begun since.
 */
export async function openRecoveryFile(
  file: RecoveryFile,
  given: OperatorCluster,
  { client, to }: { readonly client: OperatorClient; readonly to: string | undefined },
): Promise<FromFile> {
  const known = await knownNotes(given, client);
  const holders = known.holders.filter(({ node }) => known.book.revocation(node.id) === undefined);
  const refreshed = { ...known, holders };
  const { cluster } = refreshed;
  const begun = begunWith(file, cluster.root);
  const proposal = begun === null ? inspectRecovery(file, cluster.root) : null;
  const recovery = proposal === null ? recoveryUnder(begun as TrustedRoot, file) : finishRecovery(proposal);
  requireAware(refreshed);
  const entrance = entranceOf(refreshed, to === undefined ? undefined : await findNode(to, cluster, client));
  const rivals = await rivalsOf(refreshed, client);
  if (proposal !== null) for (const rival of rivals) following(rival, recovery.step);
  const overtaken = proposal === null ? [] : overtakenBy(recovery, known, (await survey(cluster, client)).records);
  return { cluster, entrance, rivals, recovery, proposal, overtaken };
}

/** The root of the file, where the cluster holds it already; null where it does not. */
function begunWith({ envelope }: RecoveryFile, held: TrustedRoot): TrustedRoot | null {
  const at = isHeld(envelope, held) ? rootOf(held, envelope) : null;
  if (at === null || at.root.epoch === held.root.epoch) return at;
  throw new GossipError(
    'GOSSIP_E_ROOT_VERSION',
    `the file began trust epoch ${at.root.epoch}, and epoch ${held.root.epoch} has begun since`,
    {
      advice: "There is nothing left to do with it: 'gossip cluster log'.",
    },
  );
}

/** A thief must not keep the cluster from its recovery by going on: what came meanwhile is named, and ends. */
export function overtakenBy(recovery: Recovery, { book }: Pick<Known, 'book'>, records: Records): string[] {
  const { root, records: made, notes } = recovery;
  const first = Math.min(...made.map(({ deployment }) => deployment.number.sequence));
  const named = new Set(made.map(({ deployment }) => deployment.module));
  const later = records.all.filter(
    ({ deployment: { module, number } }) => !named.has(module) || (number.sequence >= first && number.sequence < FAR),
  );
  const told = new Set(notes.map(({ note }) => `${note.kind} ${note.subject}`));
  const ending = book.notes.filter((each) => !told.has(`${each.note.kind} ${each.note.subject}`) && !holdsUnder(each, root));
  return [
    ...later.map((record) => `${records.name(record)} of ${record.deployment.module}, deployed since the file was written, ends`),
    ...ending.map(({ note }) => `what was decided since the file was written ends: ${noteText(note)}. Decide it again`),
  ];
}
