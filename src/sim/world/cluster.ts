/** A simulated cluster: nodes, network, operator and laws under one clock and one seed. */
import { MOST_STRAIN } from '../../sdk/limits.ts';
import { MAX_PROVEN } from '../../gossip/peer-table.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import type { Hint } from '../../gossip/protocol.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { Address, NodeId, Peer } from '../../model/names.ts';
import { Byzantine } from '../byzantine/byzantine.ts';
import type { Behaviour } from '../byzantine/byzantine.ts';
import type { Happening } from '../laws/happening.ts';
import { LawBroken } from '../laws/law.ts';
import { Laws } from '../laws/laws.ts';
import type { SimNetwork } from './letters.ts';
import { SimNode } from '../node/node.ts';
import { BEGINNING_MS } from '../../sdk/virtual/scheduler.ts';
import { insist } from './insist.ts';
import { handshakesOn, Machines } from './machines.ts';
import type { MachinePlan } from './machines.ts';
import { Operator } from './operator.ts';
import type { Order } from './operator.ts';
import { REAL } from './parts.ts';
import type { Parts } from './parts.ts';
import { Progress } from '../play/progress.ts';
import { Random } from '../../sdk/virtual/random.ts';
import { Spoken } from './spoken.ts';
import { Scheduler } from '../../sdk/virtual/scheduler.ts';
import { Trace } from '../trace/trace.ts';

export interface ClusterOptions {
  readonly seed: number;
  /** All nodes together; default 50. */
  readonly nodes?: number;
  /** How many of them are rendezvous nodes; default 2. */
  readonly rendezvous?: number;
  /** What they are called, rendezvous nodes first; default rendezvous1 …, node1 …. */
  readonly names?: readonly string[];
  /** One gossip round; default 1,000. */
  readonly intervalMs?: number;
  /** How far wall clocks are off, to either side; default an hour, for nothing may depend on them (law 7). */
  readonly maxSkewMs?: number;
  /** Whose processors the nodes share; absent or null: computing takes no time. */
  readonly machines?: MachinePlan | null;
  readonly parts?: Partial<Parts>;
  /** Called with every line of the trace. */
  readonly show?: (line: string) => void;
  /** Called with everything that happens. */
  readonly observe?: (happening: Happening) => void;
}

/** Nodes start within this time. */
const START_MS = 500;
const DEFAULT_SKEW_MS = 3_600_000;

export class Cluster {
  readonly scheduler = new Scheduler();
  readonly random: Random;
  readonly trace: Trace;
  readonly operator: Operator;
  readonly network: SimNetwork;
  readonly progress = new Progress();
  readonly laws: Laws;
  readonly #spoken = new Spoken();
  readonly intervalMs: number;
  /** How far the clocks of operators' machines are off. */
  operatorSkewMs = 0;
  readonly #parts: Parts;
  readonly #maxSkewMs: number;
  readonly #nodes: SimNode[] = [];
  readonly #byzantine: Byzantine[] = [];
  readonly #rendezvous: readonly Peer[];
  readonly #machines: Machines | undefined;
  readonly #watch: ((happening: Happening) => void) | undefined;
  #made = 0;
  readonly #listeners: ((happening: Happening) => void)[] = [];
  /** The first law that was broken. */
  #broken: LawBroken | undefined;

