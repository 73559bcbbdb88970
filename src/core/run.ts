/** Runs a node: opens its data directory, puts the parts together, and takes them apart again. */
import { splitAddress } from '../model/address.ts';
import type { ModuleName, NodeId, Peer } from '../model/names.ts';
import type { ConnectionsStatus, NodeStatus } from '../api/status.ts';
import { connectionsStatus } from './connections-status.ts';
import type { GossipNode } from '../gossip/node.ts';
import type { Failure } from '../gossip/protocol.ts';
import { Trust } from '../trust/trust.ts';
import { wordsOf } from '../trust/words.ts';
import { Acceptance } from './admission/acceptance.ts';
import { Barring } from './admission/barring.ts';
import { enroll } from './admission/enrollment.ts';
import { systemClock } from './adapters/clock.ts';
import { Changes, heedWishes } from './changes.ts';
import { CodeServer } from './api/code-serve.ts';
import { Core } from './core.ts';
import { DoorBell, openDoor } from './door/open.ts';
import { ModuleService } from './door/service.ts';
import { EventHandlers } from './event-handlers/handlers.ts';
import { Handlers } from './api/handlers.ts';
import { LogServer } from './api/log-serve.ts';
import { CallerCheck } from './api/caller-check.ts';
import { VERSION } from './hosting/sandbox/build.ts';
import { bestIsolation } from './hosting/sandbox/isolation.ts';
import { Injection } from './api/injection.ts';
import { OperatorCalls } from './api/operator-calls.ts';
import { StateServer } from './api/state-serve.ts';
import { advertisedAddress, parseListen } from './transport/server/listen.ts';
import { makeLogger } from './log/log.ts';
import { proxyNotes } from './log/proxy-notes.ts';
import type { Logger } from './log/log.ts';
import type { Introductions, Members } from './admission/members.ts';
import type { Metrics } from './metrics/metrics.ts';
import { audienceOf, openMetrics } from './metrics/open.ts';
import { once, stopNode } from './stop.ts';
import { PeerSearch } from './discovery/peer-search.ts';
import { nodeIdentity } from './admission/node-identity.ts';
import { movedFrom, nodeStatus } from './node-status.ts';
import { PeerCalls } from './peers/peer-calls.ts';
import { Reachability } from './peers/reachability.ts';
import { RefusalLog } from './admission/refusal-log.ts';
import { Warrants } from './admission/warrants.ts';
import { restoreHints, restoreMembers, restoreRecords } from './restore.ts';
import { clearLeave, isLeaveWished } from './store/leave-wish.ts';
import { clearLevel } from './store/level-wish.ts';
import type { RunningNode, RunOptions } from './run-options.ts';
import { openDataDirectory } from './store/data-directory.ts';
import type { DataDirectory } from './store/data-directory.ts';
import { lifeOf } from './life.ts';
import { isLoopback } from './transport/address.ts';
import { PeerClient } from './transport/client/client.ts';
import { PeerServer } from './transport/server/server.ts';
import { askRendezvous } from './peers/ask-rendezvous.ts';

export type { Changeable, ReadyInfo, RunningNode, RunOptions } from './run-options.ts';

/** Resolves when the node takes part; rejects with a GossipError, and leaves nothing open, when it cannot. */
export async function runNode(options: RunOptions): Promise<RunningNode> {
  const data = await openDataDirectory(options.dataDir, options.quotaBytes === undefined ? {} : { quotaBytes: options.quotaBytes });
  try {
    return await startNode(options, data);
  } catch (error) {
    await data.close();
    throw error;
  }
}

