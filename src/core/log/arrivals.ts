/** How the last deployments came to this node: from whom, by which way, and when. What `gossip rollout` tells of times and ways; kept in memory alone. */
import type { ArrivalStatus } from '../../api/arrivals.ts';
import type { Note } from '../../gossip/protocol.ts';
import { compareDeployments, deploymentName } from '../../model/deployment.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { ModuleName, NodeId } from '../../model/names.ts';

/** Of each module: the one that runs, the one that comes, and the one that it may go back to. */
export const KEPT_OF_MODULE = 3;
/** Of all modules together; what came first gives way. */
export const KEPT_IN_ALL = 64;

type Accepted = Extract<Note, { event: 'deployment-accepted' }>;

interface Arrival {
  readonly record: VerifiedDeployment;
  readonly via: Accepted['via'];
  readonly from: NodeId | null;
  /** By the node's forward clock, as all times. */
  readonly acceptedAt: number;
  code: { readonly from: NodeId; readonly at: number } | null;
  runningAt: number | null;
}

export class Arrivals {
  /** In the order in which they came. */
  #arrivals: Arrival[] = [];

  noted(note: Note, now: number): void {
    if (note.event === 'deployment-accepted') this.#accepted(note, now);
    else if (note.event === 'code-fetched') this.#fetched(note, now);
    else if (note.event === 'module-state' && note.state === 'running') this.#runs(note, now);
  }

  /** With `only` of that module alone. */
  status(now: number, only?: ModuleName): readonly ArrivalStatus[] {
    const age = (at: number): number => Math.max(0, Math.round(now - at));
    return this.#arrivals
      .filter(({ record }) => only === undefined || record.deployment.module === only)
      .map(({ record: { deployment }, via, from, acceptedAt, code, runningAt }) => ({
        module: deployment.module,
        deployment: deploymentName(deployment),
        number: deployment.number,
        via,
        from,
        acceptedMs: age(acceptedAt),
        code: code === null ? null : { from: code.from, fetchedMs: age(code.at) },
        runningMs: runningAt === null ? null : age(runningAt),
      }));
  }

  #accepted({ record, via, from }: Accepted, now: number): void {
    this.#arrivals.push({ record, via, from, acceptedAt: now, code: null, runningAt: null });
    // A node that was away takes in old ones, too: the newest are kept.
    const [oldest] = this.#of(record.deployment.module).slice(KEPT_OF_MODULE);
    if (oldest !== undefined) this.#arrivals = this.#arrivals.filter((arrival) => arrival !== oldest);
    if (this.#arrivals.length > KEPT_IN_ALL) this.#arrivals.shift();
  }

  #fetched({ module, code, from }: Extract<Note, { event: 'code-fetched' }>, now: number): void {
    const [arrival] = this.#of(module).filter(({ record }) => record.deployment.code?.hash === code.hash);
    if (arrival !== undefined) arrival.code ??= { from, at: now };
  }

  #runs({ module, deployment }: Extract<Note, { event: 'module-state' }>, now: number): void {
    const [arrival] = this.#of(module).filter(({ record }) => deploymentName(record.deployment) === deployment);
    if (arrival !== undefined) arrival.runningAt ??= now;
  }

  /** Newest first. */
  #of(module: ModuleName): readonly Arrival[] {
    const ofModule = this.#arrivals.filter(({ record }) => record.deployment.module === module);
    return ofModule.sort((a, b) => compareDeployments(b.record, a.record));
  }
}
