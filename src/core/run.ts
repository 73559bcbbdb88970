/** Runs a node: opens its data directory, puts the parts together, and takes them apart again. */
import { splitAddress } from '../model/address.ts';
import type { Address, ModuleName, NodeId, Peer } from '../model/names.ts';
import type { ConnectionsStatus } from '../api/status.ts';
import { connectionsStatus } from './connections-status.ts';
import type { GossipNode } from '../gossip/node.ts';
import type { Failure } from '../gossip/protocol.ts';
import { Trust } from '../trust/trust.ts';
import { Acceptance } from './admission/acceptance.ts';
import { Barring } from './admission/barring.ts';
import { enroll } from './admission/enrollment.ts';
import { systemClock } from './adapters/clock.ts';
import { CodeServer } from './api/code-serve.ts';
import { Core } from './core.ts';
import { DoorBell, openDoor } from './door/open.ts';
import type { DoorPlaces, DoorWishes } from './door/open.ts';
import { ModuleService } from './door/service.ts';
import { EventHandlers } from './event-handlers/handlers.ts';
import type { HandlerWish } from './event-handlers/wish.ts';
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
import type { LogLevel } from '../model/log-level.ts';
import type { Logger } from './log/log.ts';
import type { Introductions, Members } from './admission/members.ts';
import { stopNode } from './stop.ts';
import { AddressSearch } from './peers/address-search.ts';
import { nodeIdentity } from './admission/node-identity.ts';
import { movedFrom, nodeStatus } from './node-status.ts';
import { PeerCalls } from './peers/peer-calls.ts';
import { Reachability } from './peers/reachability.ts';
import { RefusalLog } from './admission/refusal-log.ts';
import { Warrants } from './admission/warrants.ts';
import { restoreHints, restoreMembers, restoreRecords } from './restore.ts';
import { openDataDirectory } from './store/data-directory.ts';
import type { DataDirectory } from './store/data-directory.ts';
import { isLoopback } from './transport/address.ts';
import type { Direct } from './transport/client/direct.ts';
import { PeerClient } from './transport/client/client.ts';
import { PeerServer } from './transport/server/server.ts';
import { askRendezvous } from './peers/ask-rendezvous.ts';

export interface RunOptions {
  /** The node's name; kept in its data directory. Default: the first 12 digits of its id. */
  readonly name?: string;
  readonly dataDir: string;
  /** `host:port`; port 0 chooses a free one. */
  readonly listen: string;
  /** The address that peers are told, when it differs from `listen`. */
  readonly advertise?: string;
  /** Join token; needed once. */
  readonly token?: string;
  /** `http://host:port` of an HTTP CONNECT proxy for everything outgoing but what is `direct`. */
  readonly proxy?: string;
  readonly direct?: Direct;
  /** Where nodes of the cluster are to be found, beside what the root and the data directory say. */
  readonly peers?: readonly Address[];
  /** One gossip round, in milliseconds. */
  readonly intervalMs: number;
  readonly modules: 'all' | readonly string[];
  /** Whether a host process waits for the next start of a module. Default true. */
  readonly spareHost?: boolean;
  readonly logLevel: LogLevel;
  readonly logFormat: 'json' | 'pretty';
  /** The door for applications; by default a socket in the data directory. */
  readonly door?: DoorWishes;
  /** Programs that are started for events; checked before. */
  readonly handlers?: readonly HandlerWish[];
  /** Bound of the code kept on disk, in bytes. */
  readonly quotaBytes?: number;
  readonly onReady?: (info: ReadyInfo) => void;
}

export interface ReadyInfo {
  readonly name: string;
  readonly id: NodeId;
  readonly address: Address;
  readonly cluster: string;
  /** Where applications find it. */
  readonly door: DoorPlaces;
}