async function startNode(options: RunOptions, data: DataDirectory): Promise<RunningNode> {
  const identity = await nodeIdentity(data.dir);
  clearLeave(data.dir);
  clearLevel(data.dir);
  const { token, root, name } = options;
  const enrollment = await enroll(data.cluster, { id: identity.id, token, root, name, now: systemClock.wall() });
  const trust = new Trust(enrollment.root);
  const barring = new Barring(identity.id);
  const log = makeLogger({ level: options.logLevel, format: options.logFormat, name: enrollment.name, keep: data.logs });
  if (!data.keepsNames)
    log.warn(`the file system of ${data.dir} cannot sync directories: what was just written may be gone after a power cut`);
  const listen = parseListen(options.listen);
  // law 10: known once the protocol runs
  let strained: Pick<GossipNode, 'strain'> | null = null;
  const strain = (): number => strained?.strain ?? 1;
  let lost = (_id: NodeId): void => {};
  // attack B9: only a node that itself listens on loopback may be told to call there
  const client = new PeerClient({
    identity,
    proxies: options.proxies,
    direct: options.direct,
    addresses: { allowLoopback: isLoopback(listen.host) },
    strain,
    isBarred: barring.isBarred,
    onLost: (id) => lost(id),
    onProxy: proxyNotes(log),
  });
  const callerCheck = new CallerCheck();
  const server = new PeerServer();
  let metrics: Metrics | null = null;
  try {
    metrics = await openMetrics(options.metrics, { name: enrollment.name, clock: systemClock, log });
    const members: Members = await restoreMembers(data, trust, identity.id, {
      log,
      notes: barring.notes,
      vouched: (id) => askRendezvous(calls, trust.root.root.rendezvous, id),
    });
    barring.ends.push(server, client);
    const check = callerCheck.options(members, new Warrants(trust));
    const bound = await server.listen({ identity, ...listen, log, strain, refusal: barring.refusal, ...check });
    const self: Peer = {
      id: identity.id,
      name: enrollment.name,
      address: advertisedAddress(splitAddress(bound.address), options.advertise),
    };
    const { admission } = enrollment;
    const noted = (): { note?: unknown } => (admission === null ? { note: barring.notes.admission(self.id)?.envelope } : {});
    const introductions = { members, own: () => ({ admission, ...noted(), name: self.name, address: self.address }) };
    const reachability = new Reachability(log);
    const acceptance = new Acceptance(self.address, log, () => systemClock.forward());
    const calls = new PeerCalls(client, introductions, reachability, acceptance);
    const search = new PeerSearch(options, { self, client, calls, log });
    const changes = new Changes(options);
    const handlers = new EventHandlers({ wishes: options.handlers ?? [], self, strain, log });
    const bell = new DoorBell(self.id, data.incarnation, handlers);
    const { core, service, status } = await openCore({
      options,
      changes,
      data,
      trust,
      barring,
      log,
      self,
      calls,
      reachability,
      acceptance,
      introductions,
      callerCheck,
      connections: () => connectionsStatus(client, server),
      search,
      bell,
      metrics,
      words: wordsOf(enrollment.root.cluster, data.incarnation, identity.key, () => systemClock.wall()),
    });
    strained = core.node;
    lost = (id) => core.handle({ type: 'peer-lost', id });
    search.begin(core);
    const door = await openDoor(options.door ?? {}, { dataDir: data.dir, service, strain, log }).catch(async (error: unknown) => {
      await stopNode({ core, server, client, members, search, data, log, handlers, metrics });
      throw error;
    });
    metrics?.begin({ core, status, client, server, now: () => systemClock.forward() });
    handlers.begin({ socket: door.socket, modules: core.node.moduleViews(systemClock.forward()).map((module) => module.name) });
    options.onReady?.({
      name: self.name,
      id: self.id,
      address: self.address,
      cluster: enrollment.root.cluster,
      door: { socket: door.socket, address: door.address },
      metrics: metrics?.place ?? null,
    });
    const stop = (): Promise<void> => {
      const goodbye = changes.leavesOnStop || isLeaveWished(data.dir);
      return stopNode({ core, server, client, members, search, data, log, handlers, door, metrics, goodbye });
    };
    const changed = { core, data, handlers, search, metrics, wayOut: client.wayOut, log };
    return {
      stop: once(stop),
      log,
      change: (wishes) => changes.take(wishes, changed),
      heed: () => heedWishes(changed),
      life: () => lifeOf(core.node, systemClock.forward()),
    };
  } catch (error) {
    await metrics?.close();
    await server.close({ graceMs: 0 });
    await client.close();
    throw error;
  }
}

