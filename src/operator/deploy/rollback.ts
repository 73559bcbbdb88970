/** A rollback: a new, higher deployment with the code and settings of an earlier one. */
import { GossipError } from '../../model/errors.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { ModuleName } from '../../model/names.ts';
import type { NodeAddress, NodeApi } from '../client/client.ts';
import { codeOnNode } from './code-source.ts';
import type { CodeSource } from './code-source.ts';
import type { Draft } from './deploy.ts';
import { reachable } from '../status/gather.ts';
import type { Sighting } from '../status/gather.ts';
import { compareNumbers } from '../../model/deployment-number.ts';
import type { Records } from '../status/records.ts';

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
export async function findCode(target: VerifiedDeployment, candidates: readonly NodeAddress[], api: NodeApi): Promise<CodeSource> {
  const { code } = target.deployment;
  if (code === null) throw new GossipError('GOSSIP_E_CODE_ABSENT', 'a removal has no code');
  // The node that takes it is among those that answered, there by the address that it tells: here it is known by one that was reached.
  const nodes = [...Map.groupBy(candidates, ({ id }) => id).values()].flatMap(([first]) => first ?? []);
  for (const node of nodes) {
    const source = codeOnNode(code, node, api);
    const manifest = await source.manifest().catch(() => undefined);
    if (manifest !== undefined) return source;
  }
  const who = nodes.length === 1 ? 'the one node that answered does not have' : `none of the ${nodes.length} nodes that answered has`;
  throw new GossipError('GOSSIP_E_CODE_ABSENT', `${who} ${code.hash} any more`, {
    advice: 'Deploy the code again from where it was built.',
  });
}

/** Guards against a number that was meant for another module. */
export function requireOf(target: VerifiedDeployment, name: string, module: ModuleName | undefined): void {
  if (module === undefined || target.deployment.module === module) return;
  throw new GossipError('GOSSIP_E_DEPLOYMENT_UNKNOWN', `${name} is a deployment of ${target.deployment.module}, not of ${module}`, {
    advice: `List those of it with 'gossip history --module ${module}'.`,
  });
}

/** The deployment of a module that most nodes run now. */
export function runningOf(records: Records, module: ModuleName, sightings: readonly Sighting[]): VerifiedDeployment | undefined {
  const counts = new Map<VerifiedDeployment, number>();
  for (const { modules } of reachable(sightings)) {
    const number = modules.find(({ name }) => name === module)?.number ?? null;
    const record = records.all.find(({ deployment }) => number !== null && compareNumbers(deployment.number, number) === 0);
    if (record !== undefined) counts.set(record, (counts.get(record) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

export interface Left {
  /** The newest deployment before the rollback. */
  readonly before: VerifiedDeployment;
  /** What most nodes ran; `before` may never have run anywhere. */
  readonly running: VerifiedDeployment | undefined;
}

/** What a rollback does not undo, and the way back from it: to what ran. */
export function rollbackRemarks(target: VerifiedDeployment, { before, running }: Left, records: Records, scrub: boolean): string[] {
  return [stateRemark(target, before, records, scrub), wayBack(target, { before, running }, records)];
}

function stateRemark(target: VerifiedDeployment, before: VerifiedDeployment, records: Records, scrub: boolean): string {
  const { module } = target.deployment;
  const name = records.name(target);
  if (before.deployment.code === null)
    return `The state of ${module} went when ${records.name(before)} removed it: ${name} begins with none.`;
  if (scrub) return `The state of ${module} is thrown away on every node; that cannot be undone.`;
  return `State is kept: the code of ${name} must accept what newer code has written. If it cannot, nodes hold; then add --scrub.`;
}

function wayBack(target: VerifiedDeployment, { before, running }: Left, records: Records): string {
  if (before.deployment.code === null) return `Back again: gossip remove ${before.deployment.module}`;
  const last = running ?? before;
  if (last.hash === before.hash) return `Back again: gossip rollback ${records.name(before)}`;
  const never = `${records.name(before)} ran on no node that answered`;
  const isSame = last.deployment.code?.hash === target.deployment.code?.hash;
  return isSame
    ? `${never}: most ran ${records.name(last)} all the time.`
    : `${never}. Back to what most ran: gossip rollback ${records.name(last)}`;
}
