/** What all nodes together know: who answers, and every record of theirs that verifies. Who shows another one is named and left out (attack B18). */
import { GossipError, toGossipError } from '../model/errors.ts';
import type { VerifiedDeployment } from '../model/deployment.ts';
import type { ModuleName, NodeId } from '../model/names.ts';
import type { FailureStatus, NodeStatus } from '../model/status.ts';
import { makeVerifier } from '../trust/deployment.ts';
import type { TrustedRoot } from '../trust/root.ts';
import type { NodeAddress, NodeDoor } from './client.ts';
import type { OperatorCluster } from './clusters.ts';
import { gather, reachable } from './gather.ts';
import type { Sighting } from './gather.ts';
import type { Unasked } from './standing.ts';
import { gatherCluster, knownNodes, nobodyAnswers } from './nodes.ts';
import { Records, REMEMBERED } from './records.ts';

/** A node whose configuration is not believed, and why. */
export interface Disbelieved {
  readonly id: NodeId;
  readonly name: string;
  readonly address: string;
  readonly why: FailureStatus;
}

export interface Survey {
  readonly sightings: readonly Sighting[];
  readonly unasked: Unasked;
  readonly records: Records;
  readonly disbelieved: readonly Disbelieved[];
}

/** Configurations that are fetched when nodes differ; one of each digest, so that the newest is found on whichever side has it. */
const MAX_CONFIGURATIONS = 8;
/** Nodes of one digest that are asked until one answers what verifies. */
const MAX_TRIES = 3;

/** Asks every node that can be found, or with `only` that one alone. */
export async function survey(
  cluster: Pick<OperatorCluster, 'nodes' | 'root'>,
  door: Pick<NodeDoor, 'status' | 'configuration'>,
  only?: NodeAddress,
): Promise<Survey> {
  const known = knownNodes(cluster);
  const { sightings, unasked } =
    only === undefined
      ? await gatherCluster(cluster, door)
      : await gather([only], async (node) => ({ ...(await door.status(node)), peers: [] }));
  if (reachable(sightings).length === 0) throw nobodyAnswers(only === undefined ? known : [only]);
  return { sightings, unasked, ...(await collectRecords(cluster, door, sightings)) };
}

/** Refuses a module that was never deployed. */
export function requireModule(records: Records, module: ModuleName): void {
  if (records.newest(module) !== undefined) return;
  const listed = records.modules.join(', ');
  throw new GossipError('GOSSIP_E_MODULE_UNKNOWN', `no module '${module}' was deployed${listed === '' ? '' : `; there is ${listed}`}`);
}

/** `node3 (10.0.0.3:7946) shows a configuration that does not verify, and was left out: … (GOSSIP_E_SIGNATURE)` */
export function disbeliefText({ name, address, why }: Disbelieved): string {
  return `${name} (${address}) shows a configuration that does not verify, and was left out: ${why.message} (${why.code})`;
}

/** Each answer is verified by itself, so that one liar takes nobody else's records away (law 2). */
async function collectRecords(
  { root }: Pick<OperatorCluster, 'root'>,
  door: Pick<NodeDoor, 'configuration'>,
  sightings: readonly Sighting[],
): Promise<Omit<Survey, 'sightings' | 'unasked'>> {
  const verify = makeVerifier(root, { remember: REMEMBERED });
  const disbelieved: Disbelieved[] = [];
  const believe = async ({ node, status: { name } }: Answered): Promise<readonly VerifiedDeployment[] | null> => {
    // A node may go away between the two questions; the others still tell.
    const envelopes = await door.configuration(node).catch(() => null);
    try {
      return envelopes && envelopes.map(verify);
    } catch (thrown) {
      const { code, message } = toGossipError(thrown);
      disbelieved.push({ id: node.id, name, address: node.address, why: { code, message } });
      return null;
    }
  };
  const answered = answeredOf(sightings);
  const found = await Promise.all(alike(answered, root).map((nodes) => firstBelieved(nodes, believe)));
  const names = new Map(answered.map(({ node, status }) => [node.id, status.name]));
  return { records: Records.of(found.flat(), names), disbelieved };
}

interface Answered {
  readonly node: NodeAddress;
  readonly status: NodeStatus;
}

/** Asked where they answered, whatever address they tell of themselves. */
function answeredOf(sightings: readonly Sighting[]): readonly Answered[] {
  return sightings.flatMap(({ node, answer }) => ('status' in answer ? [{ node, status: answer.status }] : []));
}

/** The nodes of each digest: those that rendezvous nodes or many nodes have first, for a digest is only a claim. */
function alike(answered: readonly Answered[], { root }: TrustedRoot): readonly (readonly Answered[])[] {
  const rendezvous = new Set<NodeId>(root.rendezvous.map(({ id }) => id));
  const byDigest = Map.groupBy(answered, ({ status }) => status.digest);
  const weight = (nodes: readonly Answered[]): number => nodes.length + (nodes.some(({ node }) => rendezvous.has(node.id)) ? 1_000_000 : 0);
  const highest = (nodes: readonly Answered[]): number => Math.max(...nodes.map(({ status }) => status.highestSequence));
  const groups = [...byDigest.values()].sort((a, b) => weight(b) - weight(a) || highest(b) - highest(a));
  return groups.slice(0, MAX_CONFIGURATIONS);
}

async function firstBelieved(
  nodes: readonly Answered[],
  believe: (node: Answered) => Promise<readonly VerifiedDeployment[] | null>,
): Promise<readonly VerifiedDeployment[]> {
  for (const node of nodes.slice(0, MAX_TRIES)) {
    const records = await believe(node);
    if (records !== null) return records;
  }
  return [];
}
