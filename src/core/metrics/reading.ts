/** What the families are read from: taken once for all of them, of what is in memory anyway. */
import type { ModuleStatus, NodeStatus } from '../../api/status.ts';
import type { ModuleView } from '../../gossip/protocol.ts';
import type { Work } from '../../gossip/work.ts';
import type { RequestCounts } from '../adapters/request-counts.ts';
import type { Traffic } from '../adapters/traffic.ts';
import type { Core } from '../core.ts';
import type { PeerClient } from '../transport/client/client.ts';
import type { ServerCounts } from '../transport/server/server.ts';
import type { ModuleSpread, Spread } from './spread.ts';

/** Modules that are told one by one, the first by their names: a scrape stays small however many were deployed. */
export const MAX_MODULES_TOLD = 256;

/** One module as its families see it. */
export interface ModuleReading {
  readonly status: ModuleStatus;
  readonly isBroken: boolean;
  readonly stateBytes: number | undefined;
  readonly requests: RequestCounts | undefined;
  readonly spread: ModuleSpread | undefined;
}

export interface Reading {
  readonly status: NodeStatus;
  readonly work: Work;
  readonly traffic: Traffic;
  readonly spread: Spread;
  readonly client: PeerClient['connecting'];
  readonly server: ServerCounts;
  /** In the order of their names. */
  readonly modules: readonly ModuleReading[];
  /** How many there are beside those. */
  readonly omitted: number;
}

export interface Sources {
  readonly core: Pick<Core, 'node' | 'hosts' | 'stateSizes'>;
  readonly status: () => NodeStatus;
  readonly client: Pick<PeerClient, 'connecting'>;
  readonly server: { readonly counts: ServerCounts };
  /** Milliseconds of a clock that only runs forward. */
  readonly now: () => number;
}

export function takeReading({ core, status, client, server, now }: Sources, traffic: Traffic, spread: Spread): Reading {
  const told = status();
  const { modules: views, work } = core.node.view(now());
  const viewOf = new Map<string, ModuleView>(views.map((view) => [view.name, view]));
  const modules = told.modules.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return {
    status: told,
    work,
    traffic,
    spread,
    client: client.connecting,
    server: server.counts,
    modules: modules.slice(0, MAX_MODULES_TOLD).map((module) => ({
      status: module,
      isBroken: viewOf.get(module.name)?.isBroken ?? false,
      stateBytes: core.stateSizes.get(module.name),
      requests: core.hosts.requests.get(module.name),
      spread: spread.of(module.name),
    })),
    omitted: Math.max(0, modules.length - MAX_MODULES_TOLD),
  };
}
