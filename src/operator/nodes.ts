/** Finds the node that an operator names, and one to talk to when none is named. */
import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { formatAddress } from '../model/address.ts';
import { GossipError } from '../model/errors.ts';
import { isAddress } from '../model/names.ts';
import type { Address } from '../model/names.ts';
import type { NodeAddress, NodeDoor } from './client.ts';
import type { OperatorCluster } from './clusters.ts';
import { gather, reachable } from './gather.ts';

/** `host:port`; the host is looked up when it is no IP address. */
const HOST_AND_PORT = /^([a-z0-9.-]{1,253}):(\d{1,5})$/i;
/** A node's id may be shortened to this many digits. */
const SHORT_ID = /^[0-9a-f]{8,64}$/;

/** The nodes that are known without asking anybody: of the settings and of the root, each once. */
export function knownNodes(cluster: Pick<OperatorCluster, 'nodes' | 'root'>): readonly NodeAddress[] {
  const nodes = new Map<string, NodeAddress>();
  for (const node of [...cluster.root.root.rendezvous, ...cluster.nodes]) nodes.set(node.id, node);
  return [...nodes.values()];
}

/** The node named `text`: a name, an id (or 8 digits of it), or host:port. */
export async function findNode(
  text: string,
  cluster: Pick<OperatorCluster, 'nodes' | 'root'>,
  door: NodeDoor,
  resolve: Resolve = lookupAll,
): Promise<NodeAddress> {
  const known = knownNodes(cluster);
  const near = matching(text, known);
  if (near !== undefined) return near;
  const addresses = await addressesOf(text, resolve);
  if (addresses !== undefined) return firstThatAnswers(addresses, door);
  const sightings = await gather(known, (node) => door.status(node));
  const far = matching(
    text,
    sightings.map(({ node }) => node),
  );
  if (far !== undefined) return far;
  if (reachable(sightings).length === 0) throw nobodyAnswers(known);
  throw new GossipError('GOSSIP_E_NODE_UNKNOWN', `no node is called '${text}'`);
}

/** A node that answers, a rendezvous node if there is one: where commands go that need any node. */
export async function anyNode(cluster: Pick<OperatorCluster, 'nodes' | 'root'>, door: NodeDoor): Promise<NodeAddress> {
  const { rendezvous } = cluster.root.root;
  const node = (await firstOf(rendezvous, door)) ?? (await firstOf(knownNodes(cluster), door));
  if (node !== undefined) return node;
  throw nobodyAnswers(knownNodes(cluster));
}

/** Asks all at once, so that frozen nodes cost their deadline together; takes the first in the order of the list. */
async function firstOf(nodes: readonly NodeAddress[], door: NodeDoor): Promise<NodeAddress | undefined> {
  const answers = nodes.map((node) =>
    door.status(node).then(
      () => true,
      () => false,
    ),
  );
  for (const [index, answer] of answers.entries()) if (await answer) return nodes[index];
  return undefined;
}

export function nobodyAnswers(known: readonly NodeAddress[]): GossipError {
  const names = known.map(({ name, address }) => name || address);
  const listed = names.length > 6 ? `${names.slice(0, 6).join(', ')} and ${names.length - 6} more` : names.join(', ');
  return new GossipError('GOSSIP_E_UNREACHABLE', `no node answers; asked ${listed || 'nobody'}`);
}

function matching(text: string, nodes: readonly NodeAddress[]): NodeAddress | undefined {
  const named = nodes.filter(({ name }) => name === text);
  if (named.length > 1) throw ambiguous(text, named);
  if (named[0] !== undefined) return named[0];
  const listening = nodes.find(({ address }) => address === text);
  if (listening !== undefined || !SHORT_ID.test(text)) return listening;
  const identified = nodes.filter(({ id }) => id.startsWith(text));
  if (identified.length > 1) throw ambiguous(text, identified);
  return identified[0];
}

function ambiguous(text: string, nodes: readonly NodeAddress[]): GossipError {
  const listed = nodes.map(({ id, address }) => `${id.slice(0, 12)} at ${address}`).join(', ');
  return new GossipError('GOSSIP_E_NODE_UNKNOWN', `several nodes are called '${text}': ${listed}`, {
    advice: 'Name it by its id or its address.',
  });
}

/** All addresses of a host. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

/** A name may stand for several addresses, such as `localhost` for ::1 and 127.0.0.1, and the node listens at one of them. */
async function firstThatAnswers([address, ...others]: readonly [Address, ...Address[]], door: NodeDoor): Promise<NodeAddress> {
  try {
    return await door.identify(address);
  } catch (error) {
    const [next, ...rest] = others;
    if (next === undefined) throw error;
    // Of several that fail, the first reason is the one to show: the others are usually the same.
    return firstThatAnswers([next, ...rest], door).catch(() => {
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
