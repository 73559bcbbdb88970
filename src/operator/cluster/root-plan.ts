/** A change of the root, before it is made: what changes, who signs, and what an operator should know. */
import { inspectNextRoot, makeNextRoot, nextRoot } from '../../trust/next-root.ts';
import type { RootChange } from '../../trust/next-root.ts';
import { GossipError } from '../../model/errors.ts';
import type { PrivateKey } from '../../trust/keys.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import { nameOf } from './operator-edits.ts';
import { rootDifference } from './root-difference.ts';
import type { RootProposal } from './root-files.ts';
import { warningsOf } from './root-view.ts';

/** The next version with this change, signed by those of `signers` who have a say in it; others may have to sign too. */
export function proposeRoot(previous: TrustedRoot, change: RootChange, signers: readonly PrivateKey[]): RootProposal {
  const unsigned = inspectNextRoot(previous, makeNextRoot(previous, change, []));
  const may = new Set([...previous.root.roles.root.keys, ...unsigned.root.roles.root.keys]);
  const envelope = makeNextRoot(
    previous,
    change,
    signers.filter(({ keyid }) => may.has(keyid)),
  );
  return { previous, ...inspectNextRoot(previous, envelope) };
}

const WRITE_IT =
  "Write it into a file, with --write FILE, and hand that to the next operator: 'gossip config sign FILE'. Nothing was changed.";

/** The root of a proposal that enough have signed; refuses one that lacks signatures, and `advice` says what to do. */
export function finishRoot(proposal: RootProposal, advice = WRITE_IT): TrustedRoot {
  const missing = missingOf(proposal);
  if (missing === 0) return nextRoot(proposal.previous, proposal.envelope);
  throw new GossipError('GOSSIP_E_THRESHOLD', `signed by ${keysText(proposal.signers.length)} of the root, and ${missing} more must sign`, {
    advice,
  });
}

/** `1 key`, `2 keys` */
export function keysText(count: number): string {
  return `${count} key${count === 1 ? '' : 's'}`;
}

/** How many more root keys must sign at least: one that both versions name counts for both. */
export function missingOf({ lacking: { before, own }, previous, root, signers }: RootProposal): number {
  const both = root.roles.root.keys.filter((keyid) => previous.root.roles.root.keys.includes(keyid) && !signers.includes(keyid));
  return before + own - Math.min(before, own, both.length);
}

/** What `--json` tells of a change. */
export interface ProposalView {
  readonly cluster: string;
  readonly from: number;
  readonly to: number;
  readonly changes: readonly string[];
  /** Ids of the keys that have signed. */
  readonly signers: readonly string[];
  /** How many more must sign, and the ids of those who may. */
  readonly missing: number;
  readonly maySign: readonly string[];
  readonly warnings: readonly string[];
}

export function proposalView(proposal: RootProposal): ProposalView {
  const { previous, root, signers } = proposal;
  const missing = missingOf(proposal);
  const known = new Set(warningsOf(previous.root));
  return {
    cluster: previous.cluster,
    from: previous.root.version,
    to: root.version,
    changes: rootDifference(previous.root, root),
    signers,
    missing,
    maySign: missing === 0 ? [] : mayStillSign(proposal),
    // What was so before is told by `cluster show`.
    warnings: warningsOf(root).filter((warning) => !known.has(warning)),
  };
}

function mayStillSign({ previous, root, signers, lacking }: RootProposal): string[] {
  const before = lacking.before > 0 ? previous.root.roles.root.keys : [];
  const own = lacking.own > 0 ? root.roles.root.keys : [];
  return [...new Set([...before, ...own])].filter((keyid) => !signers.includes(keyid));
}

/** A view as lines of text. */
export function proposalLines(proposal: RootProposal, clusterName: string): string[] {
  const { previous, root } = proposal;
  const view = proposalView(proposal);
  const named = (ids: readonly string[]): string =>
    ids.map((keyid) => nameOf(Object.hasOwn(root.keys, keyid) ? root : previous.root, keyid)).join(', ');
  return [
    `Cluster '${clusterName}' (${view.cluster.slice(0, 12)}), root ${view.from} -> ${view.to}`,
    ...view.changes.map((change) => `  ${change}`),
    `  signed by ${view.signers.length === 0 ? 'nobody yet' : named(view.signers)}`,
    ...(view.missing === 0 ? [] : [`  ${view.missing} ${view.signers.length === 0 ? '' : 'more '}must sign, of: ${named(view.maySign)}`]),
  ];
}
