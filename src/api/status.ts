/** What a node answers to `GET /v1/status`: what it is, what it runs, and why not the newest (law 9). */
import * as v from 'valibot';
import type { DeploymentNumber } from '../model/deployment-number.ts';
import type { Failure } from '../model/errors.ts';
import { address, clusterId, contentHash, moduleName, nodeId, payloadHash } from '../model/forms.ts';
import type { Address, ClusterId, ContentHash, ModuleName, NodeId, PayloadHash } from '../model/names.ts';
import { MAX_WORD_LENGTH } from '../trust/own-word.ts';
import { arrivalSchema } from './arrivals.ts';
import type { ArrivalStatus } from './arrivals.ts';
import { parseBody } from './body.ts';
import { proxySchema } from './proxies.ts';
import type { ProxyStatus } from './proxies.ts';
import { sourceSchema } from './join-from.ts';
import type { SourceStatus } from './join-from.ts';
import { ROUTES } from './routes.ts';
import { ageMs, count, failure, failureTold, number, text } from './status-parts.ts';

export interface ModuleStatus {
  readonly name: ModuleName;
  readonly state: 'running' | 'updating' | 'held' | 'failed' | 'stopped';
  /** What the running instance is, by its own report; null when none runs. */
  readonly deployment: string | null;
  readonly number: DeploymentNumber | null;
  readonly code: ContentHash | null;
  readonly version: string | null;
  /** The newest deployment that the node knows. */
  readonly newest: string;
  readonly newestNumber: DeploymentNumber;
  /** Why the node does not run the newest; null when it does. */
  readonly why: Failure | null;
  /** Age of the state. */
  readonly sinceMs: number;
  /** How often an instance of the newest deployment was started again after a failure. */
  readonly restarts: number;
  /** How long the present instance has served and answered its heartbeats without a break; 0 when none runs. Absent in answers of older nodes, as what follows. */
  readonly healthyMs?: number | undefined;
  /** Exchanges of the present instance, asked by it or answered: with a matched answer, and without one. */
  readonly exchanges?: { readonly answered: number; readonly failed: number } | undefined;
  /** Messages that `receive` of the present instance could not answer. */
  readonly errors?: { readonly count: number; readonly last: Failure | null } | undefined;
  /** Age of the last state that could be taken of the present instance (null: none yet), and why the last try gave none. */
  readonly checkpoint?: { readonly ageMs: number | null; readonly error: Failure | null } | undefined;
  /** How old the checkpoint was that the present instance began with, because nothing ran that could hand over; null when it began with live state or with none. */
  readonly restoredFromMs?: number | null | undefined;
  /** Whether the module gossips usefully: matched exchanges with answers. */
  readonly useful: boolean;
  readonly pid: number | null;
  readonly residentBytes: number | null;
  /** Share of one core that the instance's process took of late; null where the system does not count it, absent in answers of older nodes. */
  readonly processor?: number | null | undefined;
  /** Sequence of the module's last scrubbing deployment; 0 when there was none. */
  readonly stateEpoch: number;
  /** The last lines that the module printed. */
  readonly log?: readonly string[] | undefined;
}

export interface PeerStatus {
  readonly id: NodeId;
  readonly name: string;
  readonly address: Address;
  readonly failures: number;
  readonly proven: boolean;
  /** When it last called here, and the digest of its configuration that it showed; absent when it has not called since the start. */
  readonly heard?: { readonly agoMs: number; readonly digest: string } | undefined;
  /** It calls, but does not answer at the address where it says that it listens. */
  readonly uncallable?: boolean | undefined;
  /** How long it has neither called this node nor answered it, where calls to it fail. Absent in answers of older nodes, as what follows. */
  readonly silentMs?: number | undefined;
  /** The farewell that it signed, where it has left. */
  readonly left?: string | undefined;
}

export interface ConnectionsStatus {
  /** That this node has made and keeps. */
  readonly made: number;
  /** Being made, and peers to which one waits for its turn. */
  readonly connecting: number;
  readonly waiting: number;
  /** Own calls that there was no connection for. */
  readonly declined: number;
  /** Peers that are left alone for a while: their handshakes came to nothing. */
  readonly leftAlone: number;
  /** That others have made to this node, handshakes under way included. */
  readonly taken: number;
  readonly handshakes: number;
  /** That were ended before they cost anything, or without an identity. */
  readonly turnedAway: number;
  /** Through which it calls; absent where it has none, and in answers of older nodes. */
  readonly proxies?: readonly ProxyStatus[] | undefined;
}

