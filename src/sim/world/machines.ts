/**
 * Machines whose processors nodes share. A thread does one thing after the other; of those that have something to do, the machine runs as many as it has
 * processors, a slice of time each, first those that have had least. So what waited long is served soon, and a long job does not keep a short one waiting.
 */
import type { NodeId } from '../../model/names.ts';
import type { Scheduler } from '../../sdk/virtual/scheduler.ts';
import type { ProcessorTime } from '../../runner/ports.ts';
import { COSTS, HANDSHAKE_WAYS } from './costs.ts';

export interface MachinePlan {
  /** Processors of each machine. */
  readonly cores: number;
  /** Nodes on each machine. */
  readonly nodesPerMachine: number;
}

/** Something that works: a core's or a host's main thread. */
export interface Thread {
  /** Calls `then` when so much of a processor's time has gone into it, behind all that it has to do already. */
  spend(ms: number, then: () => void): void;
  /** Since it was made; null where processors are not simulated. */
  readonly time: ProcessorTime | null;
}

/** Where processors are not simulated, nothing takes time. */
export const FREE: Thread = { spend: (_, then) => then(), time: null };

/** One way of a handshake's packets, where nodes are near each other. */
const WAY_MS = 0.1;
/** How long a thread runs before others have their turn: as long as Linux gives each where some wait. */
const SLICE_MS = 3;
/** What a thread that slept may be behind the others, so that it has its turn first, for a while. */
const BONUS_MS = 6;

/** A host is nicer than its core, by five steps: its time counts three times as much. */
const HOST_WEIGHT = 3;

export class Machines {
  readonly #scheduler: Scheduler;
  readonly #plan: MachinePlan;
  readonly #machines: Machine[] = [];
  readonly #cores = new Map<NodeId, Thread>();
  readonly #machineOf = new Map<NodeId, Machine>();

  constructor(scheduler: Scheduler, plan: MachinePlan) {
    this.#scheduler = scheduler;
    this.#plan = plan;
  }

  /** The thread of a node's core, the same for all its runs. */
  core(node: NodeId): Thread {
    const core = this.#cores.get(node) ?? this.#of(node).thread();
    this.#cores.set(node, core);
    return core;
  }

  /** A new process beside a node's core, which goes before it. */
  host(node: NodeId): Thread {
    return this.#of(node).thread(HOST_WEIGHT);
  }

  /** Nodes come onto machines in the order in which they are first asked for. */
  #of(node: NodeId): Machine {
    const known = this.#machineOf.get(node);
    if (known !== undefined) return known;
    const index = Math.floor(this.#machineOf.size / this.#plan.nodesPerMachine);
    const machine = this.#machines[index] ?? new Machine(this.#scheduler, this.#plan.cores);
    this.#machines[index] = machine;
    this.#machineOf.set(node, machine);
    return machine;
  }
}

interface Job {
  leftMs: number;
  readonly done: () => void;
}

class Machine {
  readonly #scheduler: Scheduler;
  readonly #cores: number;
  readonly #ready: Worker[] = [];
  readonly #running = new Set<Worker>();
  /** What each of those that have something to do has had at least; it never falls. */
  #hadMs = 0;

  constructor(scheduler: Scheduler, cores: number) {
    this.#scheduler = scheduler;
    this.#cores = cores;
  }

  /** `weight`: how much a slice counts. */
  thread(weight = 1): Thread {
    return new Worker(weight, (worker) => this.#wake(worker));
  }

  #wake(worker: Worker): void {
    const others = [...this.#running, ...this.#ready];
    // Whoever works alone is behind nobody.
    const leastMs = others.length === 0 ? worker.hadMs : Math.min(...others.map(({ hadMs }) => hadMs));
    this.#hadMs = Math.max(this.#hadMs, leastMs);
    worker.hadMs = Math.max(worker.hadMs, this.#hadMs - BONUS_MS);
    this.#queue(worker);
    this.#dispatch();
  }

  #queue(worker: Worker): void {
    worker.readyAt = this.#scheduler.now;
    this.#ready.push(worker);
  }

  #dispatch(): void {
    while (this.#running.size < this.#cores && this.#ready.length > 0) this.#run(this.#next());
  }

  /** The one that has had least; of several, the one that waits longest. */
  #next(): Worker {
    let least = 0;
    for (let at = 1; at < this.#ready.length; at += 1) {
      if ((this.#ready[at] as Worker).hadMs < (this.#ready[least] as Worker).hadMs) least = at;
    }
    return this.#ready.splice(least, 1)[0] as Worker;
  }

  #run(worker: Worker): void {
    const [job] = worker.jobs as [Job];
    const sliceMs = Math.min(SLICE_MS, job.leftMs);
    this.#running.add(worker);
    worker.waitedMs += this.#scheduler.now - worker.readyAt;
    this.#scheduler.after(sliceMs, () => {
      this.#running.delete(worker);
      worker.ranMs += sliceMs;
      worker.hadMs += sliceMs * worker.weight;
      job.leftMs -= sliceMs;
      if (job.leftMs <= 0) worker.jobs.shift();
      if (worker.jobs.length > 0) this.#queue(worker);
      if (job.leftMs <= 0) job.done();
      this.#dispatch();
    });
  }
}

class Worker implements Thread {
  readonly jobs: Job[] = [];
  hadMs = 0;
  ranMs = 0;
  waitedMs = 0;
  /** Since when it waits, while it is ready. */
  readyAt = 0;
  readonly weight: number;
  readonly #wake: (worker: Worker) => void;

  constructor(weight: number, wake: (worker: Worker) => void) {
    this.weight = weight;
    this.#wake = wake;
  }

  get time(): ProcessorTime {
    return { ranMs: this.ranMs, waitedMs: this.waitedMs };
  }

  spend(ms: number, then: () => void): void {
    this.jobs.push({ leftMs: ms, done: then });
    if (this.jobs.length === 1) this.#wake(this);
  }
}

/** Handshakes that cost both sides something, whatever becomes of them, and ways through the network. */
export function handshakesOn(machines: Machines, scheduler: Scheduler): (from: NodeId, to: NodeId, done: () => void) => void {
  return (from, to, done) => {
    const called = (): void => machines.core(to).spend(COSTS.handshakeMs, () => scheduler.after(HANDSHAKE_WAYS * WAY_MS, done));
    machines.core(from).spend(COSTS.handshakeMs, called);
  };
}
