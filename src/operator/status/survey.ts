/**
 * What all nodes together know: who answers, and every record of theirs that verifies. A node that shows one that does not is named and
 * left out (attack B18).
 */
import { GossipError, toGossipError } from '../../model/errors.ts';
import type { ErrorCode, Failure } from '../../model/errors.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { ModuleName, NodeId } from '../../model/names.ts';
import type { NodeStatus } from '../../api/status.ts';
import { digestOf } from '../../gossip/digest.ts';
import type { NodeAddress, NodeApi } from '../client/client.ts';
import type { OperatorCluster } from '../cluster/clusters.ts';
import { inSlices } from '../../trust/slices.ts';
import { gather, reachable } from './gather.ts';
import type { GatherOptions, Sample, Sighting } from './gather.ts';
import type { Unasked } from './standing.ts';
import { gatherCluster, knownNodes, nobodyAnswers } from '../client/nodes.ts';
import { Records, verifierOf } from './records.ts';

/** A node whose configuration is not believed, and why. */
export interface Disbelieved {
  readonly id: NodeId;
  readonly name: string;
  readonly address: string;
  readonly why: Failure;
}

export interface Survey {
  readonly sightings: readonly Sighting[];
  readonly unasked: Unasked;
  readonly sample?: Sample;
  readonly records: Records;
  readonly disbelieved: readonly Disbelieved[];
}

/** How many are asked, and who is told how far it is. */
export type SurveyOptions = Pick<GatherOptions, 'sampling' | 'everybody' | 'onAsked' | 'signal'>;

/** Why a node shows nothing, as against something bad. */
const SILENT: ReadonlySet<string> = new Set<ErrorCode>(['GOSSIP_E_TIMEOUT', 'GOSSIP_E_UNREACHABLE', 'GOSSIP_E_BUSY', 'GOSSIP_E_TOO_LARGE']);
/** Configurations that are fetched when nodes differ; one of each digest, so that the newest is found on whichever side has it. */
const MAX_CONFIGURATIONS = 8;
/** Nodes of one digest that are asked until one shows what the digest stands for. */
const MAX_TRIES = 8;
/** The next of them is asked when nothing has come for so long. */
const NEXT_MS = 1_000;
/** Nobody waits longer for others once somebody has shown a whole configuration. */
const PATIENCE_MS = 3_000;

/** Asks every node that can be found, or with `only` that one alone. */
export async function survey(
  cluster: Pick<OperatorCluster, 'nodes' | 'root'>,
  api: Pick<NodeApi, 'status' | 'configuration'>,
  only?: NodeAddress,
  asking: SurveyOptions = {},
): Promise<Survey> {
  const known = knownNodes(cluster);
  const { sightings, ...rest } =
    only === undefined
      ? await gatherCluster(cluster, api, asking)
      : await gather([only], async (node) => ({ ...(await api.status(node)), peers: [] }));
  if (reachable(sightings).length === 0) throw only === undefined ? nobodyAnswers(known) : whyNot(sightings, only);
  return { sightings, ...rest, ...(await collectRecords(cluster, api, sightings)) };
}

/** Of one node alone the reason can be told. */
function whyNot([sighting]: readonly Sighting[], only: NodeAddress): GossipError {
  return sighting !== undefined && 'error' in sighting.answer ? sighting.answer.error : nobodyAnswers([only]);
}

/** Refuses a module that was never deployed. */
export function requireModule(records: Records, module: ModuleName): void {
  if (records.newest(module) !== undefined) return;
  const listed = records.modules.join(', ');
  throw new GossipError('GOSSIP_E_MODULE_UNKNOWN', `no module '${module}' was deployed${listed === '' ? '' : `; there is ${listed}`}`);
}

/** `node3 (10.0.0.3:7946) shows a configuration that does not verify, and was left out: … (GOSSIP_E_SIGNATURE)` */
export function disbeliefText({ name, address, why }: Disbelieved): string {
  const shows = SILENT.has(why.code) ? 'does not show its configuration' : 'shows a configuration that does not verify';
  return `${name} (${address}) ${shows}, and was left out: ${why.message} (${why.code})`;
}

/** Each answer is verified by itself, so that one liar takes nobody else's records away (law 2). */
async function collectRecords(
  cluster: Pick<OperatorCluster, 'nodes' | 'root'>,
  api: Pick<NodeApi, 'configuration'>,
  sightings: readonly Sighting[],
): Promise<Pick<Survey, 'records' | 'disbelieved'>> {
  const answered = answeredOf(sightings);
  const verify = verifierOf(cluster.root);
  const groups = alike(answered, cluster).map((nodes) => new Group(nodes, api, verify));
  await enough(groups);
  const names = new Map(answered.map(({ node, status }) => [node.id, status.name]));
  return {
    records: Records.of(groups.flatMap(({ records }) => records).flat(), names),
    disbelieved: groups.flatMap((group) => group.disbelieved()),
  };
}

interface Answered {
  readonly node: NodeAddress;
  readonly status: NodeStatus;
}

