/** The core: the engine on real clocks, sockets, disks and processes. */
import { join } from 'node:path';
import type { NumberScope } from '../api/deployments.ts';
import type { TakenState } from '../api/state.ts';
import type { EffectOf, GossipEvent, Injected, Note, Sighting } from '../gossip/protocol.ts';
import { GossipNode } from '../gossip/node.ts';
import type { NoteBook } from '../gossip/note-book.ts';
import type { GossipAnswer, GossipRequest } from '../gossip/messages.ts';
import { deploymentName } from '../model/deployment.ts';
import type { CodeReference, VerifiedDeployment } from '../model/deployment.ts';
import type { StateBytes } from '../model/state-bytes.ts';
import type { Address, ContentHash, ModuleName, NodeId, Peer } from '../model/names.ts';
import { errorOf, failureOf, GossipError } from '../model/errors.ts';
import type { Failure } from '../model/errors.ts';
import type { Audience, CodeFailed, RunnerPorts } from '../runner/ports.ts';
import { notRunning } from '../runner/instances.ts';
import { IncomingCode } from '../runner/incoming-code.ts';
import { Runner } from '../runner/runner.ts';
import type { Content } from '../model/content.ts';
import type { Trust } from '../trust/trust.ts';
import type { Words } from '../trust/words.ts';
import type { Json } from '../sdk/json.ts';
import type { NodeAudience } from './audience.ts';
import { Checkpoints } from './adapters/checkpoints.ts';
import type { Clock } from './adapters/clock.ts';
import { CodePieces } from './peers/code-pieces.ts';
import { fetchCode } from './peers/code-fetch.ts';
import { diskOf } from './adapters/disk.ts';
import { DiskTrouble } from './adapters/disk-trouble.ts';
import { ModuleHosts } from './adapters/hosts.ts';
import { HttpsPeers } from './adapters/peers.ts';
import { ProcessorClock } from './adapters/processor-time.ts';
import type { InspectionOf } from './hosting/inspection.ts';
import { SpareHost } from './hosting/spare-host.ts';
import type { ModuleUses } from './hosting/uses-port.ts';
import { endInOrder } from './last-states.ts';
import { Arrivals } from './log/arrivals.ts';
import { isModuleError } from './log/log.ts';
import type { Logger } from './log/log.ts';
import { journalEntry, levelOf } from './log/protocol-notes.ts';
import type { PeerCalls } from './peers/peer-calls.ts';
import { PeerWatch } from './peers/peer-watch.ts';
import { SourceBusy } from './peers/source.ts';
import { makeRoom } from './adapters/make-room.ts';
import type { DataDirectory } from './store/data-directory.ts';
import type { LeaveAnswer } from './store/leave-wish.ts';
import type { LogBook } from './store/logs/log-book.ts';
import { Timers } from './adapters/timers.ts';
import type { Traffic } from './adapters/traffic.ts';
import { UnderWay } from './adapters/under-way.ts';

export interface CoreOptions {
  readonly self: Peer;
  readonly incarnation: number;
  readonly rendezvous: readonly Peer[];
  readonly runs: (module: string) => boolean;
  readonly records: readonly VerifiedDeployment[];
  readonly hints: ConstructorParameters<typeof GossipNode>[0]['hints'];
  readonly intervalMs: number;
  /** Whether a host process waits for the next start. */
  readonly sparesHost: boolean;
  readonly data: DataDirectory;
  readonly calls: PeerCalls;
  readonly trust: Trust;
  /** What is known of notes about nodes; default: nothing. */
  readonly notes?: NoteBook;
  /** Ends the connections with a node that was revoked. */
  readonly part?: (id: NodeId) => void;
  readonly words: Words;
  readonly clock: Clock;
  readonly log: Logger;
  /** How modules of this node use each other. */
  readonly uses: ModuleUses;
  /** Whose hosts debuggers may come into; absent but in a lab. */
  readonly inspection?: InspectionOf<ModuleName> | undefined;
  /** Counts what the core adds to messages; absent where nobody asks. */
  readonly traffic?: Traffic | undefined;
  /** Told what modules publish, and what the node notes; absent where nobody listens. */
  readonly audience?: NodeAudience;
}

const NOBODY_LISTENS: Audience = { publish: () => undefined };

