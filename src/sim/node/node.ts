/** One simulated node: a disk that stays, and runs that begin and end. */
import type { Injected, ModuleView } from '../../gossip/protocol.ts';
import type { VerifiedNote } from '../../trust/node-note.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import type { GossipNode } from '../../gossip/node.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { ModuleName, NodeId, Peer } from '../../model/names.ts';
import type { Disk, DiskCondition } from './disk.ts';
import type { Damage } from './copies.ts';
import type { Happening, NodeSight, Running } from '../laws/happening.ts';
import type { ModuleHosts } from './module-hosts.ts';
import type { Letter, Reply, SimEndpoint } from '../world/letters.ts';
import { NodeRun } from './node-run.ts';
import type { NodeRunOptions, NodeRunWatch } from './node-run.ts';
import { COSTS } from '../world/costs.ts';
import type { Trace } from '../trace/trace.ts';

export interface SimNodeOptions extends NodeRunOptions {
  readonly trace: Trace;
  readonly observe: (happening: Happening) => void;
}

type WithoutNode<T> = T extends unknown ? Omit<T, 'node'> : never;

/** When a service manager starts again what ended. */
const START_AGAIN_MS = 1_000;
const NOTHING: readonly VerifiedDeployment[] = [];

export class SimNode implements NodeSight, SimEndpoint {
  readonly peer: Peer;
  readonly running = new Map<ModuleName, Running>();
  readonly #options: SimNodeOptions;
  #run: NodeRun | null = null;
  #refuses = false;
  #isGone = false;

  constructor(options: SimNodeOptions) {
    this.#options = options;
    this.peer = options.self;
  }

  get up(): boolean {
    return this.#run !== null;
  }

  get frozen(): boolean {
    return this.#run?.tasks.frozen ?? false;
  }

  get records(): readonly VerifiedDeployment[] {
    return this.#run?.protocol.records() ?? NOTHING;
  }

  get root(): TrustedRoot | null {
    return this.#run?.trust.root ?? null;
  }

  /** An operator tells the node of these steps of the root, and of records that go with them. Without effect while it is down. */
  takeRoot(root: TrustedRoot, done: () => void, records: readonly VerifiedDeployment[] = NOTHING): void {
    this.#run?.takeRoot(root, done, records);
  }

  /** An operator tells the node of a note. Without effect while it is down. */
  takeNote(note: VerifiedNote, done: () => void): void {
    this.#run?.takeNote(note, done);
  }

  /** What is known here of notes about nodes; null while the node is down. */
  get notes(): GossipNode['notes'] | null {
    return this.#run?.protocol.notes ?? null;
  }

