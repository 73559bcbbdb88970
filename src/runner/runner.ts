/**
 * One run of a node, from its start to its end: performs what the protocol wants, on whatever world it is given. The daemon and the
 * simulator both run it (decision 0001); nothing else interprets an effect.
 */
import type { NumberScope } from '../api/deployments.ts';
import type { GossipAnswer, GossipRequest } from '../gossip/messages.ts';
import type { GossipNode } from '../gossip/node.ts';
import type { Asker, CallToken, EffectOf, Failure, GossipEffect, GossipEvent, Injected, ModuleView } from '../gossip/protocol.ts';
import type { VerifiedDeployment } from '../model/deployment.ts';
import type { ModuleName, NodeId, Peer } from '../model/names.ts';
import type { StateBytes } from '../model/state-bytes.ts';
import type { Content } from '../model/content.ts';
import { CheckpointWrites } from './checkpoint-writes.ts';
import { EffectQueue } from './effect-queue.ts';
import { Goodbyes, NO_GOODBYE } from './goodbyes.ts';
import type { Goodbye } from './goodbyes.ts';
import { Insistence } from './insistence.ts';
import { Instances, notRunning } from './instances.ts';
import { keepLastStates } from './last-states.ts';
import type { LastStates } from './last-states.ts';
import { take } from './waiting.ts';
import type { Answer, Waiting } from './waiting.ts';
import type { Done, RunnerPorts, Written } from './ports.ts';

/** How often code that no deployment needs any more is thrown away; at most once in a round. */
const GARBAGE_MS = 60_000;
const CONFIGURATION = 'the configuration';

const STOPPING: Failure = { code: 'GOSSIP_E_STOPPING', message: 'the node is stopping' };

/** What a run needs of the protocol. */
export type Protocol = Pick<GossipNode, 'handle' | 'moduleViews' | 'notes' | 'records' | 'steps'>;

export class Runner {
  readonly #protocol: Protocol;
  readonly #ports: RunnerPorts;
  readonly #intervalMs: number;
  readonly #queue: EffectQueue;
  readonly #insistence: Insistence;
  readonly #checkpoints: CheckpointWrites;
  readonly #instances: Instances;
  /** Whoever waits for an answer of the protocol: peers' requests, injections, and instances' exchanges. There is no other such table. */
  readonly #waiting = new Map<CallToken, Waiting>();
  /** Tokens of those. */
  #lastToken = 0;
  /** Nothing begins by itself any more; modules say goodbye. */
  #leaving = false;
  #ended = false;
  readonly #goodbyes = new Goodbyes();

