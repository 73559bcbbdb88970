/** A rollback: a new, higher deployment with the code and settings of an earlier one. */
import { GossipError } from '../model/errors.ts';
import type { VerifiedDeployment } from '../model/deployment.ts';
import type { NodeAddress, NodeDoor } from './client.ts';
import { codeOnNode } from './code-source.ts';
import type { CodeSource } from './code-source.ts';
import type { Draft } from './deploy.ts';
import type { Records } from './records.ts';

export interface RollbackOptions {
  readonly scrub: boolean;
  readonly author: string;
  readonly message: string;
  readonly expect: string | undefined;
}

/** The draft of a rollback to `target`. */
export function rollbackDraft(target: VerifiedDeployment, name: string, options: RollbackOptions): Draft {
  const { module, code, settings } = target.deployment;
  if (code === null) {
    throw new GossipError('GOSSIP_E_DEPLOYMENT_UNKNOWN', `${name} removed ${module}: there is no code to go back to`, {
      advice: `Remove it again with 'gossip remove ${module}', or name another deployment.`,
    });
  }
  return { module, code, settings, rollbackOf: target.hash, ...options, message: options.message || `rollback to ${name}` };
}

/** The code of a rollback, wherever it is still kept: the node that takes the deployment often has it itself. */
export async function findCode(target: VerifiedDeployment, candidates: readonly NodeAddress[], door: NodeDoor): Promise<CodeSource> {
  const { code } = target.deployment;
  if (code === null) throw new GossipError('GOSSIP_E_CODE_ABSENT', 'a removal has no code');
  for (const node of candidates) {
    const source = codeOnNode(code, node, door);
    const manifest = await source.manifest().catch(() => undefined);
    if (manifest !== undefined) return source;
  }
  throw new GossipError('GOSSIP_E_CODE_ABSENT', `none of ${candidates.length} nodes has ${code.hash} any more`, {
    advice: 'Deploy the code anew from where it was built.',
  });
}

/** What a rollback does not undo, and the way back from it. */
export function rollbackRemarks(target: VerifiedDeployment, before: VerifiedDeployment, records: Records, scrub: boolean): string[] {
  const name = records.name(target);
  const state = scrub
    ? `The state of ${target.deployment.module} is thrown away on every node; that cannot be undone.`
    : `State is kept: the code of ${name} must accept what newer code has written. If it cannot, nodes hold; then add --scrub.`;
  const back = before.deployment.code === null ? `gossip remove ${before.deployment.module}` : `gossip rollback ${records.name(before)}`;
  return [state, `Back again: ${back}`];
}
