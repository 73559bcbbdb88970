/** How a node is run, and what whoever runs it is told. */
import type { Address, ModuleName, NodeId } from '../model/names.ts';
import type { LogLevel } from '../model/log-level.ts';
import type { TrustedRoot } from '../trust/root.ts';
import type { SourceWish } from './discovery/wish.ts';
import type { DoorPlaces, DoorWishes } from './door/open.ts';
import type { HandlerWish } from './event-handlers/wish.ts';
import type { InspectionOf } from './hosting/inspection.ts';
import type { Life } from './life.ts';
import type { Logger } from './log/log.ts';
import type { MetricsWish } from './metrics/wish.ts';
import type { Direct } from './transport/client/direct.ts';

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
  /** The root of the cluster, in the place of a token: operators let the node in by its id. Needed once. */
  readonly root?: TrustedRoot;
  /** `http://host:port` of HTTP CONNECT proxies for everything outgoing but what is `direct`: the first that works. */
  readonly proxies?: readonly string[];
  readonly direct?: Direct;
  /** Where nodes of the cluster are to be found, beside what the root and the data directory say. */
  readonly peers?: readonly Address[];
  /** Where addresses of nodes of the cluster are to be had. */
  readonly joinFrom?: readonly SourceWish[];
  /** One gossip round, in milliseconds. */
  readonly intervalMs: number;
  readonly modules: 'all' | readonly string[];
  /** Whether a host process waits for the next start of a module. Default true. */
  readonly spareHost?: boolean;
  /** Whether it says goodbye whenever it stops. Default false: it stays a member, and is missed. */
  readonly leaveOnStop?: boolean;
  readonly logLevel: LogLevel;
  readonly logFormat: 'json' | 'pretty';
  /** The door for applications; by default a socket in the data directory. */
  readonly door?: DoorWishes;
  /** Where the node tells its metrics. Default: nowhere. */
  readonly metrics?: MetricsWish | undefined;
  /** Programs that are started for events; checked before. */
  readonly handlers?: readonly HandlerWish[];
  /** Bound of the code kept on disk, in bytes. */
  readonly quotaBytes?: number;
  /** Whose hosts debuggers may come into: a lab's node alone is run so. Default: nobody's. */
  readonly inspection?: InspectionOf<ModuleName> | undefined;
  readonly onReady?: (info: ReadyInfo) => void;
}

export interface ReadyInfo {
  readonly name: string;
  readonly id: NodeId;
  readonly address: Address;
  readonly cluster: string;
  /** Where applications find it. */
  readonly door: DoorPlaces;
  /** Where its metrics are: an address, or a file; null: nowhere. */
  readonly metrics: string | null;
}

/** What may change while the node runs: all of it is said at once. */
export type Changeable = Pick<
  RunOptions,
  'proxies' | 'direct' | 'modules' | 'leaveOnStop' | 'logLevel' | 'handlers' | 'joinFrom' | 'metrics' | 'quotaBytes'
>;

export interface RunningNode {
  /** The node's own log. */
  readonly log: Logger;
  /** Takes over what may change; throws a GossipError, and changes nothing, where it cannot. */
  change(wishes: Changeable): void;
  /** Does what lies in the data directory as a wish (`gossip node log-level`). */
  heed(): void;
  life(): Life;
  /** Last checkpoints, connections drained, everything closed; within 5 s. */
  stop(): Promise<void>;
}
