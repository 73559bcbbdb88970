/** Waits until every node of the cluster runs a deployment, or says why it ends earlier (law 9). */
import type { NodeId } from '../../model/names.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { NodeStatus } from '../../api/status.ts';
import type { Gathered, Sighting } from './gather.ts';
import { progressOf } from './progress.ts';
import type { Progress } from './progress.ts';
import type { Pace } from './questions.ts';

export interface Straggler {
  readonly id: NodeId;
  readonly name: string;
  readonly progress: 'underway' | 'stuck';
  readonly why: string;
}

/** A node that is known of, and did not answer. */
export interface Silent {
  readonly id: NodeId;
  readonly name: string;
  readonly address: string;
  readonly why: string;
  /** How long nobody has heard of it, where somebody tells. */
  readonly silentMs?: number;
}

/** How far the cluster is with one deployment. */
export interface Seen {
  /** Nodes that answered, and how many of them are done. */
  readonly reachable: number;
  readonly done: number;
  /** Of those that answered, how many know it. */
  readonly aware: number;
  /** Of those that are done, how many run a newer deployment that came meanwhile. */
  readonly superseded: number;
  /** Nodes that answered and may not run the module. */
  readonly elsewhere: number;
  readonly stragglers: readonly Straggler[];
  /** How many of the stragglers have not answered yet, and may still do so. */
  readonly unheard: number;
  /** Members that did not answer: nobody can say what they run. */
  readonly silent: readonly Silent[];
  /** Members that nobody has heard of for long; they are not waited for. */
  readonly gone: readonly Silent[];
  /** Members that call others but cannot be called, and so cannot be asked. */
  readonly calling: readonly Silent[];
  /** What must be known of nodes that are done. */
  readonly remarks: readonly string[];
  readonly elapsedMs: number;
}

export interface Convergence extends Seen {
  /** nowhere: no node may run it. silent: all that answered are done, others did not answer. */
  readonly outcome: 'converged' | 'timeout' | 'halted' | 'nowhere' | 'silent' | 'interrupted';
}

export interface WaitOptions {
  readonly record: VerifiedDeployment;
  /** Ends in time, whoever answers. One that tells its pace calls nobody silent that had no time to answer, and so may be cut short. */
  readonly look: (withinMs: number) => Promise<Pick<Gathered, 'sightings'> & Partial<Pace>>;
  readonly timeoutMs: number;
  /** Ends sooner where for so long, and for `steadyMs` more, no further node came to know it or to run it. Default: it does not. */
  readonly stillMs?: number | undefined;
  readonly pollMs: number;
  /** Law 9: how long an instance must have run without a break to count. Default 0. The time that is told is without it. */
  readonly steadyMs?: number;
  /** Whether it is enough that all nodes which answer run it. */
  readonly skipSilent?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** A clock that runs forward, and a pause on it; virtual in tests. */
  readonly clock: { now(): number; pause(ms: number): Promise<void> };
  /** Told of every look before it is judged. */
  readonly onLook?: (sightings: readonly Sighting[]) => void;
  readonly onProgress?: (seen: Seen) => void;
}

/** A crash at start and a restart look like a halt for a moment; only a lasting one counts. */
const LOOKS_BEFORE_HALT = 6;
/** Who looks takes time from those that update: a pause is so many times as long as the answers took in the look before it, but no longer than this. */
const PAUSE_PER_LOOK = 3;
const MOST_PAUSE_MS = 2_000;
/** While others have done it, a node that is stuck tries again, and a silent one may wake: they get so long. */
export const PATIENCE_MS = 10_000;

export async function waitForConvergence(options: WaitOptions): Promise<Convergence> {
  const { clock, timeoutMs, pollMs, steadyMs = 0, record } = options;
  // Who came to run it counts once he has run it for so long.
  const stillMs = (options.stillMs ?? Infinity) + steadyMs;
  const startedAt = clock.now();
  const idle = new Idleness();
  const most = { aware: 0, done: 0 };
  let endMs = Math.min(timeoutMs, stillMs);
  for (;;) {
    const lookedAt = clock.now();
    const { sightings, answersMs } = await options.look(endMs - (lookedAt - startedAt));
    options.onLook?.(sightings);
    const lookMs = answersMs ?? clock.now() - lookedAt;
    const seen = judge(record, sightings, { elapsedMs: clock.now() - startedAt, steadyMs });
    options.onProgress?.(seen);
    if (seen.aware > most.aware || seen.done > most.done) endMs = Math.min(timeoutMs, seen.elapsedMs + stillMs);
    most.aware = Math.max(most.aware, seen.aware);
    most.done = Math.max(most.done, seen.done);
    const leftMs = endMs - seen.elapsedMs;
    const isLast = leftMs < pollMs + (answersMs === undefined ? lookMs : 0);
    const outcome = options.signal?.aborted ? 'interrupted' : (idle.end(seen, options) ?? (isLast ? endOf(seen) : null));
    if (outcome === 'converged' && record.deployment.code !== null)
      return { outcome, ...seen, elapsedMs: Math.max(0, seen.elapsedMs - steadyMs) };
    if (outcome !== null) return { outcome, ...seen };
    // The last pause is shorter, so that a look is in time.
    await clock.pause(Math.max(pollMs, Math.min(MOST_PAUSE_MS, PAUSE_PER_LOOK * lookMs, leftMs - lookMs)));
  }
}

