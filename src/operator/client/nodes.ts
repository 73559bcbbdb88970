/** Finds the node that an operator names, and one to talk to when none is named. */
import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { formatAddress } from '../../model/address.ts';
import { GossipError, toGossipError } from '../../model/errors.ts';
import { isAddress } from '../../model/names.ts';
import type { Address } from '../../model/names.ts';
import type { NodeStatus } from '../../api/status.ts';
import type { NodeAddress, NodeApi } from './client.ts';
import type { NotesRead } from './node-api.ts';
import { PATIENCE } from './client-limits.ts';
import { byText, isForgotten, notedNodes, revokedError } from './heard.ts';
import { isOverdue } from './connection-error.ts';
import type { OperatorCluster } from '../cluster/clusters.ts';
import { readFarewell as readFarewellOf } from '../../trust/farewell.ts';
import { gather, reachable } from '../status/gather.ts';
import type { Gathered, GatherOptions, Sighting } from '../status/gather.ts';
import { namesOf } from '../render/names.ts';

/** `host:port`; the host is looked up when it is no IP address. */
const HOST_AND_PORT = /^([a-z0-9.-]{1,253}):(\d{1,5})$/i;
/** A node's id may be shortened to this many digits. */
const SHORT_ID = /^[0-9a-f]{8,64}$/;
const TOO_SHORT_ID = /^[0-9a-f]{1,7}$/;

/** The nodes that are known without asking anybody: of the settings and of the root, each once. */
export function knownNodes(cluster: Pick<OperatorCluster, 'nodes' | 'root'>): readonly NodeAddress[] {
  const nodes = new Map<string, NodeAddress>();
  for (const node of [...cluster.root.root.rendezvous, ...cluster.nodes]) nodes.set(node.id, node);
  return [...nodes.values()];
}

/**
 * Everybody who can be found, from the operator's own nodes on. Where nobody answers and somebody is there all the same, as on machines that have
 * too much to do, they are asked once more and waited for longer: to say that nobody answers would be wrong (law 9).
 */
export async function gatherCluster(
  { nodes, root }: Pick<OperatorCluster, 'nodes' | 'root'>,
  api: Pick<NodeApi, 'status' | 'notes'>,
  options: Pick<GatherOptions, 'sampling' | 'everybody' | 'onAsked' | 'signal' | 'quietMs'> & {
    readonly first?: readonly NodeAddress[];
  } = {},
): Promise<Gathered> {
  const { rendezvous } = root.root;
  const readFarewell = (line: string) => readFarewellOf(root.cluster, line);
  const { first = [], ...how } = options;
  const seeds = [...first, ...nodes, ...rendezvous];
  const asked = { ...how, rendezvous: new Set(rendezvous.map(({ id }) => id)), readFarewell };
  const gathered = await gather(seeds, (node) => api.status(node), asked);
  if (options.signal?.aborted || !gathered.sightings.every(({ answer }) => 'error' in answer)) return withoutGone(gathered, api);
  if (!gathered.sightings.some(({ answer }) => 'error' in answer && isOverdue(answer.error))) return gathered;
  return gather(seeds, (node) => api.status(node, { patient: true }), { ...asked, patience: PATIENCE });
}

/** Whom operators have revoked or forgotten is not missed: nobody waits for it. One that answers is shown as it is. */
async function withoutGone(gathered: Gathered, api: Pick<NodeApi, 'notes'>): Promise<Gathered> {
  const { sightings, waiting = [] } = gathered;
  if (waiting.length === 0 && sightings.every(({ answer }) => 'status' in answer)) return gathered;
  const book = await notesKnown(sightings, api);
  if (book === undefined) return gathered;
  const statuses = reachable(sightings);
  const isGone = (id: NodeAddress['id']): boolean => book.revocation(id) !== undefined || isForgotten(id, book, statuses);
  return {
    ...gathered,
    sightings: sightings.filter(({ node, answer }) => 'status' in answer || !isGone(node.id)),
    waiting: waiting.filter(({ id }) => !isGone(id)),
  };
}

