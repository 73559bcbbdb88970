/** What a core says when it starts an instance of a module, and what it is told of it. */
import type { ContentHash, ModuleName, Peer } from '../../model/names.ts';
import type { PublishedEvent } from '../../sdk/content.ts';
import type { JsonObject } from '../../sdk/json.ts';
import type { LineLevel } from '../../sdk/log-level.ts';
import type { Failure } from '../../model/errors.ts';
import type { Isolation } from './sandbox/isolation.ts';
import type { hostCommand } from './sandbox/launch.ts';
import type { HostLimits } from './host-limits.ts';
import type { HostInspection } from './inspection.ts';
import type { SpareHost } from './spare-host.ts';
import type { UsesOfHost } from './uses-port.ts';

export type ExchangeOutcome = { readonly body: Uint8Array } | { readonly failure: Failure };

export interface HostEvents {
  /** The module asks for an exchange; answered by one `reply` with the same token. */
  readonly onExchange: (token: number, to: Peer, body: Uint8Array) => void;
  /** The module tells those that watch it. */
  readonly onPublish: (event: PublishedEvent) => void;
  /** The module asks another one, or watches it. Absent where it runs alone: then no other is deployed. */
  readonly uses?: UsesOfHost;
  /** The instance ended by itself, or had to be ended. Not called for a `stop`, nor when a step of its life rejects. */
  readonly onExit: (failure: Failure) => void;
  /** A line that the module printed: bounded, escaped, and within its budget. */
  readonly onLog: (line: string, level: LineLevel) => void;
}

export interface HostOptions {
  readonly module: ModuleName;
  readonly generation: number;
  /** A checkout of the code, verified by the core; the host hashes it once more before any of it runs (law 2). */
  readonly directory: string;
  readonly expected: ContentHash;
  readonly self: Peer;
  readonly incarnation: number;
  /** The node's gossip round: the rhythm of modules whose deployment sets none. */
  readonly intervalMs: number;
  /** The deployment's name, such as `d3`. */
  readonly deployment: string;
  readonly settings: JsonObject;
  readonly limits?: Partial<HostLimits>;
  readonly events: HostEvents;
  /** Ends a start that is under way; it rejects with GOSSIP_E_MODULE_ABSENT. */
  readonly signal?: AbortSignal;
  /** The bundled host. Default: the one that the build put beside this program. */
  readonly hostProgram?: string;
  /** Default: the best that this machine gives. */
  readonly isolation?: Isolation;
  /** A host that waits for this, in place of a new one. */
  readonly spareHost?: SpareHost;
  /** Lets debuggers in. Then no host that waits is taken: it was started for none. */
  readonly inspection?: HostInspection;
  /** How the process is started. */
  readonly command?: typeof hostCommand;
}
