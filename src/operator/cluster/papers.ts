/** What lies in a file that several operators sign, other than a deployment: looked at, countersigned and checked in one way, whatever it is. */
import type { PrivateKey } from '../../trust/keys.ts';
import { encodeNoteFile } from '../../trust/note-file.ts';
import type { NoteFile } from '../../trust/note-file.ts';
import { encodeRecoveryFile } from '../../trust/recovery-file.ts';
import type { RecoveryFile } from '../../trust/recovery-file.ts';
import type { RootFile } from '../../trust/root-file.ts';
import { writeNamed } from '../files/written-file.ts';
import type { OperatorCluster } from './clusters.ts';
import { countersignNote, countText, finishNote, inspectNoteFile, noteLines, noteText, noteView } from './note-files.ts';
import { recoveryLines, recoveryView } from './recovery/file-view.ts';
import { countersignRecovery, finishRecovery, inspectRecovery, lackingIn } from './recovery/recovery-files.ts';
import type { RecoveryProposal } from './recovery/recovery-files.ts';
import { countersignRootFile, inspectRootFile } from './root-files.ts';
import type { RootProposal } from './root-files.ts';
import { finishRoot, missingOf, proposalLines, proposalView } from './root-plan.ts';

export type PaperFile =
  | { readonly kind: 'root'; readonly file: RootFile }
  | { readonly kind: 'note'; readonly file: NoteFile }
  | { readonly kind: 'recovery'; readonly file: RecoveryFile };

/** What `--json` tells of one. */
export type PaperView = ReturnType<typeof proposalView> | ReturnType<typeof noteView> | ReturnType<typeof recoveryView>;

export interface Paper {
  /** `root 1 -> 2 of 'production'` */
  readonly title: string;
  /** Below the cluster. */
  readonly lines: readonly string[];
  readonly view: PaperView;
  /** How many different keys have signed. */
  readonly signers: number;
  /** `1 more must sign`; null: enough have. */
  readonly lacking: string | null;
  /** Checks it as every node will; refuses where signatures are missing. */
  readonly requireWhole: () => void;
}

type Held = Pick<OperatorCluster, 'name' | 'root'>;

/** What a file would do. Refuses one that is out of date, or of another cluster. */
export function inspectPaper(signed: PaperFile, { name, root }: Held): Paper {
  if (signed.kind === 'root') return rootPaper(inspectRootFile(signed.file, root), name);
  if (signed.kind === 'note') return notePaper(signed.file, { name, root });
  return recoveryPaper(inspectRecovery(signed.file, root), name);
}

export interface Countersigning {
  readonly cluster: Pick<OperatorCluster, 'name' | 'root' | 'directory'>;
  readonly key: PrivateKey;
  readonly output: string;
}

/** Adds a signature to a file. Refuses a key that has no say in it. `again`: the key had signed it before. */
export async function countersignPaper(
  signed: PaperFile,
  { cluster, key, output }: Countersigning,
): Promise<{ readonly paper: Paper; readonly again: boolean }> {
  const { root: held, directory, name } = cluster;
  const again = isSignedBy(signed, key);
  if (signed.kind === 'root') {
    const { proposal } = await countersignRootFile({ file: signed.file, output, name, held, directory, key });
    return { paper: rootPaper(proposal, name), again };
  }
  const countersigned: PaperFile =
    signed.kind === 'note'
      ? { kind: 'note', file: countersignNote(signed.file, held, key) }
      : { kind: 'recovery', file: countersignRecovery(signed.file, held, key) };
  // Every rule but the number of signatures is checked before the file is changed.
  const paper = inspectPaper(countersigned, cluster);
  await writeNamed(output, countersigned.kind === 'note' ? encodeNoteFile(countersigned.file) : encodeRecoveryFile(countersigned.file));
  return { paper, again };
}

/** The text of a paper, with the cluster above it. */
export function paperText({ lines }: Paper, { name, root }: Held): string[] {
  return [`Cluster '${name}' (${root.cluster.slice(0, 12)})`, ...lines.map((line) => `  ${line}`)];
}

function rootPaper(proposal: RootProposal, name: string): Paper {
  const view = proposalView(proposal);
  const missing = missingOf(proposal);
  return {
    title: `root ${view.from} -> ${view.to} of '${name}'`,
    lines: proposalLines(proposal),
    view,
    signers: view.signers.length,
    lacking: missing === 0 ? null : `${missing} more must sign`,
    requireWhole: () => void finishRoot(proposal),
  };
}

function notePaper(file: NoteFile, { name, root }: Held): Paper {
  const proposal = inspectNoteFile(file, root);
  const view = noteView(proposal);
  return {
    title: `note that ${noteText(proposal.note)} in '${name}'`,
    lines: noteLines(proposal),
    view,
    signers: view.signers.length,
    lacking: view.missing === 0 ? null : `${countText(proposal)} must sign`,
    requireWhole: () => void finishNote(proposal),
  };
}

export function recoveryPaper(proposal: RecoveryProposal, name: string): Paper {
  const view = recoveryView(proposal);
  return {
    title: `recovery of '${name}', root ${view.from} -> ${view.to}`,
    lines: recoveryLines(proposal),
    view,
    signers: view.signers.length,
    lacking: lackingIn(proposal),
    requireWhole: () => void finishRecovery(proposal),
  };
}

/** Whether nothing of it waits for this key. */
function isSignedBy(signed: PaperFile, { keyid }: PrivateKey): boolean {
  const { file } = signed;
  const envelopes = signed.kind === 'recovery' ? [file.envelope, ...signed.file.records, ...signed.file.notes] : [file.envelope];
  return envelopes.every(({ signatures }) => signatures.some((signature) => signature.keyid === keyid));
}
