/** A virtual module host: one instance of a module class, with the ways in which instances fail. */
import type { Failure, Generation, ModuleReply } from '../../gossip/protocol.ts';
import { failureOf } from '../../model/errors.ts';
import type { ErrorCode } from '../../model/errors.ts';
import { exchangeReason, isGone } from '../../model/exchange-reason.ts';
import type { ModuleName, Peer } from '../../model/names.ts';
import { moduleRefusal } from '../../model/module-refusal.ts';
import { answerOf, bodyOf, givenState, ownState } from '../../sdk/border.ts';
import { answerRequest, reasonOf } from '../../sdk/border-applications.ts';
import { contentOf, saidIn } from '../../model/content.ts';
import type { Content } from '../../model/content.ts';
import type { StateBytes } from '../../model/state-bytes.ts';
import type { Said } from '../../sdk/content.ts';
import type { GossipModule, Shown, StopReason } from '../../sdk/index.ts';
import { InstanceContext } from '../../sdk/instance-context.ts';
import { HUNG_MS, MAX_STATE_BYTES, STOP_MS } from '../../sdk/limits.ts';
import type { Code } from '../world/codes.ts';
import { markBody, markState, readBody, readState } from './provenance.ts';
import type { Provenance } from './provenance.ts';
import { surroundingsOf } from './surroundings.ts';
import type { VirtualSurroundings } from './surroundings.ts';
import type { Random } from '../../sdk/virtual/random.ts';

/** When a flaw shows after the start. */
const FLAW_MS = { min: 20, max: 400 };

/** Ways in which an instance that runs well fails to give its state. */
export type Withholding = 'throws' | 'too-large' | 'hangs';

export interface HostOptions extends VirtualSurroundings {
  readonly module: ModuleName;
  readonly generation: Generation;
  readonly code: Code;
  readonly provenance: Provenance;
  readonly random: Random;
  /** The instance ended by itself. */
  readonly failed: (failure: Failure) => void;
  /** What reaches the instance, and what it really is; of a state also when it was taken. */
  readonly received: (what: 'message' | 'state', from: Provenance, takenAt?: number) => void;
}

/** Outcome of something that was asked of an instance. */
export type Done<T> = (outcome: { readonly value: T } | { readonly failure: Failure }) => void;

export class Host {
  readonly provenance: Provenance;
  /** Whether the state that it gives is not what it should be. */
  spoilsState = false;
  /** How the instance fails to give its state; null when it gives it. */
  withholds: Withholding | null = null;
  /** How much longer everything takes that is asked of the instance. */
  slowMs = 0;
  readonly #options: HostOptions;
  readonly #context: InstanceContext;
  #module: GossipModule | null = null;
  #ended = false;
  #hangs = false;

  constructor(options: HostOptions) {
    this.#options = options;
    this.provenance = options.provenance;
    this.#context = new InstanceContext(surroundingsOf(options));
  }

  /** Whether it answers nothing any more. */
  get hangs(): boolean {
    return this.#hangs;
  }

