/** One run of a node, from its start to its end: performs the protocol's effects as the core does, in the same order. */
import type { GossipAnswer } from '../gossip/messages.ts';
import type { GossipNode } from '../gossip/node.ts';
import type { GossipEffect, GossipEvent, GossipNodeOptions, Token } from '../gossip/protocol.ts';
import type { Verify } from '../gossip/wire.ts';
import type { VerifiedDeployment } from '../model/deployment.ts';
import type { Peer } from '../model/names.ts';
import { Agenda } from './agenda.ts';
import { CodeTrade } from './code-trade.ts';
import type { Disk, DiskContent } from './disk.ts';
import { EffectQueue } from './effect-queue.ts';
import { Instances } from './instances.ts';
import type { InstanceWatch } from './instances.ts';
import type { Letter, Reply, SimNetwork } from './letters.ts';
import { BEGINNING_MS } from './operator.ts';
import { Post } from './post.ts';
import { epochAmong } from './provenance.ts';
import type { Provenance } from './provenance.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** What a simulation needs of the protocol. */
export type Protocol = Pick<GossipNode, 'handle' | 'peers' | 'records' | 'highestSequence' | 'codesInUse'>;

export type Outcome = EffectOf<'injected'>['outcome'];

export interface LifeOptions {
  readonly self: Peer;
  readonly rendezvous: readonly Peer[];
  readonly intervalMs: number;
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly network: SimNetwork;
  readonly disk: Disk;
  readonly verify: Verify;
  readonly makeProtocol: (options: GossipNodeOptions) => Protocol;
  /** How far the node's wall clock is off. */
  readonly clockSkewMs: number;
}

export interface LifeWatch extends InstanceWatch {
  handled(event: GossipEvent, effects: readonly GossipEffect[]): void;
  persisted(): void;
  acknowledged(record: VerifiedDeployment): void;
}

type EffectOf<T extends GossipEffect['type']> = Extract<GossipEffect, { type: T }>;
/** What later effects wait for. */
type Write = EffectOf<`persist-${'configuration' | 'hints' | 'checkpoint'}` | 'drop-checkpoint'>;

/** How often code that no deployment needs any more is thrown away. */
const GARBAGE_MS = 60_000;
const LOAD_CHECKPOINT_MS = 1;

export class Life {
  readonly protocol: Protocol;
  readonly agenda: Agenda;
  readonly instances: Instances;
  readonly #options: LifeOptions;
  readonly #watch: LifeWatch;
  readonly #queue: EffectQueue;
  readonly #post: Post;
  readonly #codes: CodeTrade;
  readonly #startedAt: number;
  readonly #answers = new Map<Token, (answer: GossipAnswer) => void>();
  readonly #injections = new Map<Token, { readonly record: VerifiedDeployment; readonly done: (outcome: Outcome) => void }>();
  /** What the instances that are about to start belong to. */
  readonly #provenances = new Map<string, Provenance>();
  #lastToken: Token = 0;
  #peers: { readonly list: readonly Peer[]; readonly until: number } = { list: [], until: -1 };

  constructor(options: LifeOptions, watch: LifeWatch) {
    const { self, scheduler, network, disk, verify } = options;
    const { incarnation, records, hints } = disk.content;
    const random = options.random.fork(`run ${incarnation}`);
    const shared = { self, incarnation, intervalMs: options.intervalMs };
    this.#options = options;
    this.#watch = watch;
    this.#startedAt = scheduler.now;
    this.agenda = new Agenda(scheduler);
    this.#queue = new EffectQueue((effect, done) => this.#perform(effect, done));
    this.#post = new Post({ self, network, verify });
    this.#codes = new CodeTrade({ self, network, disk, agenda: this.agenda, random: random.fork('codes') });
    const chance = random.fork('protocol').next;
    this.protocol = options.makeProtocol({ ...shared, rendezvous: options.rendezvous, runs: () => true, records, hints, random: chance });
    this.instances = new Instances({
      ...shared,
      random: random.fork('instances'),
      wallMs: () => BEGINNING_MS + scheduler.now + options.clockSkewMs,
      after: (delayMs, run) => this.agenda.after(delayMs, run),
      promising: () => scheduler.promising(),
      peers: () => this.#peersForModules(),
      has: (code) => disk.content.codes.has(code),
      newToken: () => this.#token(),
      report: (event) => this.#handle(event),
      watch,
    });
  }

  start(): void {
    this.#handle({ type: 'start' });
    this.#collectGarbage();
  }

  /** All that was not durable is gone. */
  end(): void {
    this.agenda.end();
    this.#queue.close();
    this.instances.endAll();
    this.#options.disk.crash();
  }

