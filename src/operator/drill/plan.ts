/** What a drill would break, and why it must not be held: the rules that come before it. */
import { dirname } from 'node:path';
import { isLoopback } from '../../core/transport/address.ts';
import { Lab } from '../../lab/lab.ts';
import { splitAddress } from '../../model/address.ts';
import { GossipError } from '../../model/errors.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { ModuleName, NodeId } from '../../model/names.ts';
import { roleOf } from '../../trust/root.ts';
import type { OperatorCluster } from '../cluster/clusters.ts';
import { currentOf } from '../deploy/current.ts';
import { reachable } from '../status/gather.ts';
import { problemsOf } from '../status/problems.ts';
import type { ProblemKind } from '../status/problems.ts';
import { viewOf } from '../status/status.ts';
import type { Survey } from '../status/survey.ts';
import { brokenModules } from './drill-record.ts';

/** A module that is to be broken. */
export interface Target {
  readonly module: ModuleName;
  /** What runs, and comes back. */
  readonly before: VerifiedDeployment;
  /** `d3` */
  readonly name: string;
  /** Nodes that run it. */
  readonly nodes: ReadonlySet<NodeId>;
}

/** They say nothing of whether the cluster can be healed: a slow machine, a program for events. */
const BEARABLE: ReadonlySet<ProblemKind> = new Set(['strain', 'lost-events']);
const NAMED = 3;

/** The modules that run, or `only` that one; refuses unless all is well, for what is broken already would be taken for the drill's doing, and hides whether it healed. */
export function planDrill(cluster: OperatorCluster, seen: Survey, only: ModuleName | undefined): readonly Target[] {
  const { records, sightings } = seen;
  const broken = brokenModules(records);
  if (broken.length > 0) {
    const names = broken.map(({ module }) => module).join(', ');
    throw new GossipError('GOSSIP_E_DRILL', `a drill is under way, or was not ended: it has broken ${names}`, {
      advice: "End it first: 'gossip drill --heal' brings back what ran before.",
    });
  }
  const problems = problemsOf(viewOf(cluster, seen)).filter(({ kind }) => !BEARABLE.has(kind));
  if (problems.length > 0) {
    const more = problems.length > NAMED ? `; and ${problems.length - NAMED} more` : '';
    const told = problems.slice(0, NAMED).map(({ text }) => text);
    throw new GossipError('GOSSIP_E_DRILL', `'${cluster.name}' is not well: ${told.join('; ')}${more}. Nothing was broken`);
  }
  const wanted = only === undefined ? records.modules.filter((module) => isDeployed(records.newest(module))) : [only];
  const targets = wanted.map((module): Target => {
    const before = currentOf(records, module);
    const running = reachable(sightings).filter(({ modules }) => modules.some(({ name, state }) => name === module && state !== 'stopped'));
    return { module, before, name: records.name(before), nodes: new Set(running.map(({ id }) => id)) };
  });
  const drilled = targets.filter(({ nodes }) => nodes.size > 0);
  if (drilled.length > 0) return drilled;
  throw new GossipError('GOSSIP_E_DRILL', `no node runs ${only ?? 'a module'}: there is nothing to break`, {
    advice: "Deploy one first, such as 'gossip deploy --module membership --wait'.",
  });
}

function isDeployed(record: VerifiedDeployment | undefined): boolean {
  return record !== undefined && record.deployment.code !== null;
}

/** A drill breaks and heals with one key: who needs others to sign would stand there with a broken cluster. */
export function requireSoleSigner({ name, root }: Pick<OperatorCluster, 'name' | 'root'>): void {
  const { threshold } = roleOf(root.root, 'deploy');
  if (threshold === 1) return;
  throw new GossipError(
    'GOSSIP_E_THRESHOLD',
    `${threshold} keys must sign each deployment of '${name}', and a drill signs with one: it could not be healed`,
    {
      advice: 'Hold the drill in a lab.',
    },
  );
}

/** Whether the cluster is a lab that lies in this home, by its files and by the signed root: all rendezvous nodes on loopback, and among the nodes of the lab. */
export async function isOwnLab({ name, directory, root: { root } }: OperatorCluster): Promise<boolean> {
  if (root.rendezvous.length === 0 || !root.rendezvous.every(({ address }) => isLoopback(splitAddress(address).host))) return false;
  const lab = await Lab.open(dirname(directory)).catch(() => null);
  if (lab === null || lab.cluster !== name) return false;
  const nodes = new Set<string>(lab.nodes.map(({ id }) => id));
  return root.rendezvous.every(({ id }) => nodes.has(id));
}

/** @throws GOSSIP_E_UNCONFIRMED where it is no lab and nobody said that it may be broken */
export function requireMayBreak({ name }: Pick<OperatorCluster, 'name'>, isLab: boolean, yesBreakEverything: boolean): void {
  if (isLab || yesBreakEverything) return;
  throw new GossipError(
    'GOSSIP_E_UNCONFIRMED',
    `'${name}' is no lab of this home: a drill there breaks what others use; nothing was broken`,
    {
      advice: "Try it in a lab first ('gossip lab up'). To break this cluster all the same, give --yes-break-everything.",
    },
  );
}