  /** Constructs the instance. */
  load(done: Done<void>): void {
    const { Module } = this.#options.code;
    this.#call('GOSSIP_E_MODULE_LOAD', done, () => {
      this.#module = new Module(this.#context.forModule);
    });
  }

  accept(marked: StateBytes, done: Done<void>): void {
    const { from, takenAt, content } = readState(marked);
    this.#options.received('state', from, takenAt);
    this.#call('GOSSIP_E_MODULE_STATE', done, (module) => {
      if (this.#options.code.flaw === 'cannot-accept') throw new Error('a state of a form that this code does not know');
      return module.acceptState(ownState(content));
    });
  }

  activate(done: Done<void>): void {
    const { code, random } = this.#options;
    this.#context.serve();
    this.#call('GOSSIP_E_MODULE_START', done, (module) => {
      if (code.flaw === 'cannot-start') throw new Error('this code cannot start');
      return module.start();
    });
    const showsMs = random.between(FLAW_MS.min, FLAW_MS.max);
    if (code.flaw === 'crashes') this.#options.after(showsMs, () => this.crash());
    if (code.flaw === 'hangs') this.#options.after(showsMs, () => this.hang());
  }

  /** A peer's message; `done` has the instance's answer. */
  deliver(from: Peer, marked: Uint8Array, done: Done<Uint8Array>): void {
    const { from: origin, content } = readBody(marked);
    this.#options.received('message', origin);
    this.#call('GOSSIP_E_MODULE_ANSWER', done, async (module) => {
      const answer = await module.receive(bodyOf(content), from);
      return markBody(answerOf('receive', answer), this.provenance);
    });
  }

  /** An application's request; `done` has the instance's answer. */
  request(content: Content, done: Done<Content>): void {
    this.#call('GOSSIP_E_MODULE_ANSWER', done, async (module) => contentOf(await answerRequest(module, saidIn(content))));
  }

  takeState(done: Done<StateBytes>): void {
    if (this.withholds === 'hangs') return this.hang();
    this.#call('GOSSIP_E_MODULE_STATE', done, (module) => {
      if (this.withholds === 'throws') throw new Error('transferState() fails');
      const state = this.#spoiled(givenState(module.transferState()));
      if (this.withholds === 'too-large') throw new RangeError(`a state of ${MAX_STATE_BYTES + state.length} bytes`);
      return markState(state, this.provenance, this.#options.monotonic());
    });
  }

  /** The outcome of an exchange that the instance asked for. */
  reply(token: number, reply: ModuleReply): void {
    if (this.#ended || this.#hangs) return;
    this.#options.promising();
    if ('failure' in reply)
      return this.#context.failed(token, exchangeReason(reply.failure.code), reply.failure.message, isGone(reply.failure.code));
    const { from, content } = readBody(reply.body);
    this.#options.received('message', from);
    return this.#context.answered(token, content);
  }

  /** A connection to the peer was lost. */
  lost(peer: Peer): void {
    if (this.#ended || this.#hangs) return;
    this.#options.promising();
    this.#context.lost(peer);
  }

  /** What the instance shows of its state. */
  inspect(): Shown {
    return this.#module?.inspect() ?? null;
  }

  /** An orderly end; a module that is removed may still say goodbye. */
  stop(reason: StopReason, ended: () => void = () => {}): void {
    const end = (): void => {
      if (!this.#ended) ended();
      this.end();
    };
    if (this.#ended || this.#hangs) return end();
    this.#context.stopping(reason);
    this.#options.promising();
    const stopping = async (): Promise<void> => this.#module?.stop(reason);
    // Its last words do not matter: it ends all the same.
    stopping().then(end, end);
    if (reason === 'update') end();
    else this.#options.after(STOP_MS, end);
  }

  /** The process is gone, and with it everything that it knew or waited for. */
  end(): void {
    this.#ended = true;
    this.#context.end();
  }

  crash(): void {
    this.#fail({ code: 'GOSSIP_E_MODULE_CRASH', message: 'the instance crashed' });
  }

  /** Nothing is answered any more; its core finds out after a while. */
  hang(): void {
    if (this.#ended || this.#hangs) return;
    this.#hangs = true;
    this.#context.end();
    this.#options.after(HUNG_MS, () => this.#fail({ code: 'GOSSIP_E_MODULE_HUNG', message: 'the instance does not answer' }));
  }

  /** Cut off, or with a letter or a byte that does not belong there. */
  #spoiled(state: Said): Said {
    if (!this.spoilsState) return state;
    const place = Math.floor(this.#options.random.next() * state.length);
    if (this.#options.random.chance(0.5)) return state.slice(0, place);
    return typeof state === 'string'
      ? `${state.slice(0, place)}\u0000${state.slice(place + 1)}`
      : state.map((byte, at) => (at === place ? 0 : byte));
  }

  #fail(failure: Failure): void {
    if (this.#ended) return;
    this.end();
    this.#options.failed(failure);
  }

  /** Runs code of the module; the outcome travels back once its promise settled. */
  #call<T>(code: ErrorCode, done: Done<T>, run: (module: GossipModule) => T | Promise<T>): void {
    if (this.#ended || this.#hangs) return;
    this.#options.promising();
    const running = async (): Promise<T> => run(this.#module as GossipModule);
    const outcome = (settled: Parameters<Done<T>>[0]): void =>
      this.#options.after(this.slowMs, () => this.#ended || this.#hangs || done(settled));
    running().then(
      (value) => outcome({ value }),
      (error: unknown) => outcome({ failure: failureIn(error, code) }),
    );
  }
}

function failureIn(thrown: unknown, code: ErrorCode): Failure {
  const reason = code === 'GOSSIP_E_MODULE_ANSWER' ? reasonOf(thrown) : null;
  return reason === null ? { code, message: String(thrown) } : failureOf(moduleRefusal(reason, (thrown as Error).message));
}
