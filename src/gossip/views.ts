/** What operators see of the protocol: of a node, and of each module on it (law 9). */
import type { Failure } from '../model/errors.ts';
import type { VerifiedDeployment } from '../model/deployment.ts';
import type { ModuleName, NodeId, PayloadHash } from '../model/names.ts';
import type { FreshnessView } from './freshness.ts';
import type { Sighting } from './hint.ts';
import type { InstanceHealth } from './instance-health.ts';
import type { StrainView } from './strain.ts';
import type { Generation } from './tokens.ts';
import type { Work } from './work.ts';

/** `updating`: on the way to a newer deployment; `held`: cannot take it, the old one goes on; `failed`: nothing runs, restarts back off or stopped; `stopped`: removed, or not chosen to run here. */
export type ModuleState = 'running' | 'updating' | 'held' | 'failed' | 'stopped';

/** What an operator sees of one module on one node (law 9). */
export interface ModuleView {
  readonly name: ModuleName;
  readonly state: ModuleState;
  /** The deployment whose instance runs; null when none does. */
  readonly running: VerifiedDeployment | null;
  /** The newest that the node knows. */
  readonly newest: VerifiedDeployment;
  readonly generation: Generation | null;
  readonly stateEpoch: PayloadHash | null;
  /** What runs is from before the deployment that opened the state epoch: its state is kept nowhere. */
  readonly isOutdated: boolean;
  /** When the state began, by the node's forward clock. */
  readonly since: number;
  /** Why the node does not run the newest; null when it does. */
  readonly why: Failure | null;
  /** How often an instance of the newest deployment was started again after a failure. */
  readonly restarts: number;
  /** Whether it failed so often that it is tried once in a long while. */
  readonly isBroken: boolean;
  /** Whether nothing says that it gossips in vain. */
  readonly useful: boolean;
  /** How the present instance does; null when none runs. */
  readonly health: InstanceHealth | null;
}

/** What an operator sees of a node's protocol. */
export interface NodeView {
  readonly digest: string;
  /** Those that are not removed, and those removed last. */
  readonly modules: readonly ModuleView[];
  readonly removedModules: number;
  readonly hints: readonly Sighting[];
  /** The active view: whom it speaks with. */
  readonly view: readonly NodeId[];
  readonly backup: { readonly rate: 'slow' | 'fast'; readonly why: string };
  /** How much the node itself is behind, from 1: its rounds are so many times longer. */
  readonly strain: StrainView;
  readonly work: Work;
  readonly freshness: FreshnessView;
  /** What a person must look at. */
  readonly alarms: readonly Failure[];
}
