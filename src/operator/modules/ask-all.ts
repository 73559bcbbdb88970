/** One request to a module of every node that can be found: who answered what, and who did not, and why (law 9). */
import type { Gossip } from '../../client/index.ts';
import { formatDuration } from '../../model/duration.ts';
import { failureOf, GossipError } from '../../model/errors.ts';
import type { Failure } from '../../model/errors.ts';
import type { ModuleName } from '../../model/names.ts';
import type { Json } from '../../sdk/json.ts';
import type { NodeAddress } from '../client/client.ts';
import type { Gathered, Sighting } from '../status/gather.ts';

/** Nodes that are asked at a time: each may need a handshake. */
const WIDTH = 16;
/** Of one node: more than it takes for the slowest update and the slowest answer. */
const NODE_MS = 30_000;

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
  readonly request: Json;
  /** For all nodes together; those that were not asked by then have failed. */
  readonly timeoutMs: number;
  readonly gather: (signal: AbortSignal) => Promise<Gathered>;
  readonly reach: (node: NodeAddress) => Gossip;
}

export async function askAll({ module, request, timeoutMs, gather, reach }: AskAllOptions): Promise<AllAsked> {
  const until = performance.now() + timeoutMs;
  const { sightings } = await gather(AbortSignal.timeout(timeoutMs));
  const [asked, elsewhere, gone] = sorted(sightings, module);
  const one = async ({ node, answer }: Sighting): Promise<AskedNode> => {
    const leftMs = Math.ceil(Math.min(NODE_MS, until - performance.now()));
    if ('error' in answer) return { ...identityOf(node), error: failureOf(answer.error) };
    if (leftMs <= 0) return { ...identityOf(node), error: late(timeoutMs) };
    return { ...identityOf(node), ...(await askOne(reach(node), module, request, leftMs)) };
  };
  const nodes = (await inTurn(asked, one)).toSorted(byName);
  const failed = nodes.filter((each) => 'error' in each).length;
  return { module, answered: nodes.length - failed, failed, nodes, elsewhere: elsewhere.map(toIdentity), gone: gone.map(toIdentity) };
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
  throw new SomeFailed('GOSSIP_E_SOME_FAILED', `${failed} of ${nodes.length} nodes did not answer`, all);
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
  request: Json,
  timeoutMs: number,
): Promise<{ readonly answer: Json } | { readonly bytes: string } | { readonly error: Failure }> {
  try {
    const answer = await gossip.module(module).request(request, { timeoutMs });
    return answer instanceof Uint8Array ? { bytes: Buffer.from(answer).toString('base64') } : { answer };
  } catch (thrown) {
    return { error: failureOf(thrown) };
  } finally {
    gossip.close();
  }
}

/** Those that should answer; those that may not run the module; those of which nothing is expected. */
function sorted(sightings: readonly Sighting[], module: ModuleName): readonly [Sighting[], Sighting[], Sighting[]] {
  const groups: [Sighting[], Sighting[], Sighting[]] = [[], [], []];
  for (const sighting of sightings) {
    const { answer, belief } = sighting;
    if ('status' in answer) groups[answer.status.modules.some(({ name, state }) => name === module && state === 'stopped') ? 1 : 0].push(sighting);
    else groups[belief === 'gone' || belief === 'hearsay' ? 2 : 0].push(sighting);
  }
  return groups;
}

async function inTurn<Item, Result>(items: readonly Item[], act: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  const rest = items.values();
  const work = async (): Promise<void> => {
    for (const item of rest) results.push(await act(item));
  };
  await Promise.all(Array.from({ length: WIDTH }, work));
  return results;
}

function late(timeoutMs: number): Failure {
  return { code: 'GOSSIP_E_TIMEOUT', message: `not asked any more: ${formatDuration(timeoutMs)} were over` };
}

function identityOf({ name, id, address }: NodeAddress): Identity {
  return { name: name === '' ? address : name, id };
}

function toIdentity({ node }: Sighting): Identity {
  return identityOf(node);
}

function byName(a: Identity, b: Identity): number {
  return a.name.localeCompare(b.name, 'en', { numeric: true }) || (a.id < b.id ? -1 : 1);
}