export interface FreshnessStatus {
  readonly fresh: boolean | null;
  readonly confirmedMs: number | null;
  /** Of each rendezvous node: how long ago it last confirmed it, and what time its newest tip tells, in milliseconds since 1970 by its own clock. */
  readonly tips: readonly { readonly id: NodeId; readonly confirmedMs: number | null; readonly time: number | null }[];
}

/** A program that the node starts for events. */
export interface HandlerStatus {
  /** `EVENTS=PROGRAM` */
  readonly handler: string;
  readonly running: boolean;
  /** Events that wait for it. */
  readonly waiting: number;
  /** Since the start of the node: how often it was started; how often it could not be, ended with another code than 0, or too late; events that no run saw. */
  readonly runs: number;
  readonly failed: number;
  readonly lost: number;
}

export interface NodeStatus {
  readonly cluster: ClusterId;
  readonly epoch: number;
  /** The version of the root that it holds; absent in answers of nodes that know of one only. */
  readonly root?: { readonly version: number; readonly hash: PayloadHash } | undefined;
  /** How many notes about nodes it holds, and their digest; absent in answers of nodes that know of none. */
  readonly notes?: { readonly count: number; readonly digest: string } | undefined;
  readonly id: NodeId;
  readonly name: string;
  readonly address: Address;
  readonly incarnation: number;
  readonly uptimeMs: number;
  /** What its clock says, in milliseconds since 1970. Absent in answers of older nodes. */
  readonly time?: number | undefined;
  /** Length of its gossip round, when it is under no strain. Absent in answers of older nodes. */
  readonly intervalMs?: number | undefined;
  /** The isolation that module hosts achieve here. */
  readonly isolation: string;
  /** Version of the program. */
  readonly version: string;
  readonly digest: string;
  readonly highestSequence: number;
  readonly backup: { readonly rate: 'slow' | 'fast'; readonly why: string };
  readonly rendezvous: boolean;
  readonly modules: readonly ModuleStatus[];
  readonly peers: readonly PeerStatus[];
  /** Whom it speaks with: its active view. Absent in answers of older nodes. */
  readonly view?: readonly NodeId[] | undefined;
  /** `contentBytes`: what code takes, checkouts too; `quotaBytes`: what it may take. */
  readonly disk: { readonly error: Failure | null; readonly contentBytes: number; readonly quotaBytes?: number | undefined };
  /** Why none of the node's own calls gets through, such as a proxy that is down; null while some do. */
  readonly outgoing: { readonly error: Failure | null };
  /** Why others cannot call this node at its address, as they say themselves; null while some can, or nobody has tried. */
  readonly incoming?: { readonly error: Failure | null } | undefined;
  /** Why no member lets this node in, such as a token that has expired; null once one has, and for a node that knows of no other. */
  readonly outside?: Failure | null | undefined;
  /**
   * How much the node itself is behind: from 1 (not at all) to 8, and of what that is made: how late its timers are, how many times as long as it has a processor
   * it waits for one (absent in answers of nodes that do not count that), and how many of its own calls timed out beyond those that were answered. Its rounds are so many times longer. Absent in answers of older nodes, as what follows.
   */
  readonly strain?:
    | { readonly level: number; readonly lateMs: number; readonly waiting?: number | undefined; readonly timeouts: number }
    | undefined;
  /** Resident memory of the host process that waits for the next start; null while there is none. */
  readonly spareHostBytes?: number | null | undefined;
  /** The connections to and from peers, and what came to nothing since the start. */
  readonly connections?: ConnectionsStatus | undefined;
  /**
   * Whether most rendezvous nodes have confirmed within an hour that the node holds what they hold: false is stale; null where there is nobody to say so, or not long
   * enough. `confirmedMs`: how long ago they last did (null: not since the start). Absent in answers of older nodes.
   */
  readonly freshness?: FreshnessStatus | undefined;
  /** Modules that were removed; of these `modules` lists those removed last. */
  readonly removedModules?: number | undefined;
  /** Of each module the last few that came since the start, newest last. Absent in answers of older nodes. */
  readonly arrivals?: readonly ArrivalStatus[] | undefined;
  /** Absent in answers of older nodes. */
  readonly handlers?: readonly HandlerStatus[] | undefined;
  /** Where it looks for addresses of members. Absent in answers of older nodes. */
  readonly joinFrom?: readonly SourceStatus[] | undefined;
  /** What a person must look at: a node that runs twice, a number that was signed twice. */
  readonly alarms: readonly Failure[];
}

/** Most modules and peers that an answer may list. */
const MAX_LINES = 4_096;

