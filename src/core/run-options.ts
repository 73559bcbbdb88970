/** How a node is run, and what whoever runs it is told. */
import type { Address, NodeId } from '../model/names.ts';
import type { LogLevel } from '../model/log-level.ts';
import type { TrustedRoot } from '../trust/root.ts';
import type { DoorPlaces, DoorWishes } from './door/open.ts';
import type { HandlerWish } from './event-handlers/wish.ts';
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
  /** Whether it says goodbye whenever it stops. Default false: it stays a member, and is missed. */
  readonly leaveOnStop?: boolean;
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