  /** An operator's deployment: its code becomes durable, then the record is put to the protocol. */
  inject(record: VerifiedDeployment, done: (outcome: Outcome) => void): void {
    const { code } = record.deployment;
    const inject = (): void => {
      const token = this.#token();
      this.#injections.set(token, { record, done });
      this.#handle({ type: 'inject', token, record });
    };
    this.#options.disk.write(
      ({ codes }) => void (code && codes.add(code.hash)),
      () => this.agenda.enter(inject),
    );
  }

  receive(from: Peer, letter: Letter, respond: (reply: Reply, sent?: () => void) => void): void {
    if (letter.kind === 'fetch') {
      const { answer, sent } = this.#codes.serve(letter.code, from);
      return respond(answer, sent);
    }
    this.#post.receive(
      letter.wire,
      (message, answer) => {
        const token = this.#token();
        this.#answers.set(token, answer);
        this.#handle({ type: 'request', token, from, message });
      },
      (wire) => respond({ kind: 'message', wire }),
    );
  }

  #handle(event: GossipEvent): void {
    const effects = this.protocol.handle(event, this.#now);
    for (const effect of effects) if (effect.type === 'start-instance') this.#label(effect);
    this.#watch.handled(event, effects);
    this.#queue.push(effects);
  }

  #perform(effect: GossipEffect, done: () => void): void {
    if (!isWrite(effect)) {
      this.#act(effect);
      return done();
    }
    return this.#options.disk.write(
      (content) => write(content, effect),
      () => {
        if (effect.type === 'persist-configuration') this.#watch.persisted();
        this.agenda.enter(done);
      },
    );
  }

  #act(effect: Exclude<GossipEffect, Write>): void {
    const { instances } = this;
    switch (effect.type) {
      case 'timer':
        return this.agenda.after(effect.at - this.#now, () => this.#handle({ type: 'timer', token: effect.token }));
      case 'send':
        return this.#send(effect);
      case 'respond':
        return take(this.#answers, effect.token)?.(effect.message);
      case 'injected':
        return this.#injected(effect);
      case 'load-checkpoint':
        return this.#loadCheckpoint(effect);
      case 'fetch-code':
        return this.#fetch(effect);
      case 'start-instance':
        return instances.start(effect, take(this.#provenances, keyOf(effect)) as Provenance);
      case 'take-state':
        return instances.takeState(effect);
      case 'accept-state':
        return instances.acceptState(effect);
      case 'activate':
        return instances.activate(effect);
      case 'stop-instance':
        return instances.stop(effect);
      case 'deliver':
        return instances.deliver(effect);
      case 'module-reply':
        return instances.reply(effect);
      case 'note':
        return undefined;
    }
  }

  #send({ token, to, message }: EffectOf<'send'>): void {
    this.#post.send(to, message, (outcome) =>
      this.agenda.enter(() =>
        this.#handle('failure' in outcome ? { type: 'no-answer', token, ...outcome } : { type: 'answer', token, ...outcome }),
      ),
    );
  }

  #fetch({ token, code, from }: EffectOf<'fetch-code'>): void {
    this.#codes.fetch(code.hash, from, {
      done: () => this.#handle({ type: 'code-fetched', token }),
      failed: (failure, referrals) => this.#handle({ type: 'code-failed', token, failure, referrals }),
    });
  }

  #injected({ token, outcome }: EffectOf<'injected'>): void {
    const injection = take(this.#injections, token);
    if (injection === undefined) return;
    if (outcome !== 'taken') this.#watch.acknowledged(injection.record);
    injection.done(outcome);
  }

  #loadCheckpoint({ module }: EffectOf<'load-checkpoint'>): void {
    const checkpoint = this.#options.disk.content.checkpoints.get(module) ?? null;
    this.agenda.after(LOAD_CHECKPOINT_MS, () => this.#handle({ type: 'checkpoint-loaded', module, checkpoint }));
  }

  /** What an instance is, is settled when the protocol decides to start it. */
  #label(effect: EffectOf<'start-instance'>): void {
    const { module, record } = effect;
    this.#provenances.set(keyOf(effect), { deployment: record.hash, epoch: epochAmong(this.protocol.records(), module) });
  }

  /** Renewed once in a round. */
  #peersForModules(): readonly Peer[] {
    const { scheduler, intervalMs } = this.#options;
    if (scheduler.now >= this.#peers.until) this.#peers = { list: this.protocol.peers(), until: scheduler.now + intervalMs };
    return this.#peers.list;
  }

  #collectGarbage(): void {
    this.agenda.after(GARBAGE_MS, () => {
      const used = new Set(this.protocol.codesInUse());
      const { codes } = this.#options.disk.content;
      for (const code of codes) if (!used.has(code)) codes.delete(code);
      this.#collectGarbage();
    });
  }

  /** The node's forward clock begins with the run. */
  get #now(): number {
    return this.#options.scheduler.now - this.#startedAt;
  }

  #token(): Token {
    this.#lastToken += 1;
    return this.#lastToken;
  }
}

function isWrite(effect: GossipEffect): effect is Write {
  return effect.type.startsWith('persist-') || effect.type === 'drop-checkpoint';
}

function write(content: DiskContent, effect: Write): void {
  switch (effect.type) {
    case 'persist-configuration':
      content.records = effect.records;
      return;
    case 'persist-hints':
      content.hints = effect.hints;
      return;
    case 'persist-checkpoint':
      content.checkpoints.set(effect.module, effect.checkpoint);
      return;
    case 'drop-checkpoint':
      content.checkpoints.delete(effect.module);
  }
}

function take<T>(waiting: Map<Token | string, T>, key: Token | string): T | undefined {
  const found = waiting.get(key);
  waiting.delete(key);
  return found;
}

function keyOf({ module, generation }: EffectOf<'start-instance'>): string {
  return `${module}/${generation}`;
}
