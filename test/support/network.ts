/**
 * A few nodes on a network in memory, with virtual time: the engine on disks that outlive a crash, codes, and instances whose
 * behaviour their code's label names. Messages really are encoded and decoded.
 */
import { GossipNode } from '../../src/gossip/node.ts';
import { NoteBook } from '../../src/gossip/note-book.ts';
import { verifyNote } from '../../src/trust/node-note.ts';
import type { Checks } from '../../src/gossip/checks.ts';
import type { Asker, EffectOf, Checkpoint, Failure, GossipEvent, Hint, ModuleReply, Note } from '../../src/gossip/protocol.ts';
import type { GossipAnswer, GossipRequest } from '../../src/gossip/messages.ts';
import { decodeAnswer, decodeRequest, encodeAnswer, encodeRequest, incarnationOf } from '../../src/gossip/wire.ts';
import { deploymentName } from '../../src/model/deployment.ts';
import type { Envelope, VerifiedDeployment } from '../../src/model/deployment.ts';
import type { TrustedRoot } from '../../src/trust/root.ts';
import { Trust } from '../../src/trust/trust.ts';
import type { Words } from '../../src/trust/words.ts';
import type { ContentHash, ModuleName, NodeId, Peer } from '../../src/model/names.ts';
import type { PublishedEvent } from '../../src/sdk/content.ts';
import type { Content } from '../../src/model/content.ts';
import { REQUEST_MS, USE_MS } from '../../src/sdk/limits.ts';
import type { CodeFailed, Done, Host, HostEvents, RunnerPorts, StartOrder } from '../../src/runner/ports.ts';
import type { Goodbye } from '../../src/runner/goodbyes.ts';
import { Runner } from '../../src/runner/runner.ts';
import { stateOf, textOf } from '../../src/model/state-bytes.ts';
import type { StateBytes } from '../../src/model/state-bytes.ts';
import { seeded, verify } from './records.ts';

const STATELESS: Failure = { code: 'GOSSIP_E_MODULE_STATE', message: 'it gives no state' };

export interface NetworkOptions {
  readonly intervalMs?: number;
  readonly latencyMs?: number;
  readonly seed?: number;
  readonly checks?: Checks;
  readonly rendezvous?: readonly Peer[];
  /** The root that nodes begin with, where it may change. */
  readonly root?: TrustedRoot;
  readonly runs?: (module: ModuleName, node: string) => boolean;
  /** What a node signs in this start of its; then messages tell which of its starts the sender is in, as real ones do. */
  readonly words?: (peer: Peer, incarnation: number) => Words;
}

/** Changes what goes from one node to another, as somebody in between would. */
export type Tamper = <Message extends GossipRequest | GossipAnswer>(message: Message, from: Peer, to: Peer) => Message;

export class Network {
  readonly options: Required<Omit<NetworkOptions, 'checks' | 'root' | 'words'>> &
    Pick<NetworkOptions, 'root' | 'words'> & { readonly checks: Checks | undefined };
  readonly nodes = new Map<string, TestNode>();
  readonly random: () => number;
  /** Requests that were sent and code that was fetched, a line each. */
  readonly trace: string[] = [];
  now = 0;
  tamper: Tamper = (message) => message;
  readonly #queue: { at: number; order: number; act: () => void }[] = [];
  #order = 0;

  constructor(options: NetworkOptions = {}) {
    this.options = { intervalMs: 1_000, latencyMs: 2, seed: 1, rendezvous: [], runs: () => true, checks: undefined, ...options };
    this.random = seeded(this.options.seed);
  }

  add(peer: Peer): TestNode {
    const node = new TestNode(this, peer);
    this.nodes.set(peer.name, node);
    return node;
  }

  node(name: string): TestNode {
    const node = this.nodes.get(name);
    if (node === undefined) throw new Error(`no node ${name}`);
    return node;
  }

  at(peer: Peer): TestNode | undefined {
    return [...this.nodes.values()].find((node) => node.peer.address === peer.address && node.gossip !== null);
  }

