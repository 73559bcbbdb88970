/** The last step of a recovery, whoever has signed it: all of it enters at one node, from where gossip takes it to all. */
import { MAX_NOTES_TOLD } from '../../../gossip/cut.ts';
import type { VerifiedDeployment } from '../../../model/deployment.ts';
import type { PrivateKey } from '../../../trust/keys.ts';
import type { VerifiedNote } from '../../../trust/node-note.ts';
import type { OperatorClient } from '../../client/client.ts';
import type { BesideRoot } from '../../client/root-calls.ts';
import { forgetHighest } from '../../deploy/highest.ts';
import { openOperatorKey, renewAdmission } from '../clusters.ts';
import type { OperatorCluster } from '../clusters.ts';
import type { KeyOwner } from '../key-file.ts';
import { finishExchange, isKeyThere } from '../own-key.ts';
import { injectRoot } from '../root-change.ts';
import type { RootHolder } from '../root-change.ts';
import { keepSteps } from '../root-steps.ts';
import { following } from './rivals.ts';
import type { Rival } from './rivals.ts';
import { forgetRecovery } from './unfinished.ts';
import type { Recovery } from './unfinished.ts';

export interface Carrying {
  readonly client: OperatorClient;
  readonly owner: KeyOwner;
  /** Renews the operator's admission; by default his key, where he has one. */
  readonly signer?: PrivateKey;
}

export interface Recovered extends Recovery {
  readonly node: string;
  /** Where the old key lies, where it was exchanged. */
  readonly old: string | null;
}

/** Messages of an operator: far below what a node takes in one. */
const SENT = { records: 200, bytes: 2 * 1024 * 1024 } as const;

/** Tells a node all of it, and those that hold another root of the same version; what is done twice changes nothing. Then what lies in the operator's home follows. */
export async function carryOut(
  cluster: OperatorCluster,
  { entrance, rivals }: { readonly entrance: RootHolder; readonly rivals: readonly Rival[] },
  recovery: Recovery,
  { client, owner, signer }: Carrying,
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
  // Whoever injects a file need not have a key.
  if (signer !== undefined || (await isKeyThere(cluster, owner)))
    await renewAdmission(cluster, root, signer ?? (await openOperatorKey(cluster, owner)));
  await forgetHighest(cluster.directory);
  await forgetRecovery(cluster.directory);
  const { node } = entrance;
  return { ...recovery, node: node.name || node.address, old: exchanged?.old ?? null };
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