export interface RunningNode {
  /** Last checkpoints, connections drained, everything closed; within 5 s. */
  stop(): Promise<void>;
}

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
  const enrollment = await enroll(data.cluster, { id: identity.id, token: options.token, name: options.name, now: systemClock.wall() });
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
    proxy: options.proxy,
    direct: options.direct,
    addresses: { allowLoopback: isLoopback(listen.host) },
    strain,
    isBarred: barring.isBarred,
    onLost: (id) => lost(id),
  });
  const callerCheck = new CallerCheck();
  const server = new PeerServer();
  try {
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
    const introductions = { members, own: () => ({ admission: enrollment.admission, name: self.name, address: self.address }) };
    const reachability = new Reachability(log);
    const acceptance = new Acceptance(self.address, log, () => systemClock.forward());
    const calls = new PeerCalls(client, introductions, reachability, acceptance);
    const handlers = new EventHandlers({ wishes: options.handlers ?? [], self, strain, log });
    const bell = new DoorBell(self.id, data.incarnation, handlers);
    const { core, service } = await openCore({
      options,
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
      bell,
    });
    strained = core.node;
    lost = (id) => core.handle({ type: 'peer-lost', id });
    const addressSearch = new AddressSearch(options.peers ?? [], {
      identify: (address) => client.identify(address),
      greet: (peer, timeoutMs) => calls.greet(peer, timeoutMs),
      met: (peer) => core.handle({ type: 'peer-met', peer }),
      self: self.id,
      log,
    });
    const door = await openDoor(options.door ?? {}, { dataDir: data.dir, service, strain, log }).catch(async (error: unknown) => {
      await stopNode({ core, server, client, members, addressSearch, data, log, handlers });
      throw error;
    });
    const { socket, address } = door;
    handlers.begin({ socket, modules: core.node.moduleViews(systemClock.forward()).map(({ name }) => name) });
    options.onReady?.({ name: self.name, id: self.id, address: self.address, cluster: enrollment.root.cluster, door: { socket, address } });
    return { stop: once(() => stopNode({ core, server, client, members, addressSearch, data, log, handlers, door })) };
  } catch (error) {
    await server.close({ graceMs: 0 });
    await client.close();
    throw error;
  }
}

interface CoreParts {
  readonly options: RunOptions;
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
  readonly bell: DoorBell;
}

/** Restores what was on disk, starts the protocol, and lets callers in. */
async function openCore({
  options,
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
  connections,
  bell,
}: CoreParts): Promise<{ readonly core: Core; readonly service: ModuleService }> {
  const { verify } = trust;
  let lost: Failure | null = null;
  const records = await restoreRecords(data, trust, log, (alarm) => (lost = alarm), barring.notes);
  const core: Core = new Core({
    self,
    incarnation: data.incarnation,
    rendezvous: trust.root.root.rendezvous,
    runs: (module) => options.modules === 'all' || options.modules.includes(module),
    records,
    hints: await restoreHints(data),
    intervalMs: options.intervalMs,
    sparesHost: options.spareHost ?? true,
    data,
    calls,
    trust,
    notes: barring.notes,
    part: barring.part,
    clock: systemClock,
    log,
    audience: bell,
    uses: bell.uses(() => core),
  });
  const injection = new Injection({ store: data.content, verify, core });
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
        clock: systemClock,
        data,
        reachability,
        acceptance,
        connections,
        handlers: () => bell.handlers.status(),
        moved,
        lost,
      },
      only,
    );
  core.start({ alsoKeep: () => injection.announced() });
  const service = new ModuleService(bell, core, () => systemClock.forward());
  const refusals = new RefusalLog(log, () => systemClock.forward());
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
      refusals,
      logs: new LogServer({
        book: core.logs,
        knows: (module) => core.node.records().some(({ deployment }) => deployment.module === module),
      }),
    }),
  );
  data.journal.append({ event: 'started', incarnation: data.incarnation, version: VERSION });
  log.info({ id: self.id, address: self.address, incarnation: data.incarnation, isolation }, 'ready');
  return { core, service };
}

function once(action: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return () => (done ??= action());
}
