/** A recovery file as operators see it before they sign it: what stays, what ends, whose keys end, and who must sign which part. */
import type { UnfinishedDeployment } from '../../../trust/deployment.ts';
import { keyText } from '../../../trust/root.ts';
import type { Root } from '../../../trust/root.ts';
import { noteText } from '../note-files.ts';
import { proposalView } from '../root-plan.ts';
import { partsOf, partText } from './recovery-files.ts';
import type { RecoveryPart, RecoveryProposal } from './recovery-files.ts';

export interface RecoveryView {
  readonly cluster: string;
  /** Versions of the root. */
  readonly from: number;
  readonly to: number;
  readonly epoch: number;
  /** Everything that differs in the root. */
  readonly changes: readonly string[];
  readonly modules: readonly {
    readonly module: string;
    readonly deployment: string;
    /** Null: the module is removed. */
    readonly version: string | null;
    readonly code: string | null;
    readonly state: 'kept' | 'thrown away' | 'removed';
    readonly message: string;
  }[];
  /** What was decided of nodes, signed anew. */
  readonly notes: readonly string[];
  /** Ids of all keys that have signed some part. */
  readonly signers: readonly string[];
  readonly parts: readonly RecoveryPart[];
}

export function recoveryView(proposal: RecoveryProposal): RecoveryView {
  const { cluster, from, to, changes } = proposalView(proposal.change);
  const parts = partsOf(proposal);
  return {
    cluster,
    from,
    to,
    epoch: proposal.change.root.epoch,
    changes,
    modules: proposal.records.map(moduleOf),
    notes: proposal.notes.map(({ note }) => noteText(note)),
    signers: [...new Set(parts.flatMap(({ signers }) => signers))],
    parts,
  };
}

function moduleOf({ deployment }: UnfinishedDeployment): RecoveryView['modules'][number] {
  const { module, number, code, scrub, message } = deployment;
  const state = code === null ? 'removed' : scrub ? 'thrown away' : 'kept';
  return { module, deployment: `d${number.sequence}`, version: code?.version ?? null, code: code?.hash ?? null, state, message };
}

/** As lines of text, below the cluster. */
export function recoveryLines(proposal: RecoveryProposal): string[] {
  const { previous, root } = proposal.change;
  const { from, to, changes, modules, notes, parts } = recoveryView(proposal);
  const { warnings } = proposalView(proposal.change);
  return [
    `root ${from} -> ${to}: whatever was signed before counts nowhere any more`,
    ...changes,
    ...modules.map(({ module, deployment, version, code, state, message }) =>
      code === null
        ? `${module}: ${deployment}, removed`
        : `${module}: ${deployment}, ${version ?? ''} ${code}, state ${state} (${message})`,
    ),
    'any other module ends, with its state',
    ...notes,
    ...parts.map((part) => partLine(part, [root, previous.root])),
    ...warnings,
  ];
}

function partLine(part: RecoveryPart, roots: readonly [Root, Root]): string {
  const { signers, missing, maySign } = part;
  const named = (keyids: readonly string[]): string =>
    keyids.map((keyid) => keyText(roots.find(({ keys }) => Object.hasOwn(keys, keyid)) ?? roots[0], keyid)).join(', ');
  const signed = signers.length === 0 ? 'nobody yet' : named(signers);
  const lacking = missing === 0 ? '' : `; ${missing}${signers.length === 0 ? '' : ' more'} must sign, of: ${named(maySign)}`;
  return `${partText(part)} signed by ${signed}${lacking}`;
}
