/** One request to a module of every node that can be found: who answered what, and who did not, and why (law 9). */
import type { Gossip } from '../../client/index.ts';
import { formatDuration } from '../../model/duration.ts';
import { failureOf, GossipError } from '../../model/errors.ts';
import type { Failure } from '../../model/errors.ts';
import type { NodeStatus } from '../../api/status.ts';
import type { ModuleName, NodeId } from '../../model/names.ts';
import type { Json } from '../../sdk/json.ts';
import type { NodeAddress } from '../client/client.ts';
import type { Gathered, Sighting } from '../status/gather.ts';

/** Nodes that are asked at a time: each may need a handshake. */
const WIDTH = 16;
/** Of one node: more than it takes for the slowest update and the slowest answer. */
const NODE_MS = 30_000;
const SILENT: Failure = { code: 'GOSSIP_E_TIMEOUT', message: 'it did not answer in time' };

interface Identity {
  readonly name: string;
  readonly id: string;
}

export type AskedNode = Identity & ({ readonly answer: Json } | { readonly bytes: string } | { readonly error: Failure });

export interface AllAsked {
  readonly module: ModuleName;
  /** How many of `nodes` answered, and how many did not. */
  readonly answered: number;
  readonly failed: number;
  readonly nodes: readonly AskedNode[];
  /** Nodes that may not run the module. */
  readonly elsewhere: readonly Identity[];
  /** Nodes that have been gone for long, and those that are known by hearsay alone: nothing is expected of them. */
  readonly gone: readonly Identity[];
}

export interface AskAllOptions {
  readonly module: ModuleName;
  readonly request: Json | Uint8Array;
  /** For all nodes together; those that have not answered by then have failed. */
  readonly timeoutMs: number;
  /** Finds all nodes, and tells of each that is there as soon as it is found. */
  readonly gather: (signal: AbortSignal, onFound: (node: NodeAddress, status: NodeStatus) => void) => Promise<Gathered>;
  readonly reach: (node: NodeAddress) => Gossip;
  /** What a node's refusal means to the operator. */
  readonly explained?: (thrown: unknown) => unknown;
}

/** Whoever is found is asked at once, so that nodes which are frozen take no time of the others. */
export async function askAll({
  module,
  request,
  timeoutMs,
  gather,
  reach,
  explained = (thrown) => thrown,
}: AskAllOptions): Promise<AllAsked> {
  const until = performance.now() + timeoutMs;
  const turns = new Turns();
  const asking = new Map<NodeId, Promise<AskedNode>>();
  const ask = async (node: NodeAddress): Promise<AskedNode> => {
    const leftMs = Math.ceil(Math.min(NODE_MS, until - performance.now()));
    if (leftMs <= 0) return { ...identityOf(node), error: late(timeoutMs) };
    const asked = askOne(reach(node), module, request, leftMs).catch((thrown: unknown) => ({ error: failureOf(explained(thrown)) }));
    return { ...identityOf(node), ...(await asked) };
  };
  const elsewhere = new Map<NodeId, Identity>();
  const { sightings } = await gather(AbortSignal.timeout(timeoutMs), (found, status) => {
    const node = { ...found, name: status.name };
    if (asking.has(node.id) || elsewhere.has(node.id)) return;
    if (mayNotRun(status, module)) elsewhere.set(node.id, identityOf(node));
    else
      asking.set(
        node.id,
        turns.take(() => ask(node)),
      );
  });
  const silent = sightings.filter(({ node }) => !asking.has(node.id) && !elsewhere.has(node.id));
  const [expected, gone] = [silent.filter(isExpected), silent.filter((sighting) => !isExpected(sighting))];
  const nodes = [...(await Promise.all(asking.values())), ...expected.map(unasked)].toSorted(byName);
  const failed = nodes.filter((each) => 'error' in each).length;
  return {
    module,
    answered: nodes.length - failed,
    failed,
    nodes,
    elsewhere: [...elsewhere.values()].toSorted(byName),
    gone: gone.map(({ node }) => identityOf(node)),
  };
}

/** Throws where not all answered: with their own code where all refused in the same way. */
export function requireAll(all: AllAsked): void {
  const { module, nodes, answered, failed } = all;
  const [first] = nodes;
  if (first === undefined) throw new SomeFailed('GOSSIP_E_MODULE_ABSENT', `${module} runs on none of the nodes that answered`, all);
  if (failed === 0) return;
  const errors = nodes.flatMap((each) => ('error' in each ? [each.error] : []));
  const [error] = errors;
  if (error !== undefined && answered === 0 && errors.every(({ code }) => code === error.code)) {
    throw new SomeFailed(error.code, nodes.length === 1 ? error.message : `all ${nodes.length} nodes: ${error.message}`, all);
  }
  throw new SomeFailed('GOSSIP_E_SOME_FAILED', `${failed} of ${nodes.length} nodes failed`, all);
}

/** What was answered all the same stands beside it. */
class SomeFailed extends GossipError {
  readonly json: AllAsked;
  constructor(code: Failure['code'], message: string, json: AllAsked) {
    super(code, message);
    this.json = json;
  }
}

async function askOne(
  gossip: Gossip,
  module: ModuleName,
  request: Json | Uint8Array,
  timeoutMs: number,
): Promise<{ readonly answer: Json } | { readonly bytes: string }> {
  try {
    const answer = await gossip.module(module).request(request, { timeoutMs });
    return answer instanceof Uint8Array ? { bytes: Buffer.from(answer).toString('base64') } : { answer };
  } finally {
    gossip.close();
  }
}

/** A stopped module is at rest: it was not chosen to run there. */
function mayNotRun({ modules }: NodeStatus, module: ModuleName): boolean {
  return modules.some(({ name, state }) => name === module && state === 'stopped');
}

function isExpected({ belief }: Sighting): boolean {
  return belief !== 'gone' && belief !== 'left' && belief !== 'hearsay';
}

function unasked({ node, answer }: Sighting): AskedNode {
  return { ...identityOf(node), error: 'error' in answer ? failureOf(answer.error) : SILENT };
}

class Turns {
  #free = WIDTH;
  readonly #waiting: (() => void)[] = [];

  async take<Result>(act: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await act();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}

function late(timeoutMs: number): Failure {
  return { code: 'GOSSIP_E_TIMEOUT', message: `not asked any more: ${formatDuration(timeoutMs)} were over` };
}

function identityOf({ name, id, address }: NodeAddress): Identity {
  return { name: name === '' ? address : name, id };
}

function byName(a: Identity, b: Identity): number {
  return a.name.localeCompare(b.name, 'en', { numeric: true }) || (a.id < b.id ? -1 : 1);
}