interface CoreParts {
  readonly options: RunOptions;
  readonly changes: Changes;
  readonly data: DataDirectory;
  readonly trust: Trust;
  readonly barring: Barring;
  readonly log: Logger;
  readonly self: Peer;
  readonly calls: PeerCalls;
  readonly reachability: Reachability;
  readonly acceptance: Acceptance;
  readonly introductions: Introductions;
  readonly callerCheck: CallerCheck;
  readonly connections: () => ConnectionsStatus;
  readonly search: PeerSearch;
  readonly bell: DoorBell;
  readonly metrics: Metrics | null;
  readonly words: ReturnType<typeof wordsOf>;
}

interface OpenCore {
  readonly core: Core;
  readonly service: ModuleService;
  readonly status: () => NodeStatus;
}

/** Restores what was on disk, starts the protocol, and lets callers in. */
async function openCore(parts: CoreParts): Promise<OpenCore> {
  const {
    options,
    changes,
    data,
    trust,
    barring,
    log,
    self,
    reachability,
    acceptance,
    introductions,
    callerCheck,
    connections,
    search,
    bell,
    metrics,
    words,
  } = parts;
  let lost: Failure | null = null;
  const records = await restoreRecords(data, trust, log, (alarm) => (lost = alarm), barring.notes);
  const core: Core = new Core({
    self,
    incarnation: data.incarnation,
    rendezvous: trust.root.root.rendezvous,
    runs: changes.runs,
    records,
    hints: await restoreHints(data),
    intervalMs: options.intervalMs,
    sparesHost: options.spareHost ?? true,
    data,
    calls: parts.calls,
    inspection: options.inspection,
    trust,
    notes: barring.notes,
    part: barring.part,
    words,
    clock: systemClock,
    log,
    audience: audienceOf(bell, metrics),
    traffic: metrics?.traffic,
    uses: bell.uses(() => core),
  });
  const injection = new Injection({ store: data.content, trust, core });
  const startedAt = systemClock.forward();
  const { level: isolation } = await bestIsolation();
  const moved = () => movedFrom(trust.root.root, self);
  const first = moved();
  if (first) log.warn({ code: first.code }, first.message);
  const status = (only?: ModuleName) =>
    nodeStatus(
      {
        core,
        trust,
        self,
        isolation,
        version: VERSION,
        startedAt,
        intervalMs: options.intervalMs,
        clock: systemClock,
        data,
        reachability,
        acceptance,
        connections,
        handlers: () => bell.handlers.status(),
        joinFrom: () => search.status(),
        moved,
        lost,
      },
      only,
    );
  core.start({ alsoKeep: () => injection.announced() });
  const service = new ModuleService(bell, core, () => systemClock.forward());
  callerCheck.open(
    new Handlers({
      core,
      introductions,
      injection,
      code: new CodeServer(data.content, core.incoming, undefined, core.pieces),
      operators: new OperatorCalls(service),
      states: new StateServer(core, log),
      trust,
      status,
      refusals: new RefusalLog(log, () => systemClock.forward()),
      traffic: metrics?.traffic,
      logs: new LogServer({
        book: core.logs,
        knows: (module) => core.node.records().some(({ deployment }) => deployment.module === module),
      }),
    }),
  );
  data.journal.append({ event: 'started', incarnation: data.incarnation, version: VERSION });
  log.info({ id: self.id, address: self.address, incarnation: data.incarnation, isolation }, 'ready');
  return { core, service, status };
}
