/** How a module stands on this node, as told to operators, the journal and backup gossip: what it runs, since when, and why not the newest (law 9). */
import { deploymentName } from '../model/deployment.ts';
import type { VerifiedDeployment } from '../model/deployment.ts';
import type { ErrorCode } from '../model/errors.ts';
import type { ModuleName, Peer } from '../model/names.ts';
import type { Attempt, Instance } from './hand-over.ts';
import { Health } from './health.ts';
import type { Ports } from './ports.ts';
import type { Failure, ModuleState, ModuleView, StateTaken } from './protocol.ts';

/** Why a module does not run its newest, as long as nothing but time is missing: it is being fetched, started or handed over to. */
const ON_THE_WAY: ReadonlySet<ErrorCode> = new Set(['GOSSIP_E_BUSY', 'GOSSIP_E_CODE_ABSENT']);

export interface Condition {
  readonly state: ModuleState;
  /** What runs, such as `d3`. */
  readonly deployment: string | null;
  readonly why: Failure | null;
}

export interface Facts {
  readonly runs: boolean;
  readonly newest: VerifiedDeployment;
  readonly active: Instance | null;
  readonly next: Attempt | null;
  /** Whether the running instance is of the newest deployment and of the present state epoch. */
  readonly arrived: boolean;
  /** Why the newest could not be fetched or run so far. */
  readonly failure: Failure | null;
}

export function conditionOf({ runs, newest, active, next, arrived, failure }: Facts): Condition {
  const deployment = active === null ? null : deploymentName(active.record.deployment);
  if (newest.deployment.code === null) return { state: 'stopped', deployment, why: null };
  if (!runs) return { state: 'stopped', deployment, why: { code: 'GOSSIP_E_MODULE_ABSENT', message: 'not chosen to run on this node' } };
  if (arrived) return { state: 'running', deployment, why: null };
  if (failure !== null) return { state: active === null ? 'failed' : 'held', deployment, why: failure };
  return { state: 'updating', deployment, why: { code: 'GOSSIP_E_BUSY', message: progress(newest, active, next) } };
}

function progress(newest: VerifiedDeployment, active: Instance | null, next: Attempt | null): string {
  const name = deploymentName(newest.deployment);
  if (next?.record.hash !== newest.hash) return `fetching the code of ${name}`;
  return next.stage === 'starting' || active === null ? `starting ${name}` : `handing over to ${name}`;
}

export class Standing {
  readonly #module: ModuleName;
  readonly #ports: Ports;
  #condition: Condition = { state: 'updating', deployment: null, why: null };
  #since: number | null = null;
  /** Since when it does not run what it should. */
  #behindSince: number | null = null;
  /** How the instance does that serves, or was the last to serve. */
  #health: Health | null = null;

  constructor(module: ModuleName, ports: Ports) {
    this.#module = module;
    this.#ports = ports;
  }

  /** Notes the condition if it changed. */
  announce(condition: Condition): void {
    const before = this.#condition;
    if (this.#since !== null && sameCondition(before, condition)) return;
    if (this.#since === null || before.state !== condition.state) this.#since = this.#ports.now;
    this.#condition = condition;
    this.#behindSince = condition.state === 'running' || condition.state === 'stopped' ? null : (this.#behindSince ?? this.#ports.now);
    this.#ports.emit({ type: 'note', note: { event: 'module-state', module: this.#module, ...condition } });
  }

  /** Another instance serves: what the last one did says nothing about it. */
  replaced(by: Attempt): void {
    this.#health = new Health(this.#module, this.#ports, by);
  }

  exchanged(outcome: 'answered' | 'failed'): void {
    this.#health?.exchanged(outcome);
  }

  /** Why the newest does not run; null where it does. */
  get why(): Failure | null {
    return this.#condition.why;
  }

  /** Of a peer, or (null) of an application: that is no exchange. */
  couldNotAnswer(from: Peer | null, failure: Failure): void {
    if (from !== null) this.#health?.exchanged('failed');
    this.#health?.couldNotAnswer(from, failure);
  }

  stateTaken(taken: StateTaken, kept: boolean): void {
    this.#health?.stateTaken(taken, kept);
  }

  view(now: number, anyPeers: boolean): Pick<ModuleView, 'state' | 'why' | 'since' | 'useful' | 'health'> {
    const { state, why, deployment } = this.#condition;
    const health = deployment === null ? null : (this.#health?.told ?? null);
    return { state, why, since: this.#since ?? 0, useful: this.#useful(now, anyPeers), health };
  }

  /** What is wrong, in words; null when nothing is. */
  trouble(now: number, anyPeers: boolean): string | null {
    const { state } = this.#condition;
    if (state === 'stopped') return null;
    if (state !== 'running') return this.#isUnderWay(now) ? null : `${this.#module} is ${state}`;
    return this.#useful(now, anyPeers) ? null : `${this.#module} does not gossip usefully`;
  }

  /** An update that goes its way needs no configuration but the one that began it: each node would ask others in each round, for nothing. */
  #isUnderWay(now: number): boolean {
    const { why } = this.#condition;
    return why !== null && ON_THE_WAY.has(why.code) && now - (this.#behindSince ?? now) < this.#ports.timing.usefulMs;
  }

  #useful(now: number, anyPeers: boolean): boolean {
    return this.#condition.deployment !== null && (this.#health?.useful(now, anyPeers) ?? false);
  }
}

function sameCondition(a: Condition, b: Condition): boolean {
  return a.state === b.state && a.deployment === b.deployment && a.why?.code === b.why?.code && a.why?.message === b.why?.message;
}
