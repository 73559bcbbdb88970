/** One run of a simulated node, from its start to its end: the engine on virtual devices. */
import type { GossipNode } from '../../gossip/node.ts';
import type { GossipAnswer, GossipRequest } from '../../gossip/messages.ts';
import { NoteBook } from '../../gossip/note-book.ts';
import { strainStep } from '../../gossip/strain.ts';
import type { GossipEffect, GossipEvent, GossipNodeOptions, Injected, ModuleView, NodeView } from '../../gossip/protocol.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { PublishedEvent } from '../../sdk/content.ts';
import type { Content } from '../../model/content.ts';
import type { ContentHash, ModuleName, NodeId, Peer } from '../../model/names.ts';
import type { Trust } from '../../trust/trust.ts';
import type { Words } from '../../trust/words.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import { verifyNote } from '../../trust/node-note.ts';
import type { VerifiedNote } from '../../trust/node-note.ts';
import { Runner } from '../../runner/runner.ts';
import type { Protocol as RunnerProtocol } from '../../runner/runner.ts';
import type { Done, Instance } from '../../runner/ports.ts';
import { noteBrought, rootBrought } from './brought.ts';
import type { Brought } from './brought.ts';
import { RunTasks } from './run-tasks.ts';
import { CodeTransfer } from './code-transfer.ts';
import type { Disk } from './disk.ts';
import type { Letter, Reply, SimNetwork } from '../world/letters.ts';
import { ModuleHosts } from './module-hosts.ts';
import type { HostWatch } from './module-hosts.ts';
import { BEGINNING_MS } from '../../sdk/virtual/scheduler.ts';
import { COSTS } from '../world/costs.ts';
import type { Machines } from '../world/machines.ts';
import { SimulatedPeers } from './simulated-peers.ts';
import { stateEpochAmong } from './provenance.ts';
import type { Provenance } from './provenance.ts';
import type { Random } from '../../sdk/virtual/random.ts';
import type { Scheduler } from '../../sdk/virtual/scheduler.ts';
import { simulatedDisk } from './simulated-disk.ts';
import { NOBODY } from '../../sdk/peer-choice.ts';
import type { PeerChoice } from '../../sdk/peer-choice.ts';

/** What a simulation needs of the protocol. */
export type Protocol = Pick<
  GossipNode,
  'notes' | 'handle' | 'view' | 'peers' | 'records' | 'steps' | 'moduleViews' | 'highestSequence' | 'codesInUse' | 'strain'
>;

export interface NodeRunOptions {
  readonly self: Peer;
  readonly rendezvous: readonly Peer[];
  readonly intervalMs: number;
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly network: SimNetwork;
  readonly disk: Disk;
  /** The first root, as the node's data directory has it. */
  readonly makeTrust: () => Trust;
  readonly makeProtocol: (options: GossipNodeOptions) => Protocol;
  /** What it signs with its own key, in one start. */
  readonly words: (incarnation: number, wall: () => number) => Words;
  /** How far the node's wall clock is off; may change at any time. */
  readonly clock: { skewMs: number };
  /** The machine that the node shares with others; absent where processors are not simulated. */
  readonly machine?: Pick<Machines, 'core' | 'host'> | undefined;
}

export interface NodeRunWatch extends HostWatch {
  handled(event: GossipEvent, effects: readonly GossipEffect[]): void;
  /** The protocol threw: in reality the core would be gone. */
  died(event: GossipEvent, error: unknown): void;
  persisted(): void;
  published(module: ModuleName, event: PublishedEvent): void;
  acknowledged(record: VerifiedDeployment): void;
}

/** Who the operator's commands are. */
const OPERATOR = '0'.repeat(64) as NodeId;

export class NodeRun {
  readonly protocol: Protocol;
  readonly trust: Trust;
  readonly tasks: RunTasks;
  readonly hosts: ModuleHosts;
  readonly #options: NodeRunOptions;
  readonly #watch: NodeRunWatch;
  readonly #runner: Runner;
  readonly #peers: SimulatedPeers;
  readonly #codes: CodeTransfer;
  readonly #startedAt: number;
  /** Code of injections under way: no record names it yet. */
  readonly #comingIn = new Set<ContentHash>();
  /** What the instances that are about to start belong to. */
  readonly #provenances = new Map<string, Provenance>();
  #forModules: { readonly choice: PeerChoice; readonly until: number } = { choice: NOBODY, until: -1 };