/** The notes that one of those who answered holds; undefined where none is, or they cannot be had: then more is shown and not less. */
async function notesKnown(sightings: readonly Sighting[], api: Pick<NodeApi, 'notes'>): Promise<NotesRead | undefined> {
  const knowing = sightings.find(({ answer }) => 'status' in answer && (answer.status.notes?.count ?? 0) > 0);
  return knowing === undefined ? undefined : api.notes?.(knowing.node).catch(() => undefined);
}

/** The node named `text`: a name, an id (or 8 digits of it), or host:port; at the address where it answers now. */
export async function findNode(
  text: string,
  cluster: Pick<OperatorCluster, 'nodes' | 'root'>,
  api: NodeApi,
  resolve: Resolve = lookupAll,
): Promise<NodeAddress> {
  const known = knownNodes(cluster);
  const [near, ...twins] = matching(text, known);
  // What the operator noted may be outdated: a node may have moved, or its name may have gone to another.
  if (near !== undefined && twins.length === 0 && (await answers(near, api))) return near;
  const addresses = near === undefined ? await addressesOf(text, resolve) : undefined;
  if (addresses !== undefined) return firstThatAnswers(addresses, api);
  const { sightings } = await gatherCluster(cluster, api);
  const seen = matching(
    text,
    sightings.map(({ node }) => node),
  );
  const living = matching(text, answeredAt(sightings));
  const found = living.length > 0 ? living : seen;
  if (found.length > 1) throw ambiguous(text, found);
  if (found[0] !== undefined) return found[0];
  if (reachable(sightings).length === 0) throw nobodyAnswers(known);
  throw (await decidedOf(text, sightings, api)) ?? unknownNode(text);
}

/** `advice`: where nobody need know the node. */
export function unknownNode(text: string, advice?: string): GossipError {
  const isShort = TOO_SHORT_ID.test(text);
  const message = isShort ? `no node is called '${text}', and of an id at least 8 digits are needed` : `no node is called '${text}'`;
  const told = isShort ? "Give more digits of the id: 'gossip nodes --json' lists whole ones." : advice;
  return new GossipError('GOSSIP_E_NODE_UNKNOWN', message, told === undefined ? {} : { advice: told });
}

/** Why a node does not answer that operators have revoked or forgotten; null for one that no note names. */
async function decidedOf(text: string, sightings: readonly Sighting[], api: Pick<NodeApi, 'notes'>): Promise<GossipError | null> {
  const book = await notesKnown(sightings, api);
  const [node, twin] = matching(text, book === undefined ? [] : notedNodes(book));
  if (book === undefined || node === undefined || (twin !== undefined && twin.id !== node.id)) return null;
  const revocation = book.revocation(node.id);
  if (revocation !== undefined) return revokedError(node, revocation);
  const forgotten = book.notes.find(({ note }) => note.kind === 'forget' && note.subject === node.id);
  if (forgotten === undefined) return null;
  return new GossipError('GOSSIP_E_NODE_UNKNOWN', `${text} was forgotten ${byText(forgotten)}, and has called nobody since`, {
    advice: 'Start it: it is back as soon as it calls another node.',
  });
}

function answeredAt(sightings: readonly Sighting[]): readonly NodeAddress[] {
  return sightings.flatMap(({ node, answer }) => ('status' in answer ? [node] : []));
}

interface Asked {
  readonly patient?: boolean;
  readonly onFailure?: (error: GossipError) => void;
  readonly onStatus?: (status: NodeStatus) => void;
}

async function answers(node: NodeAddress, api: NodeApi, { patient = false, onFailure, onStatus }: Asked = {}): Promise<boolean> {
  try {
    const status = await api.status(node, { patient });
    onStatus?.(status);
    return true;
  } catch (thrown) {
    onFailure?.(toGossipError(thrown));
    return false;
  }
}