  later(delayMs: number, act: () => void): void {
    const event = { at: this.now + Math.max(0, delayMs), order: (this.#order += 1), act };
    const place = this.#queue.findLastIndex(({ at }) => at <= event.at) + 1;
    this.#queue.splice(place, 0, event);
  }

  run(durationMs: number): void {
    const end = this.now + durationMs;
    for (let next = this.#queue[0]; next !== undefined && next.at <= end; next = this.#queue[0]) {
      this.#queue.shift();
      this.now = next.at;
      next.act();
    }
    this.now = end;
  }

  /** Runs until the condition holds; false when it did not within the given time. */
  runUntil(condition: () => boolean, mostMs: number): boolean {
    for (let spent = 0; spent < mostMs && !condition(); spent += 50) this.run(50);
    return condition();
  }
}

const down: Failure = { code: 'GOSSIP_E_NOT_LISTENING', message: 'nobody listens there' };

export class TestNode {
  readonly network: Network;
  readonly peer: Peer;
  /** What outlives a crash. */
  readonly disk = {
    records: [] as readonly VerifiedDeployment[],
    steps: [] as readonly Envelope[],
    notes: [] as readonly Envelope[],
    hints: [] as readonly Hint[],
    checkpoints: new Map<ModuleName, Checkpoint>(),
    codes: new Set<ContentHash>(),
  };
  gossip: GossipNode | null = null;
  trust: Trust | undefined;
  incarnation = 0;
  readonly instances = new Map<string, TestInstance>();
  readonly notes: Note[] = [];
  /** Requests sent, by kind. */
  readonly sent = { exchange: 0, configuration: 0 };
  /** Nodes that cannot be reached from here. */
  readonly cutFrom = new Set<string>();
  /** Nodes to which requests are lost without a word. */
  readonly unheardBy = new Set<string>();
  readonly injected: string[] = [];
  /** Nodes that connections were ended with. */
  readonly parted: NodeId[] = [];
  /** Answers every request for code with other bytes. */
  servesGarbage = false;
  /** Deployments in the order in which they ran, over all lives of the node. */
  readonly activated: VerifiedDeployment[] = [];
  readonly replies: string[] = [];
  readonly published: (PublishedEvent & { readonly module: ModuleName })[] = [];
  #runner: Runner | null = null;
  #run = 0;

  constructor(network: Network, peer: Peer) {
    this.network = network;
    this.peer = peer;
  }

  start(hints: readonly Peer[] = []): this {
    const { intervalMs, rendezvous, seed, checks, runs } = this.network.options;
    this.incarnation += 1;
    this.#run += 1;
    this.trust = this.network.options.root && new Trust(this.network.options.root);
    this.trust?.adopt(this.trust.reached(this.disk.steps).root);
    const { trust } = this;
    const book = new NoteBook();
    if (trust) book.merge(this.disk.notes.map((envelope) => verifyNote(envelope, trust.root)));
    this.gossip = new GossipNode(
      {
        notes: book,
        ...(this.trust && { trust: this.trust }),
        ...(this.network.options.words && { words: this.network.options.words(this.peer, this.incarnation) }),
        self: this.peer,
        incarnation: this.incarnation,
        rendezvous,
        runs: (module) => runs(module, this.peer.name),
        records: this.disk.records,
        hints: [...this.disk.hints, ...hints.map((hint) => ({ ...hint, failures: 0, proven: false }))],
        intervalMs,
        random: seeded(seed * 1_000 + this.network.nodes.size * 31 + parseInt(this.peer.id.slice(0, 4), 16) + this.incarnation),
      },
      checks,
    );
    this.#runner = new Runner(this.gossip, this.#ports(), { intervalMs });
    this.#runner.start();
    return this;
  }

  /** Ends without a word; only the disk stays. */
  crash(): void {
    this.#runner?.end();
    this.#runner = null;
    this.gossip = null;
    this.#run += 1;
    this.instances.clear();
  }

  /** Ends in order; what came of its goodbye. */
  leave(done: (said: Goodbye) => void = () => undefined): void {
    this.#runner?.stop(
      (said) => {
        this.crash();
        done(said);
      },
      { goodbye: true },
    );
  }

  handle(event: GossipEvent): void {
    this.#runner?.handle(event);
  }

  inject(record: VerifiedDeployment): void {
    if (record.deployment.code !== null) this.disk.codes.add(record.deployment.code.hash);
    this.#runner?.inject(record, 'cluster', ({ outcome }) => void this.injected.push(outcome));
  }

  /** An application on this machine asks a module to learn a word; how its answer begins, or why there is none. */
  request(module: ModuleName, word: string, done: (outcome: string) => void, by?: Asker): void {
    const content: Content = { form: 'json', bytes: new TextEncoder().encode(JSON.stringify([word])) };
    this.#runner?.request(module, content, (outcome) => done('value' in outcome ? 'answered' : outcome.failure.code), by);
  }

  /** Lets the running instance of the module exchange with a peer. */
  exchange(module: ModuleName, to: Peer): void {
    const running = this.running(module);
    if (running === undefined) return;
    running.instance.exchange(to, bytesOf(running.instance.words));
  }

  running(module: ModuleName): { generation: number; instance: TestInstance } | undefined {
    const generation = this.gossip?.view(this.network.now).modules.find(({ name }) => name === module)?.generation ?? null;
    const instance = generation === null ? undefined : this.instances.get(`${module}/${generation}`);
    return generation === null || instance === undefined ? undefined : { generation, instance };
  }

  view(module: string) {
    return this.gossip?.view(this.network.now).modules.find(({ name }) => name === module);
  }

  crashInstance(module: ModuleName, code: Failure['code'] = 'GOSSIP_E_MODULE_CRASH'): void {
    this.running(module)?.instance.fail({ code, message: 'it fell over' });
  }

  receive(from: Peer, message: GossipRequest, answer: (answer: GossipAnswer) => void, incarnation: number | null = null): void {
    this.#runner?.ask(from, message, incarnation, (outcome) => {
      if ('value' in outcome) answer(outcome.value);
    });
  }

  /** Later, unless the node has ended by then. */
  #later(delayMs: number, act: () => void): void {
    const run = this.#run;
    this.network.later(delayMs, () => {
      if (run === this.#run) act();
    });
  }

  #ports(): RunnerPorts {
    return {
      clock: { now: () => this.network.now, after: (delayMs, act) => this.#later(delayMs, act) },
      peers: { send: (to, message, done) => this.#send(to, message, done), part: (id) => void this.parted.push(id) },
      disk: {
        saveConfiguration: (records, done, steps = [], notes = []) => done(this.#keep({ records, steps, notes })),
        saveHints: (hints, done) => done(this.#keep({ hints })),
        saveCheckpoint: (module, checkpoint, _, done) => done((this.disk.checkpoints.set(module, checkpoint), null)),
        dropCheckpoint: (module, done) => done((this.disk.checkpoints.delete(module), null)),
        loadCheckpoint: (module, done) => this.#later(1, () => done(this.disk.checkpoints.get(module) ?? null, 0)),
      },
      codes: { obtain: (wanted, done) => this.#fetch(wanted, done), sweep: () => undefined },
      hosts: { start: (order, events) => this.#host(order, events) },
      audience: { publish: (module, event) => void this.published.push({ module, ...event }) },
      remarks: { note: (note) => void this.notes.push(note), disk: () => undefined, lastCheckpointFailed: () => undefined },
    };
  }

  #keep(what: Partial<typeof this.disk>): null {
    Object.assign(this.disk, what);
    return null;
  }

  #send(to: Peer, message: GossipRequest, done: Done<GossipAnswer>): void {
    const { latencyMs } = this.network.options;
    this.sent[message.kind] += 1;
    const wire = encodeRequest(message, this.peer.address, this.network.options.words && this.incarnation);
    this.network.trace.push(`${this.peer.name} -> ${to.name} ${describeRequest(message)}`);
    if (this.unheardBy.has(to.name)) return;
    this.network.later(latencyMs, () => {
      const target = this.network.at(to);
      if (target === undefined || this.cutFrom.has(target.peer.name) || target.cutFrom.has(this.peer.name)) {
        return this.#later(latencyMs, () => done({ failure: down }));
      }
      const headers = new Map(Object.entries(wire.headers));
      const decoded = decodeRequest({ ...wire, headers }, target.trust ?? verify);
      const answered = (answer: GossipAnswer): void => {
        const back = encodeAnswer(answer);
        this.#later(latencyMs, () => {
          const read = decodeAnswer(message, { ...back, headers: new Map(Object.entries(back.headers)) }, this.trust ?? verify);
          done({ value: this.network.tamper(read, target.peer, this.peer) });
        });
      };
      return target.receive(this.peer, this.network.tamper(decoded, this.peer, target.peer), answered, incarnationOf(headers));
    });
  }

  #fetch({ code, from }: EffectOf<'fetch-code'>, done: (failed: CodeFailed | null) => void): void {
    const failed = (failure: Failure): void => done({ failure, referrals: [] });
    this.network.trace.push(`${this.peer.name} fetch ${code.version} from ${from.name}`);
    this.#later(2 * this.network.options.latencyMs, () => {
      const source = this.network.at(from);
      const reached = source !== undefined && !this.cutFrom.has(source.peer.name) && !source.cutFrom.has(this.peer.name);
      if (!reached) return failed(down);
      if (source.servesGarbage) return failed({ code: 'GOSSIP_E_CODE_MISMATCH', message: 'other bytes' });
      if (!source.disk.codes.has(code.hash)) return failed({ code: 'GOSSIP_E_CODE_ABSENT', message: 'not here' });
      this.disk.codes.add(code.hash);
      return done(null);
    });
  }

  #host({ module, generation, record }: StartOrder, events: HostEvents): Host {
    const key = `${module}/${generation}`;
    const { code } = record.deployment;
    const host = new TestInstance({
      record,
      birth: this.#birth(record),
      later: (act, delayMs = 1) => this.#later(delayMs, act),
      events,
      active: () => {
        this.activated.push(record);
        if (code?.version.startsWith('crashing'))
          this.#later(20, () => host.fail({ code: 'GOSSIP_E_MODULE_CRASH', message: 'it fell over' }));
      },
      replied: (reply) => void this.replies.push(reply),
      gone: () => void this.instances.delete(key),
    });
    this.instances.set(key, host);
    if (code === null || !this.disk.codes.has(code.hash)) host.fails({ code: 'GOSSIP_E_CODE_ABSENT', message: 'the code is not here' });
    else if (code.version.startsWith('broken')) host.fails({ code: 'GOSSIP_E_MODULE_LOAD', message: 'it does not load' });
    else this.#later(1, events.loaded);
    return host;
  }

  /** The word an instance is born with: node, deployment and, after a scrub, the state epoch. */
  #birth(record: VerifiedDeployment): string {
    const { module } = record.deployment;
    const scrub = this.gossip
      ?.records()
      .find(({ deployment }) => deployment.module === module && (deployment.scrub || deployment.code === null));
    const epoch = scrub === undefined ? '' : `/${deploymentName(scrub.deployment)}`;
    return `${this.peer.name}@${deploymentName(record.deployment)}${epoch}`;
  }
}