export class Core {
  readonly node: GossipNode;
  readonly hosts: ModuleHosts;
  readonly spareHost: SpareHost;
  readonly incoming = new IncomingCode((delayMs, run) => void setTimeout(run, delayMs).unref());
  readonly pieces: CodePieces;
  /** How many bytes the state of each module has that lies on the disk. */
  readonly stateSizes = new Map<ModuleName, number>();
  readonly arrivals = new Arrivals();
  readonly #options: CoreOptions;
  readonly #runner: Runner;
  readonly #timers: Timers;
  readonly #processor = new ProcessorClock();
  /** Fetches, sweeps and writes: what may still write to the disk. */
  readonly #work = new UnderWay();
  readonly #disk: DiskTrouble;
  #alsoKeep: () => readonly ContentHash[] = () => [];
  #sweep: Promise<void> = Promise.resolve();

  constructor(options: CoreOptions) {
    this.#options = options;
    this.pieces = new CodePieces(options.data.content);
    this.#disk = new DiskTrouble(options.log, () => options.data.logs.giveWay());
    this.#timers = new Timers(() => options.clock.forward());
    this.node = new GossipNode({ ...options, random: Math.random });
    this.spareHost = new SpareHost({ directory: join(options.data.dir, 'spare-host'), strain: () => this.node.strain });
    this.hosts = new ModuleHosts({
      ...options,
      content: options.data.content,
      logs: options.data.logs,
      peers: () => this.node.peers(),
      strain: () => this.node.strain,
      ...(options.sparesHost && { spareHost: this.spareHost }),
    });
    this.#runner = new Runner(this.node, this.#ports(), options);
  }

  /** What the node and its modules have logged. */
  get logs(): LogBook {
    return this.#options.data.logs;
  }

  get diskError(): Failure | null {
    return this.#disk.current;
  }

