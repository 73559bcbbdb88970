/** The question before a change. Labs and the cluster of one node on this machine are made without a question, and changed without one. */
import { Errors } from '@oclif/core';
import { isLoopback } from '../../core/transport/address.ts';
import { splitAddress } from '../../model/address.ts';
import { GossipError } from '../../model/errors.ts';
import { safeText } from '../../model/safe-text.ts';
import type { OperatorCluster } from '../../operator/cluster/clusters.ts';
import { askLine, INTERRUPTED, isAttended } from './question.ts';
import type { Speaker } from './speaker.ts';

type Named = Pick<OperatorCluster, 'name' | 'root'>;

export interface Change {
  readonly cluster: Named;
  /** What becomes of what, and who signs: each a line. The cluster itself is named above them. */
  readonly lines: readonly string[];
  /** `--yes` was said: see `yesFlag`. */
  readonly yes: boolean;
}

/**
 * `asked`: somebody read it and agreed, for which time has passed: what was shown should hold still. `told`: `--yes`, and it was said what is done (not in JSON
 * mode). `untold`: a cluster of this machine alone, of which nothing was said.
 */
export type Confirmed = 'asked' | 'told' | 'untold';

/**
 * Names a change before it is made, and has it confirmed: by `--yes`, or on the terminal. Call it when everything is known and nothing is done yet, and
 * not at all with `--dry-run` and `--write`, which change nothing. Resolves when the change is to be made, and says how it was confirmed. Rejects with `GOSSIP_E_UNCONFIRMED` (exit code 2) when the answer was no, or where nobody can
 * be asked; with exit code 130 after Ctrl-C. The same with `--json`: what is asked is said on standard error.
 */
export async function confirm(command: Speaker, { cluster, lines, yes }: Change): Promise<Confirmed> {
  if (isOfThisMachine(cluster)) return 'untold';
  requireConfirmable(cluster, yes);
  const named = [`Cluster '${cluster.name}' (${cluster.root.cluster.slice(0, 12)})`, ...lines.map((line) => `  ${line}`)];
  if (yes) {
    for (const line of named) command.remark(line);
    return 'told';
  }
  process.stderr.write(`${named.map((line) => safeText(line)).join('\n')}\n`);
  const answer = await askLine('Continue? [y/N] ', { hidden: false });
  if (answer !== null && answer !== 'interrupted' && saysYes(answer.text)) return 'asked';
  if (answer !== 'interrupted') throw unconfirmed('it was not confirmed');
  process.stderr.write('Interrupted; nothing was changed.\n');
  throw new Errors.ExitError(INTERRUPTED);
}

/** Refuses where a question would have to be asked and nobody can answer it: for before what takes long, or asks for a passphrase. */
export function requireConfirmable(cluster: Named, yes: boolean): void {
  if (!yes && !isOfThisMachine(cluster) && !isAttended())
    throw unconfirmed(`there is no terminal to ask on whether to change '${cluster.name}'`);
}

/** Whether nobody on another machine can be in it. */
function isOfThisMachine({ root: { root } }: Named): boolean {
  return root.rendezvous.length > 0 && root.rendezvous.every(({ address }) => isLoopback(splitAddress(address).host));
}

function saysYes(text: string): boolean {
  return ['y', 'yes'].includes(text.trim().toLowerCase());
}

function unconfirmed(why: string): GossipError {
  return new GossipError('GOSSIP_E_UNCONFIRMED', `${why}; nothing was changed`);
}