  constructor(protocol: Protocol, ports: RunnerPorts, { intervalMs }: { readonly intervalMs: number }) {
    const { clock, hosts, remarks } = ports;
    this.#protocol = protocol;
    this.#ports = ports;
    this.#intervalMs = intervalMs;
    this.#queue = new EffectQueue({
      perform: (effect, done) => this.#perform(effect, done),
      refuse: ({ token }, why) => take(this.#waiting, token)?.refuse(why),
      onDisk: (refusal) => remarks.disk(CONFIGURATION, refusal),
      after: clock.after.bind(clock),
    });
    this.#insistence = new Insistence({ after: clock.after.bind(clock), tell: (what, refusal) => remarks.disk(what, refusal) });
    this.#checkpoints = new CheckpointWrites(ports.disk, this.#insistence);
    this.#instances = new Instances({
      hosts,
      wait: (done) =>
        this.#wait(
          'module-reply',
          ({ reply }) => done(reply),
          (failure) => done({ failure }),
        ),
      ask: (module, content, by, done) => this.request(module, content, done, by),
      report: (event) => this.handle(event),
    });
  }

  start(): void {
    this.handle({ type: 'start' });
    this.#sweepLater();
  }

  handle(event: GossipEvent): void {
    if (!this.#ended) this.#queue.push(this.#protocol.handle(event, this.#ports.clock.now()));
  }

  /** Puts a peer's request to the protocol. */
  ask(from: Peer | { readonly id: NodeId }, message: GossipRequest, incarnation: number | null, done: Done<GossipAnswer>): void {
    if (this.#ended || this.#goodbyes.begun) return done({ failure: STOPPING });
    const token = this.#wait(
      'respond',
      ({ message: value }) => done({ value }),
      (failure) => done({ failure }),
    );
    return this.handle({ type: 'request', token, from, message, incarnation });
  }

  /** Puts a request of an application, or of another module's instance, to a module. */
  request(module: ModuleName, content: Content, done: Done<Content>, by?: Asker): void {
    if (this.#ended || this.#leaving) return done({ failure: STOPPING });
    const token = this.#wait(
      'app-reply',
      ({ reply }) => done('content' in reply ? { value: reply.content } : reply),
      (failure) => done({ failure }),
    );
    return this.handle({ type: 'app-request', token, module, content, by });
  }

  /** For an operator, the state of the running instance, which goes on. In line with what else takes its state. */
  takeState(view: ModuleView, done: Done<StateBytes>): void {
    if (this.#ended || this.#leaving) return done({ failure: STOPPING });
    const takeState = this.#instances.takeLast(view);
    return takeState === null ? done({ failure: notRunning(view.name) }) : takeState(done);
  }

  /** An operator's deployment: verified, and its code whole and durable here. */
  inject(record: VerifiedDeployment, scope: NumberScope, done: (answer: Injected) => void): void {
    if (this.#ended) return done({ outcome: 'refused', why: STOPPING });
    const token = this.#wait(
      'injected',
      ({ answer }) => done(answer),
      (why) => done({ outcome: 'refused', why }),
    );
    return this.handle({ type: 'inject', token, record, scope });
  }

  /**
   * An orderly end: a last checkpoint of every running instance, then the end of all instances and of whatever waits for an answer.
   * `done`: nothing is under way any more; at once where it has ended before. `goodbye`: peers are told at the end; `done` hears what came of it, and of the checkpoints.
   */
  stop(done: (goodbye: Goodbye, last: LastStates) => void, { goodbye = false } = {}): void {
    const parts = { ports: this.#ports, instances: this.#instances };
    keepLastStates(this.#protocol.moduleViews(this.#ports.clock.now()), parts, (last) => this.#leave((said) => done(said, last), goodbye));
  }

  /** The run is over, in whatever it was just doing, and nobody hears of it. */
  end(): void {
    this.#ended = true;
    this.#queue.close();
    this.#waiting.clear();
  }

  #leave(done: (goodbye: Goodbye) => void, goodbye: boolean): void {
    const finish = (said: Goodbye): void => {
      const waiting = [...this.#waiting.values()];
      this.end();
      for (const { refuse } of waiting) refuse(STOPPING);
      done(said);
    };
    this.#leaving = true;
    this.#instances.stopAll(() => {
      // The last words of modules are out; nothing of the protocol follows but the node's own.
      this.#queue.whenIdle(() => {
        const { clock } = this.#ports;
        // One that was stopped twice, and has ended by the other, says no goodbye.
        if (this.#ended || !goodbye) return finish(NO_GOODBYE);
        const effects = this.#protocol.handle({ type: 'leave' }, clock.now());
        return this.#goodbyes.say(effects, (them) => this.#queue.push(them), clock, finish);
      });
    });
  }

  /** The one place where effects are carried out. */
  #perform(effect: GossipEffect, done: Written): void {
    switch (effect.type) {
      case 'persist-configuration':
        return this.#save(this.#protocol.records(), done);
      case 'persist-injection':
        return this.#persistInjection(effect, done);
      default:
        this.#act(effect);
        return done(null);
    }
  }

  #act(effect: Exclude<GossipEffect, PersistEffect>): void {
    switch (effect.type) {
      case 'timer':
        return this.#timer(effect);
      case 'send':
        return this.#send(effect);
      case 'respond':
      case 'injected':
      case 'module-reply':
      case 'app-reply':
        return take(this.#waiting, effect.token)?.answer(effect);
      case 'persist-hints':
        return this.#insistence.write('hints', (written) => this.#ports.disk.saveHints(effect.hints, written));
      case 'persist-checkpoint':
        return this.#checkpoints.save(effect);
      case 'drop-checkpoint':
        return this.#checkpoints.drop(effect);
      case 'load-checkpoint':
        return this.#checkpoints.after(effect.module, () => this.#loadCheckpoint(effect));
      case 'fetch-code':
        return this.#obtain(effect);
      case 'start-instance':
        return this.#instances.start(effect);
      case 'take-state':
        return this.#checkpoints.after(effect.module, () => this.#instances.takeState(effect));
      case 'accept-state':
        return this.#instances.acceptState(effect);
      case 'activate':
        return this.#instances.activate(effect);
      case 'stop-instance':
        return this.#instances.stop(effect);
      case 'deliver':
        return this.#instances.deliver(effect);
      case 'serve':
        return this.#instances.serve(effect);
      case 'publish':
        return this.#ports.audience.publish(effect.module, effect.event);
      case 'part':
        return this.#ports.peers.part(effect.id);
      case 'tell-lost':
        return this.#instances.lost(effect.peer);
      case 'note':
        return this.#ports.remarks.note(effect.note);
    }
  }

  #persistInjection({ token, record }: EffectOf<'persist-injection'>, done: Written): void {
    const written: Written = (refusal) => {
      this.handle({ type: 'persisted', token, refusal });
      done(refusal);
    };
    this.#save([record, ...this.#protocol.records()], written);
  }

  #save(records: readonly VerifiedDeployment[], done: Written): void {
    this.#ports.disk.saveConfiguration(records, done, this.#protocol.steps(), this.#protocol.notes.envelopes);
  }

  #timer({ token, at }: EffectOf<'timer'>): void {
    this.#ports.clock.after(Math.max(0, at - this.#ports.clock.now()), () => {
      if (!this.#leaving) this.handle({ type: 'timer', token });
    });
  }

  #send({ token, to, message }: EffectOf<'send'>): void {
    this.#ports.peers.send(to, message, (outcome) => {
      this.handle('value' in outcome ? { type: 'answer', token, message: outcome.value } : { type: 'no-answer', token, ...outcome });
      this.#goodbyes.came(token, 'value' in outcome);
    });
  }

  #obtain(effect: EffectOf<'fetch-code'>): void {
    const { token } = effect;
    this.#ports.codes.obtain(effect, (failed, wrong = []) =>
      this.handle(failed === null ? { type: 'code-fetched', token, wrong } : { type: 'code-failed', token, ...failed, wrong }),
    );
  }

  #loadCheckpoint({ module }: EffectOf<'load-checkpoint'>): void {
    this.#ports.disk.loadCheckpoint(module, (checkpoint, ageMs) => this.handle({ type: 'checkpoint-loaded', module, checkpoint, ageMs }));
  }

  #sweepLater(): void {
    const { clock, codes } = this.#ports;
    clock.after(Math.max(GARBAGE_MS, this.#intervalMs), () => {
      if (this.#leaving || this.#ended) return;
      codes.sweep();
      this.#sweepLater();
    });
  }

  #wait<T extends Answer['type']>(type: T, answered: (answer: EffectOf<T>) => void, refuse: (why: Failure) => void): CallToken {
    this.#lastToken += 1;
    this.#waiting.set(this.#lastToken, { answer: (answer) => answer.type === type && answered(answer as EffectOf<T>), refuse });
    return this.#lastToken;
  }
}

/** What later effects wait for. */
type PersistEffect = EffectOf<'persist-configuration' | 'persist-injection'>;
