/** How commands decide of a node or a token: what holds already is said, and anything else is confirmed, signed and brought to a node. */
import { author } from '../../operator/deploy/author.ts';
import { openOperatorKey } from '../../operator/cluster/clusters.ts';
import { decide, repeatDecision } from '../../operator/cluster/decisions.ts';
import type { Decided, Decision, Known } from '../../operator/cluster/decisions.ts';
import type { Session } from '../../operator/settings/session.ts';
import { confirm } from './confirm.ts';
import type { Speaker } from './speaker.ts';

export interface Deciding {
  readonly known: Known;
  readonly decision: Omit<Decision, 'author' | 'now'>;
  /** What becomes of what, as it is confirmed. */
  readonly lines: readonly string[];
  readonly flags: { readonly to: string | undefined; readonly yes: boolean };
}

/** Neither a key nor a word of the operator's is needed for what holds already. */
export async function decided(command: Speaker, { cluster, client, keyOwner }: Session, deciding: Deciding): Promise<Decided> {
  const { known, decision, lines, flags } = deciding;
  const before = await repeatDecision(known, client, decision, flags.to);
  if (before !== null) return before;
  await confirm(command, { cluster, lines, yes: flags.yes });
  const key = await openOperatorKey(known.cluster, keyOwner);
  return decide(known, client, { ...decision, author: author(), now: Date.now() }, { key, to: flags.to });
}
