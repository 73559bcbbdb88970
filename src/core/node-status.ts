/** What this node says of itself: what runs, by the running instances' own reports, and why not the newest (law 9). */
import type { Failure, ModuleView } from '../gossip/protocol.ts';
import { deploymentName } from '../model/deployment.ts';
import type { ModuleName, Peer } from '../model/names.ts';
import type { FreshnessView } from '../gossip/freshness.ts';
import type { SourceStatus } from '../api/join-from.ts';
import type { ConnectionsStatus, FreshnessStatus, HandlerStatus, ModuleStatus, NodeStatus } from '../api/status.ts';
import type { Root } from '../trust/root.ts';
import type { Trust } from '../trust/trust.ts';
import type { Acceptance } from './admission/acceptance.ts';
import type { Clock } from './adapters/clock.ts';
import type { Core } from './core.ts';
import type { ModuleHost } from './hosting/host.ts';
import type { Reachability } from './peers/reachability.ts';
import type { DataDirectory } from './store/data-directory.ts';

export interface NodeStatusOptions {
  readonly core: Core;
  readonly trust: Trust;
  readonly self: Peer;
  readonly isolation: string;
  readonly version: string;
  readonly clock: Clock;
  readonly startedAt: number;
  readonly intervalMs: number;
  readonly data: Pick<DataDirectory, 'content' | 'quotaBytes' | 'incarnation'>;
  readonly reachability: Pick<Reachability, 'trouble'>;
  readonly acceptance: Pick<Acceptance, 'incoming' | 'outside'>;
  readonly connections: () => ConnectionsStatus;
  readonly handlers: () => readonly HandlerStatus[];
  readonly joinFrom: () => readonly SourceStatus[];
  /** That the root names another address for this node. */
  readonly moved: () => Failure | null;
  /** That nothing was left of the configuration on disk. */
  readonly lost: Failure | null;
}

/** With `only` of that module alone, without peers, alarms and what it printed: what a rollout asks of a hundred nodes again and again. */
export function nodeStatus(options: NodeStatusOptions, only?: ModuleName): NodeStatus {
  const { core, self, clock } = options;
  const { root } = options.trust;
  const now = clock.forward();
  const isWhole = only === undefined;
  const view = core.node.view(now);
  return {
    cluster: root.cluster,
    epoch: root.root.epoch,
    root: { version: root.root.version, hash: root.hash },
    notes: { count: core.node.notes.size, digest: core.node.notes.digest },
    ...self,
    incarnation: options.data.incarnation,
    uptimeMs: Math.round(now - options.startedAt),
    intervalMs: options.intervalMs,
    time: clock.wall(),
    isolation: options.isolation,
    version: options.version,
    digest: view.digest,
    highestSequence: core.node.highestSequence(),
    backup: view.backup,
    rendezvous: root.root.rendezvous.some((node) => node.id === self.id),
    modules: isWhole
      ? view.modules.map((module) => ({ ...moduleStatus(core, module, now), ...logOf(core, module) }))
      : view.modules.filter(({ name }) => name === only).map((module) => moduleStatus(core, module, now)),
    removedModules: view.removedModules,
    arrivals: core.arrivals.status(now, only),
    peers: isWhole ? view.hints : [],
    view: view.view,
    disk: {
      error: core.diskError,
      contentBytes: options.data.content.usedBytes,
      quotaBytes: options.data.quotaBytes,
    },
    outgoing: { error: options.reachability.trouble },
    incoming: { error: options.acceptance.incoming },
    outside: options.acceptance.outside,
    strain: view.strain,
    freshness: freshnessStatus(view.freshness, now),
    spareHostBytes: core.spareHost.residentBytes,
    connections: options.connections(),
    handlers: isWhole ? options.handlers() : [],
    joinFrom: isWhole ? options.joinFrom() : [],
    alarms: isWhole ? [...view.alarms, ...[options.moved() ?? []].flat(), ...lostAlarm(options)] : [],
  };
}

function freshnessStatus({ fresh, confirmedAt, tips }: FreshnessView, now: number): FreshnessStatus {
  const age = (at: number | null): number | null => (at === null ? null : Math.max(0, Math.round(now - at)));
  return { fresh, confirmedMs: age(confirmedAt), tips: tips.map(({ id, confirmedAt: at, time }) => ({ id, confirmedMs: age(at), time })) };
}

/** Until somebody brings records again, or something is deployed. */
function lostAlarm({ lost, core }: NodeStatusOptions): Failure[] {
  return lost !== null && core.node.records().length === 0 ? [lost] : [];
}

function moduleStatus(core: Core, view: ModuleView, now: number): ModuleStatus {
  const host = core.hosts.host(view.name, view.generation);
  const running = host ? view.running : null;
  return {
    name: view.name,
    state: view.state,
    deployment: running && deploymentName(running.deployment),
    number: running?.deployment.number ?? null,
    code: running?.deployment.code?.hash ?? null,
    version: running?.deployment.code?.version ?? null,
    newest: deploymentName(view.newest.deployment),
    newestNumber: view.newest.deployment.number,
    why: view.why,
    sinceMs: Math.max(0, Math.round(now - view.since)),
    restarts: view.restarts,
    useful: view.useful,
    ...healthOf(view, host, now),
    pid: host?.pid ?? null,
    residentBytes: host?.residentBytes ?? null,
    processor: host?.processor ?? null,
    stateEpoch: view.stateEpoch === null ? 0 : (core.node.configuration.get(view.stateEpoch)?.deployment.number.sequence ?? 0),
  };
}

/** The last lines that it printed. */
function logOf(core: Core, { name, generation }: ModuleView): Pick<ModuleStatus, 'log'> {
  const host = core.hosts.host(name, generation);
  return host === undefined ? {} : { log: host.logTail().slice(-20) };
}

/** What the present instance does; a heartbeat that is awaited still counts for nothing. */
function healthOf({ health }: ModuleView, host: ModuleHost | undefined, now: number): Partial<ModuleStatus> {
  if (health === null || host === undefined) return { healthyMs: 0 };
  const { since, exchanges, errors, checkpoint, restoredFromMs } = health;
  return {
    healthyMs: Math.max(0, Math.round(now - since - host.silentMs)),
    exchanges,
    errors,
    checkpoint: { ageMs: checkpoint.at === null ? null : Math.max(0, Math.round(now - checkpoint.at)), error: checkpoint.error },
    restoredFromMs,
  };
}

/** Whether the root, which newcomers have in their tokens, sends them elsewhere than to this node. */
export function movedFrom({ rendezvous }: Root, self: Peer): Failure | null {
  const named = rendezvous.find(({ id }) => id === self.id);
  if (named === undefined || named.address === self.address) return null;
  const message = `the root says that ${self.name} is at ${named.address}, but it is at ${self.address}: new nodes look for it in vain`;
  return { code: 'GOSSIP_E_MOVED', message };
}