interface TestInstanceOptions {
  readonly record: VerifiedDeployment;
  readonly birth: string;
  readonly later: (act: () => void, delayMs?: number) => void;
  readonly events: HostEvents;
  readonly active: () => void;
  readonly replied: (reply: string) => void;
  readonly gone: () => void;
}

/** A running instance: what it remembers, and where that came from. Words of state spread by gossip, so contamination shows. */
export class TestInstance implements Host {
  readonly record: VerifiedDeployment;
  readonly words: Set<string>;
  active = false;
  /** Peers to which a connection was lost. */
  readonly heardOf: string[] = [];
  /** How long it takes to answer an application. */
  answersAfterMs = 1;
  /** The other module that it asks before it answers. */
  asks: ModuleName | null = null;
  /** Whether it goes on speaking after it was told to stop. */
  lingers = false;
  readonly #options: TestInstanceOptions;
  #gone = false;

  constructor(options: TestInstanceOptions) {
    this.#options = options;
    this.record = options.record;
    this.words = new Set([options.birth]);
  }

  get #label(): string {
    return this.record.deployment.code?.version ?? '';
  }

  exchange(to: Peer, body: Uint8Array): void {
    this.#options.events.exchange(to, body, (reply) => this.#hear(reply));
  }

  /** Ends by itself, now. */
  fail(failure: Failure): void {
    if (this.#gone) return;
    this.#end();
    this.#options.events.failed(failure);
  }

  /** Ends by itself, soon. */
  fails(failure: Failure): void {
    this.#options.gone();
    this.#options.later(() => this.fail(failure));
  }

  accept(state: StateBytes, done: Done<void>): void {
    if (this.#label.startsWith('rejecting'))
      return this.#options.later(() => done({ failure: { code: 'GOSSIP_E_MODULE_STATE', message: 'it does not take the state' } }));
    this.#learn(textOf(state));
    return this.#options.later(() => done({ value: undefined }));
  }

  activate(done: Done<void>): void {
    if (this.#label.startsWith('throwing'))
      return this.#options.later(() => done({ failure: { code: 'GOSSIP_E_MODULE_START', message: 'it does not start' } }));
    this.active = true;
    this.#options.active();
    return this.#options.later(() => done({ value: undefined }), this.#label.startsWith('dawdling') ? 4_000 : 1);
  }

  takeState(done: Done<StateBytes>): void {
    this.#options.later(() =>
      done(this.#label.startsWith('stateless') ? { failure: STATELESS } : { value: stateOf(wordsText(this.words)) }),
    );
  }

  deliver(_from: Peer, body: Uint8Array, done: Done<Uint8Array>): void {
    this.#learn(new TextDecoder().decode(body));
    this.#options.later(() => done({ value: bytesOf(this.words) }));
  }

  /** Learns late, when it answers: what was not answered is in no state. */
  request(content: Content, done: Done<Content>): void {
    const { bytes } = content;
    if (this.asks !== null) return this.#pass(this.asks, content, done);
    return this.#options.later(() => {
      this.#learn(new TextDecoder().decode(bytes));
      done({ value: { form: 'json', bytes: bytesOf(this.words) } });
    }, this.answersAfterMs);
  }

  /** Answers with what the other module answers, within the time that a host gives it. */
  #pass(to: ModuleName, content: Content, done: Done<Content>): void {
    let open = true;
    const answer: Done<Content> = (outcome) => {
      if (open) done(outcome);
      open = false;
    };
    this.#options.later(() => this.#options.events.use(to, content, USE_MS, answer));
    this.#options.later(() => answer({ failure: { code: 'GOSSIP_E_TIMEOUT', message: 'it did not answer' } }), REQUEST_MS);
  }

  publish(event: PublishedEvent): void {
    this.#options.events.publish(event);
  }

  lost({ name }: Peer): void {
    this.heardOf.push(name);
  }

  stop(_reason: unknown, done: () => void): void {
    if (!this.lingers) this.end(done);
  }

  end(done: () => void): void {
    this.#end();
    done();
  }

  #end(): void {
    this.#gone = true;
    this.#options.gone();
  }

  #hear(reply: ModuleReply): void {
    if (this.#gone) return;
    this.#options.replied('body' in reply ? 'answer' : reply.failure.code);
    if ('body' in reply) this.#learn(new TextDecoder().decode(reply.body));
  }

  #learn(text: string): void {
    for (const word of JSON.parse(text) as string[]) this.words.add(word);
  }
}

function wordsText(words: ReadonlySet<string>): string {
  return JSON.stringify([...words]);
}

function bytesOf(words: ReadonlySet<string>): Uint8Array {
  return new TextEncoder().encode(wordsText(words));
}

function names(records: readonly VerifiedDeployment[]): string {
  return `[${records.map(({ deployment }) => deploymentName(deployment)).join(' ')}]`;
}

function describeRequest(message: GossipRequest): string {
  if (message.kind === 'exchange') return `exchange d${message.stamp.sequence}`;
  return message.summary === null ? `push ${names(message.records)}` : `configuration ${names(message.records)}`;
}