const moduleSchema = v.object({
  name: moduleName,
  state: v.picklist(['running', 'updating', 'held', 'failed', 'stopped']),
  deployment: v.nullable(text),
  number: v.nullable(number),
  code: v.nullable(contentHash),
  version: v.nullable(text),
  newest: text,
  newestNumber: number,
  why: failure,
  sinceMs: ageMs,
  restarts: count,
  useful: v.boolean(),
  pid: v.nullable(count),
  residentBytes: v.nullable(count),
  processor: v.optional(v.nullable(v.pipe(v.number(), v.finite(), v.minValue(0)))),
  stateEpoch: count,
  healthyMs: v.optional(ageMs),
  exchanges: v.optional(v.object({ answered: count, failed: count })),
  errors: v.optional(v.object({ count, last: failure })),
  checkpoint: v.optional(v.object({ ageMs: v.nullable(ageMs), error: failure })),
  restoredFromMs: v.optional(v.nullable(ageMs)),
  log: v.optional(v.pipe(v.array(text), v.maxLength(1_000))),
});

/** Open: fields that a newer version of the program adds are ignored. */
const statusSchema = v.object({
  cluster: clusterId,
  epoch: count,
  root: v.optional(v.object({ version: count, hash: payloadHash })),
  notes: v.optional(v.object({ count, digest: text })),
  id: nodeId,
  name: text,
  address,
  incarnation: count,
  uptimeMs: ageMs,
  intervalMs: v.optional(ageMs),
  time: v.optional(count),
  isolation: text,
  version: text,
  digest: text,
  highestSequence: count,
  backup: v.object({ rate: v.picklist(['slow', 'fast']), why: text }),
  rendezvous: v.boolean(),
  modules: v.pipe(v.array(moduleSchema), v.maxLength(MAX_LINES)),
  peers: v.pipe(
    v.array(
      v.object({
        id: nodeId,
        name: text,
        address,
        failures: count,
        proven: v.boolean(),
        heard: v.optional(v.object({ agoMs: ageMs, digest: text })),
        uncallable: v.optional(v.boolean()),
        silentMs: v.optional(ageMs),
        left: v.optional(v.pipe(v.string(), v.maxLength(MAX_WORD_LENGTH))),
      }),
    ),
    v.maxLength(MAX_LINES),
  ),
  view: v.optional(v.pipe(v.array(nodeId), v.maxLength(MAX_LINES))),
  // The quota is absent in answers of older nodes.
  disk: v.object({ error: failure, contentBytes: count, quotaBytes: v.optional(count) }),
  outgoing: v.object({ error: failure }),
  incoming: v.optional(v.object({ error: failure })),
  outside: v.optional(failure),
  strain: v.optional(
    v.object({
      level: v.pipe(v.number(), v.finite(), v.minValue(1)),
      lateMs: ageMs,
      waiting: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0))),
      timeouts: count,
    }),
  ),
  spareHostBytes: v.optional(v.nullable(count)),
  connections: v.optional(
    v.object({
      made: count,
      connecting: count,
      waiting: count,
      declined: count,
      leftAlone: count,
      taken: count,
      handshakes: count,
      turnedAway: count,
      proxies: v.optional(v.pipe(v.array(proxySchema), v.maxLength(64))),
    }),
  ),
  freshness: v.optional(
    v.object({
      fresh: v.nullable(v.boolean()),
      confirmedMs: v.nullable(ageMs),
      tips: v.pipe(v.array(v.object({ id: nodeId, confirmedMs: v.nullable(ageMs), time: v.nullable(count) })), v.maxLength(MAX_LINES)),
    }),
  ),
  removedModules: v.optional(count),
  arrivals: v.optional(v.pipe(v.array(arrivalSchema), v.maxLength(MAX_LINES))),
  handlers: v.optional(
    v.pipe(
      v.array(v.object({ handler: text, running: v.boolean(), waiting: count, runs: count, failed: count, lost: count })),
      v.maxLength(MAX_LINES),
    ),
  ),
  joinFrom: v.optional(v.pipe(v.array(sourceSchema), v.maxLength(64))),
  // Absent in answers of older nodes.
  alarms: v.optional(v.pipe(v.array(failureTold), v.maxLength(MAX_LINES)), []),
});

/** Thousands of modules, each with the last lines that it printed. */
const LIMITS = { maxBytes: ROUTES.status.maxAnswerBytes, maxDepth: 64, maxValues: 2 ** 21 };

export function parseNodeStatus(body: Uint8Array): NodeStatus {
  return parseBody(statusSchema, body, 'status', LIMITS);
}