  /** `alsoKeep`: code that is no garbage although no record names it yet. */
  start({ alsoKeep }: { alsoKeep: () => readonly ContentHash[] }): void {
    const { intervalMs, log, audience } = this.#options;
    this.#alsoKeep = alsoKeep;
    this.#runner.start();
    this.#timers.every(intervalMs, () => this.hosts.refresh());
    this.#processor.watch(this.#timers, (lately) => this.#runner.handle({ type: 'processor', ...lately }));
    new PeerWatch(log, audience).watch(this.#timers, intervalMs, () => this.#hints());
  }

  /** Has older code give way to this one; the first deployment of a module must fit, or is refused. */
  makeRoom(code: CodeReference, { mustFit = false, alsoKeep = [] as readonly ContentHash[] } = {}): Promise<void> {
    const { content, quotaBytes } = this.#options.data;
    const needed = (): readonly ContentHash[] => [...this.node.keptCodes.needed(), ...alsoKeep];
    const room = { content, quotaBytes, needed, spare: () => this.node.keptCodes.spare() };
    const made = this.#sweep.then(() => makeRoom(room, code, mustFit));
    this.#sweep = this.#work.track(made.catch(() => undefined));
    return made;
  }

  /** Resolves when no garbage is being thrown away: code that is wanted by then is safe from then on. */
  swept(): Promise<void> {
    return this.#sweep;
  }

  knows({ hash }: VerifiedDeployment): boolean {
    return this.node.configuration.has(hash);
  }

  /** Of peers that answered their last call, and have not left. */
  livingAddresses(): readonly Address[] {
    return this.#hints()
      .filter(({ proven, failures, left }) => proven && failures === 0 && left === undefined)
      .map(({ address }) => address);
  }

  #hints(): readonly Sighting[] {
    return this.node.view(this.#options.clock.forward()).hints;
  }

  handle(event: GossipEvent): void {
    this.#runner.handle(event);
  }

  /** Puts a peer's request to the protocol and resolves with its answer. */
  ask(from: Peer | { readonly id: NodeId }, message: GossipRequest, incarnation: number | null = null): Promise<GossipAnswer> {
    return new Promise((resolve, reject) => {
      this.#runner.ask(from, message, incarnation, (outcome) => {
        if ('value' in outcome) resolve(outcome.value);
        else reject(errorOf(outcome.failure));
      });
    });
  }

  /** Puts an application's request to a module and resolves with its answer. */
  request(module: ModuleName, content: Content): Promise<Content> {
    return new Promise((resolve, reject) => {
      this.#runner.request(module, content, (outcome) => ('value' in outcome ? resolve(outcome.value) : reject(errorOf(outcome.failure))));
    });
  }

  /** Resolves once the record is durable here; 'taken': another record has the sequence. */
  async inject(record: VerifiedDeployment, scope: NumberScope = 'cluster'): Promise<Exclude<Injected['outcome'], 'refused'>> {
    const answer = await new Promise<Injected>((resolve) => this.#runner.inject(record, scope, resolve));
    if (answer.outcome === 'refused') throw new GossipError(answer.why.code, answer.why.message);
    return answer.outcome;
  }

  /** What the running instance of `module` shows of its state. */
  inspect(module: ModuleName): Promise<Json> {
    const { modules } = this.node.view(this.#options.clock.forward());
    return this.hosts.inspect(module, modules.find((view) => view.name === module)?.generation ?? null);
  }

  /** The state of the running instance of `module`, which goes on; taken after what was asked of it before. */
  async takeState(module: ModuleName): Promise<TakenState> {
    const view = this.node.view(this.#options.clock.forward()).modules.find(({ name }) => name === module);
    if (view === undefined) throw new GossipError('GOSSIP_E_MODULE_UNKNOWN', `no module '${module}' was ever deployed here`);
    const { running } = view;
    if (running === null || running.deployment.code === null) throw errorOf(notRunning(module));
    const state = await new Promise<StateBytes>((resolve, reject) =>
      this.#runner.takeState(view, (outcome) => ('value' in outcome ? resolve(outcome.value) : reject(errorOf(outcome.failure)))),
    );
    return { deployment: deploymentName(running.deployment), code: running.deployment.code.hash, state };
  }

  /** A last checkpoint of every running instance, where the node leaves its goodbye, then the end of all instances and of everything that waits for an answer. */
  async stop({ goodbye = false } = {}): Promise<LeaveAnswer> {
    this.logs.endReaders();
    const told = await endInOrder(this.#runner, { ...this.#options, node: this.node, sizes: this.stateSizes, goodbye });
    this.pieces.stop();
    await this.spareHost.end();
    this.#timers.clear();
    this.#processor.close();
    return told;
  }

  /** After `stop`, and after the end of all calls to peers: nothing writes to the disk any more. */
  settled(): Promise<void> {
    return this.#work.settled();
  }

  #ports(): RunnerPorts {
    const { configuration, hints, journal, checkpoints: store } = this.#options.data;
    const checkpoints = new Checkpoints({ ...this.#options, store, journal, sizes: this.stateSizes });
    return {
      clock: this.#timers,
      peers: new HttpsPeers(this.#options),
      disk: diskOf({ configuration, hints, checkpoints, work: this.#work }),
      codes: {
        obtain: (wanted, done) => void this.#work.track(this.#fetch(wanted).then(({ failed, wrong }) => done(failed, wrong))),
        sweep: () => this.#throwGarbage(),
      },
      hosts: this.hosts,
      audience: this.#options.audience ?? NOBODY_LISTENS,
      remarks: {
        note: (note) => this.#note(note),
        disk: (what, refusal) => this.#disk.tell(what, refusal),
        lastCheckpointFailed: (module, failure) => checkpoints.failed(module, 'last-checkpoint-failed', failure),
      },
    };
  }

  async #fetch(wanted: EffectOf<'fetch-code'>): Promise<{ failed: CodeFailed | null; wrong: readonly NodeId[] }> {
    const { code, from, others, patienceMs, waitMs } = wanted;
    const { data, calls, self } = this.#options;
    const wrong: NodeId[] = [];
    this.incoming.began(code.hash, from.id);
    try {
      await this.makeRoom(code);
      if (!(await data.content.has(code.hash))) {
        const begun = (): void => this.incoming.begun(code.hash);
        const inPieces = () =>
          this.pieces.fetch({ code: code.hash, calls, self: self.id, from, others, patienceMs, begun, onWrong: (id) => wrong.push(id) });
        await fetchCode({ calls, store: data.content, patienceMs, waitMs, inPieces }, code, from);
      }
      this.incoming.ended(code.hash, true);
      return { failed: null, wrong };
    } catch (error) {
      this.incoming.ended(code.hash, false);
      return { failed: { failure: failureOf(error), referrals: error instanceof SourceBusy ? error.referrals : [] }, wrong };
    }
  }

  #throwGarbage(): void {
    const { content } = this.#options.data;
    const keepOnly = () =>
      content.keepOnly(
        new Set([...this.node.codesInUse(), ...this.#alsoKeep()]),
        new Set([...this.node.keptCodes.needed(), ...this.#alsoKeep()]),
      );
    this.#sweep = this.#work.track(this.#sweep.then(() => this.#disk.tolerate('code', keepOnly)));
  }

  #note(note: Note): void {
    this.arrivals.noted(note, this.#options.clock.forward());
    this.#options.audience?.noted(note);
    const { event, ...fields } = journalEntry(note);
    this.#options.data.journal.append({ event, ...fields });
    const level = levelOf(note);
    if (isModuleError(event, level)) {
      const { module, deployment, ...rest } = fields;
      this.logs.append(module as ModuleName, { level, deployment: deployment as string, text: event, fields: rest });
    }
    this.#options.log[level](fields, event);
  }
}
