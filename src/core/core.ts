/** The core: performs the protocol's effects with real clocks, sockets, disks and processes. */
import type { NumberScope } from '../gossip/configuration.ts';
import type { EffectOf, GossipEffect, GossipEvent, Token } from '../gossip/protocol.ts';
import { GossipNode } from '../gossip/node.ts';
import type { GossipAnswer, GossipRequest } from '../gossip/messages.ts';
import { decodeAnswer, encodeRequest } from '../gossip/wire.ts';
import type { CodeReference, VerifiedDeployment } from '../model/deployment.ts';
import type { ContentHash, ModuleName, NodeId, Peer } from '../model/names.ts';
import { GossipError } from '../model/errors.ts';
import type { Json } from '../sdk/json.ts';
import { Checkpoints } from './checkpoints.ts';
import type { Clock } from './clock.ts';
import { fetchCode, SourceBusy } from './code-fetch.ts';
import { DiskTrouble } from './disk-trouble.ts';
import { EffectQueue } from './effect-queue.ts';
import { failureOf, Instances } from './instances.ts';
import type { Logger } from './log.ts';
import { journalEntry, levelOf } from './notes.ts';
import type { PeerCalls } from './peer-calls.ts';
import { makeRoom } from './room.ts';
import type { DataDirectory } from './store/data-directory.ts';

/** Longest that a peer may take to answer an exchange. */
const EXCHANGE_MS = 5_000;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
/** How often a refused write is tried again. */
const DISK_RETRY_MS = 1_000;
/** How often code that no deployment needs any more is thrown away. */
const GARBAGE_MS = 60_000;

/** 'taken': another record has the sequence. */
export type Outcome = 'applied' | 'known' | 'taken';

export interface CoreOptions {
  readonly self: Peer;
  readonly incarnation: number;
  readonly rendezvous: readonly Peer[];
  readonly runs: (module: string) => boolean;
  readonly records: readonly VerifiedDeployment[];
  readonly hints: ConstructorParameters<typeof GossipNode>[0]['hints'];
  readonly intervalMs: number;
  readonly data: DataDirectory;
  readonly calls: PeerCalls;
  readonly verify: (envelope: unknown) => VerifiedDeployment;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Waiting<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: GossipError) => void;
}

export class Core {
  readonly node: GossipNode;
  readonly instances: Instances;
  readonly #options: CoreOptions;
  readonly #queue: EffectQueue;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #answers = new Map<Token, Waiting<GossipAnswer>>();
  readonly #injections = new Map<Token, Waiting<Outcome>>();
  /** Fetches and sweeps under way: what may still write to the disk. */
  readonly #work = new Set<Promise<void>>();
  /** Tokens of events that the core begins: requests, injections, and instances' exchanges. */
  #lastToken = 0;
  readonly #disk: DiskTrouble;
  readonly #checkpoints: Checkpoints;
  #sweep: Promise<void> = Promise.resolve();
  #leaving = false;
  #stopped = false;