/** A node that answers, a rendezvous node if there is one: where commands go that need any node. Those that are there and late are waited for last. */
export async function anyNode(cluster: Pick<OperatorCluster, 'nodes' | 'root'>, api: NodeApi): Promise<NodeAddress> {
  const known = knownNodes(cluster);
  const overdue = new Set<NodeAddress>();
  const outside = new Set<NodeAddress>();
  const ask = (node: NodeAddress): Promise<boolean> =>
    answers(node, api, {
      onFailure: (error) => void (isOverdue(error) && overdue.add(node)),
      onStatus: (status) => void (status.outside && outside.add(node)),
    }).then((answered) => answered && !outside.has(node));
  const node =
    (await firstOf(cluster.root.root.rendezvous, ask)) ??
    (await firstOf(known, ask)) ??
    (await firstOf([...overdue], (late) => answers(late, api, { patient: true }))) ??
    // What enters at one that no other lets in goes no further; but of some things any node can tell.
    [...outside][0];
  if (node !== undefined) return node;
  throw nobodyAnswers(known);
}

/** Asks all at once, so that frozen nodes cost their deadline together; takes the first in the order of the list. */
async function firstOf(nodes: readonly NodeAddress[], ask: (node: NodeAddress) => Promise<boolean>): Promise<NodeAddress | undefined> {
  const asked = nodes.map(ask);
  for (const [index, answer] of asked.entries()) if (await answer) return nodes[index];
  return undefined;
}

export function nobodyAnswers(known: readonly NodeAddress[]): GossipError {
  const listed = namesOf(known);
  return new GossipError('GOSSIP_E_UNREACHABLE', `no node answers; asked ${listed || 'nobody'}`, {
    advice: "Check that nodes run and can be reached. Where all have moved, name one by its address, once: 'gossip status IP:PORT'.",
  });
}

/** Those of that name; else the one at that address, or those whose id begins so. */
export function matching(text: string, nodes: readonly NodeAddress[]): readonly NodeAddress[] {
  const named = nodes.filter(({ name }) => name === text);
  if (named.length > 0) return named;
  const listening = nodes.filter(({ address }) => address === text);
  if (listening.length > 0 || !SHORT_ID.test(text)) return listening;
  return nodes.filter(({ id }) => id.startsWith(text));
}

export function ambiguous(text: string, nodes: readonly NodeAddress[]): GossipError {
  const listed = nodes.map(({ id, address }) => `${id.slice(0, 12)} at ${address}`).join(', ');
  return new GossipError('GOSSIP_E_NODE_UNKNOWN', `several nodes are called '${text}': ${listed}`, {
    advice: 'Name it by its id or its address.',
  });
}

/** All addresses of a host. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

/** A name may stand for several addresses, such as `localhost` for ::1 and 127.0.0.1, and the node listens at one of them. */
async function firstThatAnswers([address, ...others]: readonly [Address, ...Address[]], api: NodeApi): Promise<NodeAddress> {
  try {
    return await api.identify(address);
  } catch (error) {
    const [next, ...rest] = others;
    if (next === undefined) throw error;
    // Of several that fail, the first reason is the one to show: the others are usually the same.
    return firstThatAnswers([next, ...rest], api).catch(() => {
      throw error;
    });
  }
}

/** Every address of `host:port`; undefined when the text is of another form. */
async function addressesOf(text: string, resolve: Resolve): Promise<readonly [Address, ...Address[]] | undefined> {
  if (isAddress(text)) return [text];
  const [, host, port] = HOST_AND_PORT.exec(text) ?? [];
  if (host === undefined) return undefined;
  const found = await resolve(host).catch((cause: unknown) => {
    throw new GossipError('GOSSIP_E_UNREACHABLE', `there is no host '${host}'`, { cause });
  });
  const [first, ...others] = found.map((one) => formatAddress(one.address, Number(port)));
  if (first === undefined) throw new GossipError('GOSSIP_E_UNREACHABLE', `there is no host '${host}'`);
  return [first, ...others];
}

function lookupAll(host: string): Promise<LookupAddress[]> {
  return lookup(host, { all: true });
}