/** Asked where they answered, whatever address they tell of themselves. */
function answeredOf(sightings: readonly Sighting[]): readonly Answered[] {
  return sightings.flatMap(({ node, answer }) => ('status' in answer ? [{ node, status: answer.status }] : []));
}

/** The nodes of each digest: those that rendezvous nodes or many nodes have first, for a digest is only a claim. In each the best known come first. */
function alike(answered: readonly Answered[], { nodes, root }: Pick<OperatorCluster, 'nodes' | 'root'>): readonly (readonly Answered[])[] {
  const rendezvous = new Set<NodeId>(root.root.rendezvous.map(({ id }) => id));
  const own = new Set<NodeId>(nodes.map(({ id }) => id));
  const standing = ({ node }: Answered): number => (rendezvous.has(node.id) ? 2 : Number(own.has(node.id)));
  const weight = (group: readonly Answered[]): number => group.length + (group.some((node) => standing(node) === 2) ? 1_000_000 : 0);
  const highest = (group: readonly Answered[]): number => Math.max(...group.map(({ status }) => status.highestSequence));
  const groups = [...Map.groupBy(answered, ({ status }) => status.digest).values()];
  const heaviest = groups.sort((a, b) => weight(b) - weight(a) || highest(b) - highest(a)).slice(0, MAX_CONFIGURATIONS);
  return heaviest.map((group) => group.toSorted((a, b) => standing(b) - standing(a)));
}

/** Until all groups have shown what they have; once one has, the others hold nobody up for long (attack B18). */
async function enough(groups: readonly Group[]): Promise<void> {
  let patience: NodeJS.Timeout | undefined;
  let isOut = (): void => undefined;
  const late = new Promise<void>((resolve) => (isOut = resolve));
  const done = groups.map(async (group) => {
    await group.ask();
    if (!group.isShown) return;
    clearTimeout(patience);
    patience = setTimeout(isOut, PATIENCE_MS);
  });
  await Promise.race([Promise.all(done), late]);
  clearTimeout(patience);
  for (const group of groups) group.end();
}

/** Nodes that claim the same digest. Whoever shows less than the digest says, or nothing for a while, does not stand for the others. */
class Group {
  readonly records: (readonly VerifiedDeployment[])[] = [];
  readonly #nodes: readonly Answered[];
  readonly #api: Pick<NodeApi, 'configuration'>;
  readonly #verify: (envelope: unknown) => VerifiedDeployment;
  readonly #liars: Disbelieved[] = [];
  readonly #failed: Disbelieved[] = [];
  #timer: NodeJS.Timeout | undefined;
  #ended = false;
  /** Somebody showed all that the digest stands for. */
  isShown = false;

  constructor(nodes: readonly Answered[], api: Pick<NodeApi, 'configuration'>, verify: (envelope: unknown) => VerifiedDeployment) {
    this.#nodes = nodes.slice(0, MAX_TRIES);
    this.#api = api;
    this.#verify = verify;
  }

  /** One after the other, and the next one too when nothing has come for a moment. */
  async ask(): Promise<void> {
    const asked: Promise<void>[] = [];
    const shown = Promise.withResolvers<void>();
    for (const node of this.#nodes) {
      const asking = this.#look(node).then(() => void (this.isShown && shown.resolve()));
      asked.push(asking);
      await Promise.race([asking, shown.promise, this.#moment()]);
      clearTimeout(this.#timer);
      if (this.isShown || this.#ended) return;
    }
    await Promise.race([Promise.all(asked), shown.promise]);
  }

  /** Asks nobody else. */
  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  /** Who lied; and where nobody showed anything, who was asked first and why there is nothing (law 9). */
  disbelieved(): readonly Disbelieved[] {
    const [first] = this.#nodes;
    if (this.records.length > 0 || this.#liars.length > 0 || first === undefined) return this.#liars;
    const [failure] = this.#failed;
    return [failure ?? doubt(first, new GossipError('GOSSIP_E_TIMEOUT', 'it did not answer in time'))];
  }

  #moment(): Promise<void> {
    return new Promise((resolve) => (this.#timer = setTimeout(resolve, NEXT_MS)));
  }

  async #look(node: Answered): Promise<void> {
    const envelopes = await this.#api.configuration(node.node).catch((thrown: unknown) => toGossipError(thrown));
    if (envelopes instanceof GossipError) {
      this.#failed.push(doubt(node, envelopes));
      return;
    }
    try {
      const records = await inSlices(envelopes, this.#verify);
      this.records.push(records);
      const { root, digest } = node.status;
      // From its second version on the root is part of the digest.
      const changed = root !== undefined && root.version > 1 ? [root.hash] : [];
      this.isShown ||= digestOf([...records.map(({ hash }) => hash), ...changed]) === digest;
    } catch (thrown) {
      this.#liars.push(doubt(node, toGossipError(thrown)));
    }
  }
}

function doubt({ node: { id, address }, status: { name } }: Answered, { code, message }: GossipError): Disbelieved {
  return { id, name, address, why: { code, message } };
}
