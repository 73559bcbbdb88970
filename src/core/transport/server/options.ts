/** What a server is made of: what its node gives it, and the checks that are always the same. */
import type { TLSSocket } from 'node:tls';
import { ROUTES } from '../../../api/routes.ts';
import type { Route, RouteTable } from '../../../api/routes.ts';
import type { NodeId } from '../../../model/names.ts';
import type { ServerLimits } from '../limits.ts';
import { checkHead } from './request.ts';
import type { HeadCheck, PeerRequest } from './request.ts';
import type { PeerResponse } from './response.ts';
import { peerIdOf } from '../tls.ts';
import type { TlsIdentity } from '../tls.ts';

export type PeerHandler = (request: PeerRequest) => Promise<PeerResponse>;

/** What of a logger the transport uses; pino's fits. */
export interface TransportLog {
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface PeerServerOptions {
  readonly identity: TlsIdentity;
  /** A literal IP address of this machine, or 0.0.0.0 or :: for all of them. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly handler: PeerHandler;
  readonly limits?: Partial<ServerLimits>;
  /** Members: slots and handshakes are reserved for them. Default: nobody is known. */
  readonly isKnown?: (id: NodeId) => boolean;
  /** Throws a GossipError when `from`, by what the head shows, may not use the route. Asked before a byte of the body is read. Default: everybody may. */
  readonly authorize?: (from: NodeId, route: Route, headers: ReadonlyMap<string, string>) => void;
  /** What is said to one who is refused whatever it asks, in JSON, before a byte of it is read; null: it may speak. Default: everybody may. */
  readonly refusal?: (id: NodeId) => Uint8Array | null;
  readonly log?: TransportLog;
  /** How much this node is strained, from 1: it takes so many times fewer new connections. Default: not at all. */
  readonly strain?: () => number;
}

/** The pure checks of the server. Always `CHECKS`; an attack's test composes a server without one of them, to show what it is for. */
export interface ServerChecks {
  readonly identify: (socket: TLSSocket) => NodeId | null;
  readonly head: HeadCheck;
  readonly routes: RouteTable;
}
export const CHECKS: ServerChecks = { identify: peerIdOf, head: checkHead, routes: ROUTES };