  constructor(options: CoreOptions) {
    this.#options = options;
    this.#disk = new DiskTrouble(options.log, DISK_RETRY_MS);
    const { checkpoints: store, journal } = options.data;
    this.#checkpoints = new Checkpoints({ ...options, store, journal, disk: this.#disk });
    this.node = new GossipNode({ ...options, random: Math.random });
    this.instances = new Instances({
      self: options.self,
      incarnation: options.incarnation,
      intervalMs: options.intervalMs,
      content: options.data.content,
      log: options.log,
      peers: () => this.node.peers(),
      newToken: () => ++this.#lastToken,
      report: (event) => this.handle(event),
    });
    this.#queue = new EffectQueue({
      perform: (effect) => this.#perform(effect),
      refuse: (effect, error) => this.#take(this.#injections, effect.token)?.reject(error),
      onDisk: (error) => this.#disk.tell('the configuration', error),
      retryMs: DISK_RETRY_MS,
    });
  }

  get diskError(): GossipError | null {
    return this.#disk.current;
  }

  /** `alsoKeep`: code that is no garbage although no record names it yet. */
  start({ alsoKeep }: { alsoKeep: () => readonly ContentHash[] }): void {
    this.handle({ type: 'start' });
    this.#repeat(this.#options.intervalMs, () => this.instances.refreshPeers());
    this.#repeat(GARBAGE_MS, () => this.#throwGarbage(alsoKeep));
  }

  #throwGarbage(alsoKeep: () => readonly ContentHash[]): void {
    const { content } = this.#options.data;
    const keepOnly = () =>
      content.keepOnly(new Set([...this.node.codesInUse(), ...alsoKeep()]), new Set([...this.node.keptCodes.needed(), ...alsoKeep()]));
    const sweep = async () => void (await this.#disk.tolerate('code', keepOnly));
    this.#sweep = this.#track(this.#sweep.then(sweep));
  }

  /** Has older code give way to this one; the first deployment of a module must fit, or is refused. */
  makeRoom(code: CodeReference, { mustFit = false, alsoKeep = [] as readonly ContentHash[] } = {}): Promise<void> {
    const { content, quotaBytes } = this.#options.data;
    const needed = (): readonly ContentHash[] => [...this.node.keptCodes.needed(), ...alsoKeep];
    const room = { content, quotaBytes, needed, spare: () => this.node.keptCodes.spare() };
    const made = this.#sweep.then(() => makeRoom(room, code, mustFit));
    this.#sweep = this.#track(made.catch(() => undefined));
    return made;
  }

  /** Resolves when no garbage is being thrown away: code that is wanted by then is safe from then on. */
  swept(): Promise<void> {
    return this.#sweep;
  }

  knows({ hash }: VerifiedDeployment): boolean {
    return this.node.record(hash) !== undefined;
  }

  handle(event: GossipEvent): void {
    if (this.#stopped) return;
    this.#queue.push(this.node.handle(event, this.#options.clock.forward()));
  }

  /** Puts a peer's request to the protocol and resolves with its answer. */
  ask(from: Peer | { readonly id: NodeId }, message: GossipRequest, incarnation: number | null = null): Promise<GossipAnswer> {
    return this.#wait(this.#answers, (token) => ({ type: 'request', token, from, message, incarnation }));
  }

  /**
   * Resolves once the record is durable here. It is so before the protocol hears of it: a deployment that was refused
   * because of the disk must not spread.
   */
  async inject(record: VerifiedDeployment, scope: NumberScope = 'cluster'): Promise<Outcome> {
    const { configuration } = this.#options.data;
    const news = !this.knows(record);
    if (news && this.node.taken(record, scope)) return 'taken';
    if (news) await configuration.save([record, ...this.node.records()]);
    const outcome = await this.#wait(this.#injections, (token) => ({ type: 'inject', token, record, scope }));
    // Another record came in between: this one shall not come back with the next start.
    if (outcome === 'taken') await configuration.save(this.node.records());
    return outcome;
  }

  /** Begins something with the event, and resolves when the protocol is done with it. */
  #wait<T>(waiting: Map<Token, Waiting<T>>, event: (token: Token) => GossipEvent): Promise<T> {
    if (this.#stopped) return Promise.reject(stopping());
    const token = ++this.#lastToken;
    return new Promise((resolve, reject) => {
      waiting.set(token, { resolve, reject });
      this.handle(event(token));
    });
  }

  /** What the running instance of `module` shows of its state. */
  inspect(module: ModuleName): Promise<Json> {
    const { modules } = this.node.view(this.#options.clock.forward());
    return this.instances.inspect(module, modules.find((view) => view.name === module)?.generation ?? null);
  }

  /** A last checkpoint of every running instance, then the end of all instances and of everything that waits for an answer. */
  async stop(): Promise<void> {
    const { modules } = this.node.view(this.#options.clock.forward());
    await Promise.all(modules.map((view) => this.#checkpoints.last(view, this.instances.host(view.name, view.generation))));
    // Modules say goodbye, through a protocol that begins nothing by itself any more.
    this.#leaving = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await this.instances.stopAll();
    this.#stopped = true;
    await this.#queue.idle();
    this.#queue.close();
    for (const { reject } of [...this.#answers.values(), ...this.#injections.values()]) reject(stopping());
  }

  /** After `stop`, and after the end of all calls to peers: nothing writes to the disk any more. */
  async settled(): Promise<void> {
    await Promise.all([...this.#work, this.#disk.close()]);
  }

  #perform(effect: GossipEffect): Promise<void> | void {
    const { data } = this.#options;
    switch (effect.type) {
      case 'timer':
        return this.#timer(effect.token, effect.at);
      case 'send':
        return void this.#send(effect.token, effect.to, effect.message);
      case 'respond':
        return this.#take(this.#answers, effect.token)?.resolve(effect.message);
      case 'injected':
        return this.#take(this.#injections, effect.token)?.resolve(effect.outcome);
      case 'persist-configuration':
        return data.configuration.save(effect.records);
      case 'persist-hints':
        return this.#disk.insist('hints', () => data.hints.save(effect.hints));
      case 'persist-checkpoint':
        return void this.#track(this.#checkpoints.save(effect));
      case 'drop-checkpoint':
        return void this.#track(this.#checkpoints.drop(effect.module));
      case 'load-checkpoint':
        return void this.#loadCheckpoint(effect.module);
      case 'fetch-code':
        return void this.#track(this.#fetch(effect));
      case 'start-instance':
        return this.instances.start(effect);
      case 'take-state':
        return this.#checkpoints.afterWrites(effect.module, () => this.instances.takeState(effect));
      case 'accept-state':
        return this.instances.acceptState(effect);
      case 'activate':
        return this.instances.activate(effect);
      case 'stop-instance':
        return void this.instances.stop(effect);
      case 'deliver':
        return this.instances.deliver(effect);
      case 'module-reply':
        return this.instances.reply(effect);
      case 'note':
        return this.#note(effect);
    }
  }

  #timer(token: Token, at: number): void {
    if (this.#leaving) return;
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        this.handle({ type: 'timer', token });
      },
      Math.max(0, at - this.#options.clock.forward()),
    );
    this.#timers.add(timer);
  }

  async #send(token: Token, to: Peer, message: GossipRequest): Promise<void> {
    try {
      const wire = encodeRequest(message, this.#options.self.address, this.#options.incarnation);
      const answer = await this.#options.calls.request(to, { ...wire, timeoutMs: EXCHANGE_MS, maxBytes: MAX_ANSWER_BYTES });
      this.handle({ type: 'answer', token, message: decodeAnswer(message, answer, this.#options.verify) });
    } catch (error) {
      this.handle({ type: 'no-answer', token, failure: failureOf(error) });
    }
  }

  async #fetch({ token, code, from, patienceMs }: EffectOf<'fetch-code'>): Promise<void> {
    try {
      const { content } = this.#options.data;
      await this.makeRoom(code);
      if (!(await content.has(code.hash))) await fetchCode({ calls: this.#options.calls, store: content, patienceMs }, code, from);
      this.handle({ type: 'code-fetched', token });
    } catch (error) {
      const referrals = error instanceof SourceBusy ? error.referrals : [];
      this.handle({ type: 'code-failed', token, failure: failureOf(error), referrals });
    }
  }

  async #loadCheckpoint(module: ModuleName): Promise<void> {
    this.handle({ type: 'checkpoint-loaded', module, ...(await this.#checkpoints.load(module)) });
  }

  #note(effect: EffectOf<'note'>): void {
    const { event, ...fields } = journalEntry(effect.note);
    this.#options.data.journal.append({ event, ...fields });
    this.#options.log[levelOf(effect.note)](fields, event);
  }

  #track(work: Promise<void>): Promise<void> {
    const tracked = work.finally(() => this.#work.delete(tracked));
    this.#work.add(tracked);
    return tracked;
  }

  #repeat(everyMs: number, task: () => unknown): void {
    this.#timers.add(setInterval(task, everyMs));
  }

  #take<T>(waiting: Map<Token, T>, token: Token): T | undefined {
    const found = waiting.get(token);
    waiting.delete(token);
    return found;
  }
}

function stopping(): GossipError {
  return new GossipError('GOSSIP_E_STOPPING', 'the node is stopping');
}
