/**
 * A recovery that has been signed, as it lies in the cluster's directory until a node has all of it: whatever is interrupted between is finished by the next
 * try with the very same signatures.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { onDisk } from '../../../core/store/files/file-system.ts';
import { writeFileDurably } from '../../../core/store/files/writer.ts';
import type { Envelope, VerifiedDeployment } from '../../../model/deployment.ts';
import { GossipError } from '../../../model/errors.ts';
import { verifyDeployment } from '../../../trust/deployment.ts';
import { verifyNote } from '../../../trust/node-note.ts';
import type { VerifiedNote } from '../../../trust/node-note.ts';
import { nextRoot, versionIn } from '../../../trust/next-root.ts';
import type { TrustedRoot } from '../../../trust/root.ts';
import { readGivenText } from '../../files/given-file.ts';
import { isThere } from '../../files/is-there.ts';

const FILE = 'recovery.json';
const schema = v.object({ root: v.unknown(), records: v.array(v.unknown()), notes: v.array(v.unknown()) });

/** What is to be told to a node, in one go. */
export interface Recovery {
  readonly root: TrustedRoot;
  /** The step to it, with all its signatures. */
  readonly step: Envelope;
  readonly records: readonly VerifiedDeployment[];
  /** What was decided of nodes, signed anew. */
  readonly notes: readonly VerifiedNote[];
}

export function keepRecovery(directory: string, { step, records, notes }: Recovery): Promise<void> {
  const text = JSON.stringify({
    root: step,
    records: records.map(({ envelope }) => envelope),
    notes: notes.map(({ envelope }) => envelope),
  });
  return writeFileDurably(join(directory, FILE), Buffer.from(text), { mode: 0o600 });
}

export async function forgetRecovery(directory: string): Promise<void> {
  await onDisk(rm(join(directory, FILE), { force: true }), `remove ${FILE}`);
}

/** The recovery that was begun on this machine and not finished; null: none, or one that another change of the root has overtaken. */
export async function unfinishedRecovery(directory: string, newest: TrustedRoot): Promise<Recovery | null> {
  const path = join(directory, FILE);
  if (!(await isThere(path))) return null;
  const { root: step, records, notes } = parse(await readGivenText(path, 'steps'));
  const root = rootOf(newest, step);
  if (root === null || root.root.epoch !== newest.root.epoch + (root.root.version > newest.root.version ? 1 : 0)) return null;
  return {
    root,
    step,
    records: records.map((record) => verifyDeployment(record, root)),
    notes: notes.map((note) => verifyNote(note, root)),
  };
}

function parse(text: string): { root: Envelope; records: Envelope[]; notes: Envelope[] } {
  try {
    return v.parse(schema, JSON.parse(text)) as { root: Envelope; records: Envelope[]; notes: Envelope[] };
  } catch (cause) {
    throw new GossipError('GOSSIP_E_FILE', `${FILE} holds no recovery`, {
      advice: `Take it away, see who holds what with 'gossip cluster show', and recover again.`,
      cause,
    });
  }
}

/** The version of the step: it follows the newest, or is among those that lead to it; null: neither. */
export function rootOf(newest: TrustedRoot, step: Envelope): TrustedRoot | null {
  const version = versionIn(step);
  if (version === newest.root.version + 1) return nextRoot(newest, step);
  let at: TrustedRoot | null = newest;
  while (at !== null && at.root.version > version) at = at.previous;
  return at?.envelope.payload === step.payload ? at : null;
}