  /** Peers that it takes to have left. */
  get left(): readonly NodeId[] {
    return (this.#run?.whole().hints ?? []).flatMap(({ id, left }) => (left === undefined ? [] : id));
  }

  /** Whether it says that it holds what most rendezvous nodes hold; null: it says neither, or is down. */
  get fresh(): boolean | null {
    return this.#run?.whole().freshness.fresh ?? null;
  }

  /** Of all that it holds; null while it is down. */
  get digest(): string | null {
    return this.#run?.whole().digest ?? null;
  }

  get disk(): Disk['content'] {
    return this.#options.disk.content;
  }

  view(): readonly ModuleView[] {
    return this.#run?.view() ?? [];
  }

  get highestSequence(): number {
    return this.#run?.protocol.highestSequence() ?? 0;
  }

  get hosts(): ReturnType<ModuleHosts['present']> {
    return this.#run?.hosts.present() ?? [];
  }

  start(): void {
    if (this.#run !== null || this.#isGone) return;
    if (this.#options.disk.condition !== 'sound') return this.#startLater();
    this.disk.open();
    this.disk.incarnation += 1;
    this.#say(`up, incarnation ${this.disk.incarnation}`);
    const run = new NodeRun(this.#options, this.#watch());
    this.#run = run;
    this.#options.network.attach(this);
    this.#observe({ type: 'up' });
    run.start();
  }

  /**
   * In order, as an operator stops it: a last checkpoint of each instance, the end of them all, and, where it leaves, a goodbye. `stopped`: unless it
   * crashes before.
   */
  stop(stopped: () => void, { goodbye = false } = {}): void {
    const run = this.#run;
    run?.tasks.enter(() => {
      this.#say(goodbye ? 'leaves' : 'stops');
      this.#observe({ type: 'leaving' });
      run.stop(() => {
        this.#refuses = true;
        this.#end('stopped', () => this.#options.disk.crash());
        stopped();
      }, goodbye);
    });
  }

  /** The process is gone, and with it all that was not durable. */
  crash(): void {
    if (this.up) this.#options.network.ended(this.peer);
    this.#refuses = true;
    this.#end('down', () => this.#options.disk.crash());
  }

  /** The machine is in other hands: whoever was to start the node again does so in vain. */
  leave(): void {
    this.crash();
    this.#isGone = true;
  }

  /** A machine without power says nothing; a process that ended leaves its machine to answer. */
  get refuses(): boolean {
    return this.#refuses;
  }

  /** The core hears of it from its connections. */
  lost(id: NodeId): void {
    this.#run?.tasks.enter(() => this.#run?.lost(id));
  }

  /** The machine is without power: as a crash, and what was not synced may be lost. */
  cutPower(): void {
    this.#refuses = false;
    this.#end('without power', () => this.#options.disk.cutPower());
  }

  get diskCondition(): DiskCondition {
    return this.#options.disk.condition;
  }

  /** From now on the disk is so. */
  setDisk(condition: DiskCondition): void {
    this.#say(`disk ${condition}`);
    this.#options.disk.condition = condition;
  }

  /** Damages the configuration on disk: its newest copy, or both. */
  damageConfiguration(copies: 'one' | 'both', how: Damage): void {
    this.#say(`configuration ${how}, copies: ${copies}`);
    this.disk.configuration.damage('newest', how);
    if (copies === 'both') this.disk.configuration.damage('older', how);
    this.#observe({ type: 'damaged', copies });
  }

  /** Damages the newest checkpoint of every module, and all codes. */
  damageRest(): void {
    this.#say('checkpoints and codes damaged');
    for (const checkpoints of this.disk.checkpoints.values()) checkpoints.damage('newest', 'damaged');
    for (const code of this.disk.codes) this.disk.spoiledCodes.add(code);
    this.#observe({ type: 'checkpoints-damaged' });
  }

  /** Sets the wall clock, while the node runs or not. */
  setClock(skewMs: number): void {
    this.#say(`clock off by ${skewMs} ms`);
    this.#options.clock.skewMs = skewMs;
  }

  freeze(): void {
    this.#say('frozen');
    this.#run?.tasks.freeze();
  }

  thaw(): void {
    this.#say('thawed');
    this.#observe({ type: 'thawed' });
    this.#run?.tasks.thaw();
  }

  /** Without effect while the node is down. */
  inject(record: VerifiedDeployment, done: (outcome: Injected['outcome']) => void): void {
    this.#run?.inject(record, done);
  }

  receive(from: Peer, letter: Letter, respond: (reply: Reply, sent?: () => void) => void, waits: () => void): void {
    const run = this.#run;
    run?.tasks.enter(() => run.receive(from, letter, respond, waits), letter.kind === 'fetch' ? COSTS.codeMs : COSTS.serveMs);
  }

  /** A node whose incarnation cannot be written ends at once; whoever runs it starts it again. */
  #startLater(): void {
    this.#say('cannot start: the disk refuses');
    this.#options.scheduler.after(START_AGAIN_MS, () => this.start());
  }

  #end(how: string, disk: () => void): void {
    if (this.#run === null) return;
    this.#say(how);
    this.#run.end();
    disk();
    this.#run = null;
    this.running.clear();
    this.#observe({ type: 'down' });
  }

  #watch(): NodeRunWatch {
    const { trace, scheduler } = this.#options;
    return {
      handled: (event, effects) => {
        trace.handled(scheduler.now, this, event, effects);
        this.#observe({ type: 'handled', event, effects });
      },
      died: (event, error) => this.#observe({ type: 'died', event, error }),
      persisted: () => this.#observe({ type: 'persisted' }),
      published: (module, event) => this.#observe({ type: 'published', module, event }),
      acknowledged: (record) => this.#observe({ type: 'acknowledged', record }),
      started: (module, generation, record, code) => this.#observe({ type: 'instance-started', module, generation, record, code }),
      active: (module, instance) => {
        this.running.set(module, instance);
        this.#observe({ type: 'instance-active', module, instance });
      },
      ended: (module, generation, why) => {
        const running = this.running.get(module);
        const served = running?.generation === generation ? running : null;
        if (served !== null) this.running.delete(module);
        this.#observe({ type: 'instance-ended', module, generation, served, why });
      },
      received: (type, module, from, to, generation, takenAt = 0) =>
        this.#observe(type === 'state' ? { type, module, generation, from, to, takenAt } : { type, module, from, to }),
    };
  }

  #say(what: string): void {
    this.#options.trace.line(this.#options.scheduler.now, `${this.peer.name} ${what}`);
  }

  #observe(what: WithoutNode<Happening>): void {
    this.#options.observe({ ...what, node: this });
  }
}