  constructor(options: NodeRunOptions, watch: NodeRunWatch) {
    const { self, scheduler, network, disk, intervalMs } = options;
    const { incarnation, records, steps, notes, hints } = disk.content;
    const trust = options.makeTrust();
    trust.adopt(trust.reached(steps).root);
    this.trust = trust;
    const book = new NoteBook();
    book.merge(notes.map((envelope) => verifyNote(envelope, trust.root)));
    const random = options.random.fork(`run ${incarnation}`);
    this.#options = options;
    this.#watch = watch;
    this.#startedAt = scheduler.now;
    this.tasks = new RunTasks(scheduler, options.machine?.core(self.id));
    const after = (delayMs: number, run: () => void): void => this.tasks.after(delayMs, run);
    const wallMs = (): number => BEGINNING_MS + scheduler.now + options.clock.skewMs;
    this.#peers = new SimulatedPeers({ self, incarnation, network, trust, enter: (run, costMs) => this.tasks.enter(run, costMs) });
    this.#codes = new CodeTransfer({ self, network, disk, tasks: this.tasks, random: random.fork('codes') });
    this.protocol = options.makeProtocol({
      self,
      incarnation,
      intervalMs,
      rendezvous: options.rendezvous,
      trust,
      notes: book,
      words: options.words(incarnation, wallMs),
      runs: () => true,
      records,
      hints,
      random: random.fork('protocol').next,
    });
    this.hosts = new ModuleHosts({
      self,
      incarnation,
      intervalMs,
      random: random.fork('instances'),
      wallMs,
      now: () => scheduler.now,
      after,
      thread: () => options.machine?.host(self.id) ?? null,
      promising: () => scheduler.promising(),
      peers: () => this.#peersForModules(),
      // As cores tell their hosts.
      strain: () => strainStep(this.protocol.strain),
      check: (code) => disk.content.check(code),
      provenance: (order) => this.#provenanceOf(order),
      watch,
    });
    const ports = {
      clock: { now: () => this.#now, after },
      peers: this.#peers,
      disk: simulatedDisk({ disk, tasks: this.tasks, now: () => scheduler.now, persisted: () => watch.persisted() }),
      codes: { obtain: this.#codes.fetch.bind(this.#codes), sweep: () => this.#sweep() },
      hosts: this.hosts,
      audience: { publish: (module: ModuleName, event: PublishedEvent) => watch.published(module, event) },
      remarks: { note: () => undefined, disk: () => undefined, lastCheckpointFailed: () => undefined },
    };
    this.#runner = new Runner(this.#watched(this.protocol), ports, { intervalMs });
  }

  start(): void {
    this.tasks.enter(() => {
      this.#runner.start();
      this.tasks.watchProcessor((lately) => this.#runner.handle({ type: 'processor', ...lately }));
    }, COSTS.coreStartMs);
  }

  /** An orderly end, with last checkpoints; and a goodbye, where the node leaves. */
  stop(done: () => void, goodbye: boolean): void {
    this.#runner.stop(done, { goodbye });
  }

  /** The run is over, in whatever it was just doing. */
  end(): void {
    this.tasks.end();
    this.#runner.end();
    this.hosts.endAll();
  }

  view(): readonly ModuleView[] {
    return this.protocol.moduleViews(this.#now);
  }

  /** All that the node says of itself; costly. */
  whole(): NodeView {
    return this.protocol.view(this.#now);
  }

  /** An operator brings a deployment: it is here with its code before the protocol hears of it (law 5). */
  inject(record: VerifiedDeployment, done: (outcome: Injected['outcome']) => void): void {
    const { code } = record.deployment;
    const { disk } = this.#options;
    const come = (): void =>
      this.#runner.inject(record, 'cluster', ({ outcome }) => {
        if (code !== null) this.#comingIn.delete(code.hash);
        if (outcome === 'applied' || outcome === 'known') this.#watch.acknowledged(record);
        done(outcome);
      });
    if (code !== null) this.#comingIn.add(code.hash);
    if (code === null || disk.content.codes.has(code.hash)) return come();
    return disk.write({ file: 'code', code: code.hash }, (refusal) =>
      this.tasks.enter(() => (refusal === null ? come() : done('refused'))),
    );
  }

  /** An operator brings the newest root, with as many of the steps as are lacking here and go into one message; `done`: it is durable. */
  takeRoot(root: TrustedRoot, done: () => void, records: readonly VerifiedDeployment[]): void {
    this.#bring(rootBrought(this.#options.self.address, root, this.trust.root.root.version, records), done);
  }

  /** An operator brings a note about a node; `done`: it is durable. */
  takeNote(note: VerifiedNote, done: () => void): void {
    this.#bring(noteBrought(this.#options.self.address, note), done);
  }

  /** An application on the node's machine asks a module. */
  request(module: ModuleName, content: Content, done: Done<Content>): void {
    this.#runner.request(module, content, done);
  }

  lost(id: NodeId): void {
    this.#runner.handle({ type: 'peer-lost', id });
  }

  receive(from: Peer, letter: Letter, respond: (reply: Reply, sent?: () => void) => void, waits: () => void): void {
    // In reality its connections end before a byte of HTTP.
    if (letter.kind !== 'message' && this.protocol.notes.revocation(from.id) !== undefined) return;
    if (letter.kind !== 'message') return this.#codes.serve(letter, from, respond, waits);
    return this.#peers.receive(
      letter.wire,
      (message, done, incarnation) => this.#runner.ask(from, message, incarnation, done),
      (wire) => respond({ kind: 'message', wire }),
    );
  }

  #bring({ wire, isHeld }: Brought, done: () => void): void {
    const ask = (message: GossipRequest, answered: Done<GossipAnswer>): void => this.#runner.ask({ id: OPERATOR }, message, null, answered);
    this.tasks.enter(() => this.#peers.receive(wire, ask, (answer) => isHeld(answer) && done()), COSTS.serveMs);
  }

  #watched(protocol: Protocol): RunnerProtocol {
    return {
      handle: (event, now) => this.#handle(event, now),
      moduleViews: (now) => protocol.moduleViews(now),
      records: () => protocol.records(),
      steps: () => protocol.steps(),
      notes: protocol.notes,
    };
  }

  #handle(event: GossipEvent, now: number): GossipEffect[] {
    const effects = this.#effectsOf(event, now);
    for (const effect of effects) {
      if (effect.type !== 'start-instance') continue;
      // What an instance is, is settled when the protocol decides to start it.
      this.#provenances.set(keyOf(effect), {
        deployment: effect.record.hash,
        stateEpoch: stateEpochAmong(this.protocol.records(), effect.module),
      });
    }
    this.#watch.handled(event, effects);
    return effects;
  }

  #effectsOf(event: GossipEvent, now: number): GossipEffect[] {
    try {
      return this.protocol.handle(event, now);
    } catch (error) {
      this.#watch.died(event, error);
      throw error;
    }
  }

  #provenanceOf(order: Instance): Provenance {
    const provenance = this.#provenances.get(keyOf(order)) as Provenance;
    this.#provenances.delete(keyOf(order));
    return provenance;
  }

  /** Renewed once in a round. */
  #peersForModules(): PeerChoice {
    const { scheduler, intervalMs } = this.#options;
    if (scheduler.now >= this.#forModules.until) this.#forModules = { choice: this.protocol.peers(), until: scheduler.now + intervalMs };
    return this.#forModules.choice;
  }

  #sweep(): void {
    const kept = new Set([...this.protocol.codesInUse(), ...this.#comingIn]);
    const { codes } = this.#options.disk.content;
    for (const code of codes) if (!kept.has(code)) codes.delete(code);
  }

  /** The node's forward clock begins with the run. */
  get #now(): number {
    return this.#options.scheduler.now - this.#startedAt;
  }
}

function keyOf({ module, generation }: Instance): string {
  return `${module}/${generation}`;
}