/** No other look fits into the time, for one that is cut short would call silent who only had no time to answer: told by what is missing. */
function endOf(seen: Seen): Convergence['outcome'] {
  if (isHalted(seen) && seen.done > 0) return 'halted';
  return seen.reachable > 0 && seen.stragglers.length === 0 ? 'silent' : 'timeout';
}

/** Notices that nothing moves any more: since how many looks, and since when. */
class Idleness {
  #looks = 0;
  #sinceMs = 0;
  /** Most nodes that were done at once. */
  #done = 0;

  end(seen: Seen, options: WaitOptions): Convergence['outcome'] | null {
    const waitsForSilent = seen.silent.length > 0 && options.skipSilent !== true;
    const isDone = seen.reachable > 0 && seen.stragglers.length === 0;
    const isNowhere = isDone && seen.done === 0 && options.record.deployment.code !== null;
    if (isDone && !waitsForSilent && !isNowhere) return 'converged';
    const isMoving = seen.done > this.#done;
    this.#done = Math.max(this.#done, seen.done);
    if (isMoving || (!isDone && !isHalted(seen))) {
      this.#looks = 0;
      this.#sinceMs = seen.elapsedMs;
      return null;
    }
    this.#looks += 1;
    const isPatient = this.#looks < LOOKS_BEFORE_HALT || (seen.done > 0 && seen.elapsedMs - this.#sinceMs < PATIENCE_MS);
    if (isPatient) return null;
    if (!isDone) return 'halted';
    return isNowhere && !waitsForSilent ? 'nowhere' : 'silent';
  }
}

function judge(
  record: VerifiedDeployment,
  sightings: readonly Sighting[],
  { elapsedMs, steadyMs }: { elapsedMs: number; steadyMs: number },
): Seen {
  // A node that was revoked is let in nowhere: it can never have it.
  const isAwaited = ({ outside }: NodeStatus): boolean => outside?.code !== 'GOSSIP_E_REVOKED';
  const answered = sightings.flatMap(({ answer }): NodeStatus[] => ('status' in answer && isAwaited(answer.status) ? [answer.status] : []));
  const nodes = answered.map((node) => ({
    id: node.id,
    name: node.name,
    ...progressOf(record, node, { steadyMs, others: answered.length - 1 }),
  }));
  const isDone = new Set(nodes.flatMap(({ id, progress }) => (progress === 'done' || progress === 'superseded' ? [id] : [])));
  const digests = new Set(answered.flatMap(({ id, digest }) => (isDone.has(id) ? [digest] : [])));
  const calling = sightings.filter(({ belief }) => belief === 'calls');
  const stragglers = nodes.flatMap(({ id, name, why, progress }): Straggler[] =>
    progress === 'underway' || progress === 'stuck' ? [{ id, name, progress, why }] : [],
  );
  const pending = sightings.filter((sighting) => sighting.pending === true);
  const count = (wanted: Progress): number => nodes.filter(({ progress }) => progress === wanted).length;
  return {
    reachable: nodes.length,
    done: count('done') + count('superseded'),
    aware: nodes.filter(({ aware }) => aware).length,
    superseded: count('superseded'),
    elsewhere: count('elsewhere'),
    stragglers: [...stragglers, ...calling.filter(({ heard }) => !digests.has(heard ?? '')).map(unaware), ...pending.map(unheard)],
    unheard: pending.length,
    silent: silentOf(sightings, 'member'),
    gone: silentOf(sightings, 'gone'),
    calling: silentOf(calling, 'calls'),
    remarks: nodes.flatMap(({ name, remark }) => (remark === '' ? [] : [`${name}: ${remark}`])),
    elapsedMs,
  };
}

/** It cannot be asked; but what it shows those whom it calls is not yet the configuration of the nodes that are done. */
function unaware({ node: { id, name } }: Sighting): Straggler {
  return { id, name, progress: 'underway', why: 'cannot be called, and has not called with it yet' };
}

/** To call it silent would be too early, and to leave it out wrong (law 9). */
function unheard({ node: { id, name, address } }: Sighting): Straggler {
  return { id, name: name || address, progress: 'underway', why: 'has not answered yet' };
}

export function silentOf(sightings: readonly Sighting[], wanted: NonNullable<Sighting['belief']>): Silent[] {
  return sightings.flatMap(({ node: { id, name, address }, answer, belief = 'member', silentMs = null, pending = false }) =>
    'error' in answer && belief === wanted && !pending
      ? [{ id, name, address, why: `${answer.error.message} (${answer.error.code})`, ...(silentMs !== null && { silentMs }) }]
      : [],
  );
}

/** Nobody is still on the way, and somebody is stuck. */
function isHalted({ stragglers }: Seen): boolean {
  return stragglers.length > 0 && stragglers.every(({ progress }) => progress === 'stuck');
}
