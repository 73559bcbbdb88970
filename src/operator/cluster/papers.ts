/** What lies in a file that several operators sign, other than a deployment: looked at, countersigned and checked in one way, whatever it is. */
import type { PrivateKey } from '../../trust/keys.ts';
import { encodeNoteFile } from '../../trust/note-file.ts';
import type { NoteFile } from '../../trust/note-file.ts';
import type { RootFile } from '../../trust/root-file.ts';
import { writeNamed } from '../files/written-file.ts';
import type { OperatorCluster } from './clusters.ts';
import { countersignNote, countText, finishNote, inspectNoteFile, noteLines, noteText, noteView } from './note-files.ts';
import { countersignRootFile, inspectRootFile } from './root-files.ts';
import type { RootProposal } from './root-files.ts';
import { finishRoot, missingOf, proposalLines, proposalView } from './root-plan.ts';

export type PaperFile = { readonly kind: 'root'; readonly file: RootFile } | { readonly kind: 'note'; readonly file: NoteFile };

export interface Paper {
  /** `root 1 -> 2 of 'production'` */
  readonly title: string;
  /** Below the cluster. */
  readonly lines: readonly string[];
  /** What `--json` tells. */
  readonly view: object;
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
  return notePaper(signed.file, { name, root });
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
  const again = signed.file.envelope.signatures.some(({ keyid }) => keyid === key.keyid);
  if (signed.kind === 'root') {
    const { proposal } = await countersignRootFile({ file: signed.file, output, held, directory, key });
    return { paper: rootPaper(proposal, name), again };
  }
  const file = countersignNote(signed.file, held, key);
  const paper = notePaper(file, cluster);
  await writeNamed(output, encodeNoteFile(file));
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