  constructor(options: ClusterOptions) {
    const { seed, names, nodes = names?.length ?? 50, rendezvous = 2, intervalMs = 1_000, maxSkewMs = DEFAULT_SKEW_MS } = options;
    const { parts, show, observe, machines } = options;
    this.#parts = { ...REAL, ...parts };
    this.#watch = observe;
    this.random = new Random(`seed ${seed}`);
    this.trace = new Trace(show);
    this.intervalMs = intervalMs;
    this.#maxSkewMs = maxSkewMs;
    this.network = this.#parts.makeNetwork(this.scheduler, this.random.fork('network'));
    this.#machines = machines ? new Machines(this.scheduler, machines) : undefined;
    if (this.#machines) this.network.handshake = handshakesOn(this.#machines, this.scheduler);
    this.#rendezvous = Array.from({ length: rendezvous }, (_, index) => this.#peer(names?.[index] ?? `rendezvous${index + 1}`));
    this.operator = new Operator(this.#rendezvous);
    this.laws = new Laws(this.operator, this.progress, { roundMs: intervalMs, longestMs: intervalMs * (this.#machines ? MOST_STRAIN : 1) });
    const others = Array.from({ length: nodes - rendezvous }, (_, index) => this.#peer(names?.[rendezvous + index] ?? `node${index + 1}`));
    for (const peer of [...this.#rendezvous, ...others]) this.#nodes.push(this.#node(peer));
  }

  get now(): number {
    return this.scheduler.now;
  }

  /** All correct nodes, rendezvous nodes first. */
  get nodes(): readonly SimNode[] {
    return this.#nodes;
  }

  /** How many nodes there are, in whosever hands. */
  get size(): number {
    return this.#nodes.length + this.#byzantine.length;
  }

  get rendezvousNodes(): readonly SimNode[] {
    return this.#nodes.filter((node) => this.#isRendezvous(node));
  }

  get otherNodes(): readonly SimNode[] {
    return this.#nodes.filter((node) => !this.#isRendezvous(node));
  }

  get up(): SimNode[] {
    return this.#nodes.filter((node) => node.up);
  }

  /** Starts every node that is down, each a little later than the last. */
  startAll(): void {
    for (const node of this.#byzantine) node.start();
    for (const node of this.#nodes) if (!node.up) this.after(this.random.between(0, START_MS), () => node.start());
  }

  /** Puts a deployment and its code onto every disk, as if it had been spread long ago. */
  install(order: Order): VerifiedDeployment {
    const [origin] = this.#nodes as [SimNode];
    const sequence = Math.max(0, ...[...this.operator.signed.values()].map(({ deployment }) => deployment.number.sequence)) + 1;
    const record = this.operator.sign(order, { sequence, time: BEGINNING_MS, origin: origin.peer.id });
    for (const { disk } of this.#nodes) {
      disk.configuration.write({ records: [record, ...disk.records], steps: disk.steps, notes: disk.notes });
      if (order.code !== null) disk.codes.add(order.code.reference.hash);
    }
    return record;
  }

  /** Lets every node know every other, as after long gossip, or as many as a node keeps; or this many, drawn by chance. */
  introduce(count = MAX_PROVEN): void {
    // Shared by all nodes, for they only read them: n² hints would be most of the memory.
    const hints = this.peers.map((peer): Hint => ({ ...peer, failures: 0, proven: true }));
    for (const { disk, peer } of this.#nodes) {
      const drawn = count >= hints.length ? hints : this.random.sample(hints, count);
      disk.hints = drawn.filter(({ id }) => id !== peer.id);
    }
  }

  /** Deploys at a node as an operator does: asks for the highest number, signs the next, injects, and insists. */
  deploy(order: Order, at: SimNode, acknowledged: (record: VerifiedDeployment) => void = () => {}): void {
    insist(this, at, (done) => {
      const time = BEGINNING_MS + Math.round(this.now + this.operatorSkewMs);
      const record = this.operator.sign(order, { sequence: at.highestSequence + 1, time, origin: at.peer.id });
      at.inject(record, (outcome) => {
        if (outcome !== 'taken' && outcome !== 'refused') done(() => acknowledged(record));
      });
    });
  }

  /** A new version of the root, told at a node until it has it, as an operator does. `done`: it is durable there. */
  rotate(at: SimNode, { raise = false, done = (): void => {} } = {}): TrustedRoot {
    const root = this.operator.rotate({ raise });
    insist(this, at, (isDone) => at.takeRoot(root, () => isDone(done)));
    return root;
  }

  /** A new machine with an empty disk and another identity, in the place of one that is gone for good. */
  replace(node: SimNode): SimNode {
    node.crash();
    const fresh = this.#node({ ...node.peer, id: this.#id(`${node.peer.name} again ${this.#made}`) });
    this.#nodes[this.#nodes.indexOf(node)] = fresh;
    return fresh;
  }

  /** Hands a node to an attacker: the laws do not speak of it any more. It acts once it, or all, are started. */
  corrupt(node: SimNode, behaviour: Behaviour): Byzantine {
    node.leave();
    this.#nodes.splice(this.#nodes.indexOf(node), 1);
    const byzantine = new Byzantine(
      {
        self: node.peer,
        network: this.network,
        operator: this.operator,
        words: this.#spoken.wordsOf(node.peer.id, node.disk.incarnation + 1, () => BEGINNING_MS + this.now),
        intervalMs: this.intervalMs,
        random: this.random.fork(`attacker of ${node.peer.name}`),
        after: (delayMs, run) => this.after(delayMs, run),
        targets: () => this.peers,
        accomplices: () => this.#byzantine.map(({ peer }) => peer),
      },
      behaviour,
    );
    this.#byzantine.push(byzantine);
    return byzantine;
  }

  /** Another machine of the same identity, with an empty disk and an address of its own. */
  twin(node: SimNode): SimNode {
    const { name, address } = this.#peer(`${node.peer.name}-copy`);
    const twin = this.#node({ id: node.peer.id, name, address });
    this.#nodes.push(twin);
    return twin;
  }

  /** Splits the nodes into groups that do not reach each other; nodes of no group reach everybody. */
  partition(groups: readonly (readonly SimNode[])[]): void {
    const sides = new Map(groups.flatMap((group, side) => group.map(({ peer }) => [peer.id, side] as const)));
    this.trace.line(this.now, `partition ${groups.map((group) => group.length).join(' / ')}`);
    this.network.separate((from, to) => {
      const [a, b] = [sides.get(from), sides.get(to)];
      return a !== undefined && b !== undefined && a !== b;
    });
  }

  heal(): void {
    this.trace.line(this.now, 'heal');
    this.network.heal();
  }

  after(delayMs: number, run: () => void): void {
    this.scheduler.after(delayMs, run);
  }

  /** Shows everything that happens from now on. */
  listen(listener: (happening: Happening) => void): void {
    this.#listeners.push(listener);
  }

  async advance(ms: number): Promise<void> {
    await this.#run(this.now + ms, () => false);
  }

  /** Runs until `holds`; throws when it does not within `deadlineMs`. Returns how long it took. */
  async until(what: string, holds: () => boolean, deadlineMs: number): Promise<number> {
    const begin = this.now;
    if (!(await this.#run(begin + deadlineMs, holds))) throw new Error(`within ${deadlineMs} ms it did not happen that ${what}`);
    return this.now - begin;
  }

  /** Everybody, in whosever hands. */
  get peers(): readonly Peer[] {
    return [...this.#nodes, ...this.#byzantine].map(({ peer }) => peer);
  }

  readonly #isRendezvous = ({ peer }: SimNode): boolean => this.#rendezvous.some(({ id }) => id === peer.id);

  #node(peer: Peer): SimNode {
    this.#made += 1;
    this.trace.names.learnNode(peer);
    const random = this.random.fork(`${peer.name} ${this.#made}`);
    return new SimNode({
      self: peer,
      rendezvous: this.#rendezvous,
      intervalMs: this.intervalMs,
      random,
      scheduler: this.scheduler,
      network: this.network,
      disk: this.#parts.makeDisk(random.fork('disk'), (delayMs, run) => this.after(delayMs, run)),
      makeTrust: () => this.operator.trust(),
      makeProtocol: this.#parts.makeProtocol,
      words: (incarnation, wall) => this.#spoken.wordsOf(peer.id, incarnation, wall),
      clock: { skewMs: random.between(-this.#maxSkewMs, this.#maxSkewMs) },
      machine: this.#machines,
      trace: this.trace,
      observe: (happening) => this.#observe(happening),
    });
  }

  #observe(happening: Happening): void {
    try {
      this.#watch?.(happening);
      this.progress.observe(happening);
      this.laws.observe(happening, this.now);
      for (const listener of this.#listeners) listener(happening);
    } catch (error) {
      if (error instanceof LawBroken) this.#broken ??= error;
      throw error;
    }
  }

  /** Runs until `enough` holds; false when it does not until `end`. What a law said is not lost, wherever in a node it was caught. */
  #run(end: number, enough: () => boolean): Promise<boolean> {
    return this.scheduler.run(end, () => {
      if (this.#broken !== undefined) throw this.#broken;
      return enough();
    });
  }

  #peer(name: string): Peer {
    this.#made += 1;
    const address = `10.0.${Math.floor(this.#made / 250)}.${1 + (this.#made % 250)}:7946`;
    return { id: this.#id(name), name, address: address as Address };
  }

  #id(name: string): NodeId {
    return this.random.fork(`id of ${name}`).hex(64) as NodeId;
  }
}
