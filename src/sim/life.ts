/** One run of a node, from its start to its end: performs the protocol's effects as the core does, in the same order. */
import type { GossipAnswer } from '../gossip/messages.ts';
import type { GossipNode } from '../gossip/node.ts';
import type { Checkpoint, EffectOf, Failure, GossipEffect, GossipEvent, GossipNodeOptions, ModuleView, Token } from '../gossip/protocol.ts';
import type { Verify } from '../gossip/wire.ts';
import type { VerifiedDeployment } from '../model/deployment.ts';
import { textOf } from '../model/state-bytes.ts';
import type { Peer } from '../model/names.ts';
import { Agenda } from './agenda.ts';
import { CodeTrade } from './code-trade.ts';
import type { Disk } from './disk.ts';
import { EffectQueue } from './effect-queue.ts';
import { Injection } from './injection.ts';
import type { Outcome } from './injection.ts';
import { Instances } from './instances.ts';
import type { InstanceWatch } from './instances.ts';
import type { Letter, Reply, SimNetwork } from './letters.ts';
import { BEGINNING_MS } from './operator.ts';
import { Post } from './post.ts';
import { epochAmong, readState } from './provenance.ts';
import type { Provenance } from './provenance.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import { isPersist, Store } from './store.ts';
import type { PersistEffect } from './store.ts';

/** What a simulation needs of the protocol. */
export type Protocol = Pick<GossipNode, 'handle' | 'peers' | 'records' | 'moduleViews' | 'highestSequence' | 'codesInUse'>;

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
  /** How far the node's wall clock is off; may change at any time. */
  readonly clock: { skewMs: number };
}

export interface LifeWatch extends InstanceWatch {
  handled(event: GossipEvent, effects: readonly GossipEffect[]): void;
  /** The protocol threw: in reality the core would be gone. */
  died(event: GossipEvent, error: unknown): void;
  persisted(): void;
  acknowledged(record: VerifiedDeployment): void;
}

/** How often code that no deployment needs any more is thrown away; at most once in a round. */
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
  readonly #injection: Injection;
  readonly #store: Store;
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
    const after = (delayMs: number, run: () => void): void => this.agenda.after(delayMs, run);
    const perform = (effect: GossipEffect, done: (refusal: Failure | null) => void): void => this.#perform(effect, done);
    this.#queue = new EffectQueue({ perform, refuse: (effect) => this.#injection.refused(effect), after });
    this.#store = new Store({ disk, after, persisted: () => watch.persisted() });
    this.#post = new Post({ self, network, verify });
    this.#codes = new CodeTrade({ self, network, disk, agenda: this.agenda, random: random.fork('codes') });
    const chance = random.fork('protocol').next;
    this.protocol = options.makeProtocol({ ...shared, rendezvous: options.rendezvous, runs: () => true, records, hints, random: chance });
    const newToken = (): Token => this.#token();
    const report = (event: GossipEvent): void => this.#handle(event);
    const enter = (run: () => void): void => this.agenda.enter(run);
    const acknowledged = (record: VerifiedDeployment): void => watch.acknowledged(record);
    this.#injection = new Injection({ disk, protocol: this.protocol, enter, newToken, report, acknowledged });
    this.instances = new Instances({
      ...shared,
      random: random.fork('instances'),
      wallMs: () => BEGINNING_MS + scheduler.now + options.clock.skewMs,
      now: () => scheduler.now,
      after,
      promising: () => scheduler.promising(),
      peers: () => this.#peersForModules(),
      check: (code) => disk.content.check(code),
      newToken,
      report,
      watch,
    });
  }

  start(): void {
    this.#handle({ type: 'start' });
    this.#collectGarbage();
  }

  /** The run is over, in whatever it was just doing. */
  end(): void {
    this.agenda.end();
    this.#queue.close();
    this.instances.endAll();
  }

  view(): readonly ModuleView[] {
    return this.protocol.moduleViews(this.#now);
  }

  inject(record: VerifiedDeployment, done: (outcome: Outcome) => void): void {
    this.#injection.inject(record, done);
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
    const effects = this.#effectsOf(event);
    for (const effect of effects) if (effect.type === 'start-instance') this.#label(effect);
    this.#watch.handled(event, effects);
    this.#queue.push(effects);
  }

  #effectsOf(event: GossipEvent): GossipEffect[] {
    try {
      return this.protocol.handle(event, this.#now);
    } catch (error) {
      this.#watch.died(event, error);
      throw error;
    }
  }

  #perform(effect: GossipEffect, done: (refusal: Failure | null) => void): void {
    if (isPersist(effect)) return this.#store.perform(effect, (refusal) => this.agenda.enter(() => done(refusal)));
    this.#act(effect);
    return done(null);
  }

  #act(effect: Exclude<GossipEffect, PersistEffect>): void {
    const { instances } = this;
    switch (effect.type) {
      case 'timer':
        return this.agenda.after(effect.at - this.#now, () => this.#handle({ type: 'timer', token: effect.token }));
      case 'send':
        return this.#send(effect);
      case 'respond':
        return take(this.#answers, effect.token)?.(effect.message);
      case 'injected':
        return this.#injection.injected(effect);
      case 'load-checkpoint':
        return this.#store.afterWrites(effect.module, () => this.agenda.enter(() => this.#loadCheckpoint(effect)));
      case 'fetch-code':
        return this.#fetch(effect);
      case 'start-instance':
        return instances.start(effect, take(this.#provenances, keyOf(effect)) as Provenance);
      case 'take-state':
        return this.#store.afterWrites(effect.module, () => this.agenda.enter(() => instances.takeState(effect)));
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

  #fetch(effect: EffectOf<'fetch-code'>): void {
    const { token } = effect;
    this.#codes.fetch(effect, {
      done: () => this.#handle({ type: 'code-fetched', token }),
      failed: (failure, referrals) => this.#handle({ type: 'code-failed', token, failure, referrals }),
    });
  }

  #loadCheckpoint({ module }: EffectOf<'load-checkpoint'>): void {
    const checkpoint = this.#options.disk.content.checkpoint(module);
    this.agenda.after(LOAD_CHECKPOINT_MS, () =>
      this.#handle({ type: 'checkpoint-loaded', module, checkpoint, ageMs: this.#ageOf(checkpoint) }),
    );
  }

  #ageOf(checkpoint: Checkpoint | null): number {
    return checkpoint === null ? 0 : this.#options.scheduler.now - readState(textOf(checkpoint.state)).takenAt;
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
    this.agenda.after(Math.max(GARBAGE_MS, this.#options.intervalMs), () => {
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

function take<T>(waiting: Map<Token | string, T>, key: Token | string): T | undefined {
  const found = waiting.get(key);
  waiting.delete(key);
  return found;
}

function keyOf({ module, generation }: EffectOf<'start-instance'>): string {
  return `${module}/${generation}`;
}
