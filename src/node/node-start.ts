/** How a node begins: it resumes what its data directory holds, joins by a token, or founds a cluster, but only when that is meant. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isLoopbackListen } from '../core/transport/server/listen.ts';
import { isNodeData } from '../core/store/data-directory.ts';
import { GossipError } from '../model/errors.ts';
import { isNodeName, parseNodeName } from '../model/names.ts';
import type { OneNodeCluster } from '../operator/cluster/one-node-cluster.ts';
import type { Settings } from '../operator/settings/settings.ts';

export interface NodeWishes {
  readonly name: string | undefined;
  readonly data: string | undefined;
  readonly listen: string;
  readonly advertise: string | undefined;
  readonly token: string | undefined;
  /** Whether the root of a cluster was given in the place of a token. */
  readonly isGivenRoot?: boolean;
  /** Found a cluster of this one node, wherever its data lies and wherever it listens. */
  readonly found: boolean;
  /** For the key of a cluster that is founded. */
  readonly passphrase: string | undefined;
}

export interface NodeStart {
  /** Undefined: the node keeps the name it has. */
  readonly name: string | undefined;
  readonly dataDir: string;
  readonly listen: string;
  readonly token: string | undefined;
  /** What was founded for it. */
  readonly founded: OneNodeCluster | null;
}

/** `openSettings` is called only where the settings are needed: a node with a data directory of its own needs no home. */
export async function startOfNode(wishes: NodeWishes, openSettings: () => Promise<Settings>): Promise<NodeStart> {
  const { data, listen, token, isGivenRoot = false } = wishes;
  const name = wishes.name ?? defaultNodeName();
  const dataDir = data ?? (await defaultDirectory(await openSettings(), name));
  if (await isNodeData(dataDir)) return { name: wishes.name, dataDir, listen, token, founded: null };
  if (token !== undefined || isGivenRoot) return { name, dataDir, listen, token, founded: null };
  if (!mayFound(wishes)) throw nothingThere(dataDir);
  const { makeOneNodeCluster } = await import('../operator/cluster/one-node-cluster.ts');
  const founded = await makeOneNodeCluster(await openSettings(), { ...wishes, name, dataDir });
  return { name, dataDir, listen: founded.listen, token: founded.token, founded };
}

/** Where the node of these flags has its data. */
export async function dataDirectoryOf(
  { data, name }: { readonly data?: string | undefined; readonly name?: string | undefined },
  openSettings: () => Settings | Promise<Settings>,
): Promise<string> {
  return data ?? join((await openSettings()).home, 'nodes', name === undefined ? defaultNodeName() : parseNodeName(name));
}

async function defaultDirectory(settings: Settings, name: string): Promise<string> {
  await settings.makeHome();
  return join(settings.home, 'nodes', name);
}

/** A lost disk or a mistyped path must not become a cluster of one that looks healthy: found when asked to, or when nothing at all was said. */
function mayFound({ data, listen, found }: NodeWishes): boolean {
  return found || (data === undefined && isLoopbackListen(listen));
}

function nothingThere(dataDir: string): GossipError {
  return new GossipError('GOSSIP_E_NO_CLUSTER', `there is no node in ${dataDir} yet, and no cluster that it should join`, {
    advice:
      "Join one: --join TOKEN, which 'gossip cluster join-token' prints, or --root FILE, if an operator lets it in by its id; or begin a new cluster of this one node: --found.",
  });
}

/** A node's name made of the machine's; `node` when that has no usable letters. */
export function defaultNodeName(): string {
  const name = (hostname().toLowerCase().split('.')[0] ?? '')
    .replace(/[^a-z0-9-]/g, '')
    .replace(/^-+/, '')
    .slice(0, 63);
  return isNodeName(name) ? name : 'node';
}
