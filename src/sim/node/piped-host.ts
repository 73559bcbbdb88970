/** One simulated host behind its pipe: what its core asks of it, and hears of it. */
import type { Failure, ModuleReply } from '../../gossip/protocol.ts';
import type { Peer } from '../../model/names.ts';
import type { StateBytes } from '../../model/state-bytes.ts';
import type { Done, Host as HostPort, HostEvents } from '../../runner/ports.ts';
import type { PublishedEvent } from '../../sdk/content.ts';
import type { Content } from '../../model/content.ts';
import { ANSWER_MS, ASK_MS, REQUEST_MS, STEP_MS } from '../../sdk/limits.ts';
import type { StopReason } from '../../sdk/module.ts';
import type { Host } from './host.ts';

/** One way through the pipe between core and host. Always the same: what was said first arrives first. */
const PIPE_MS = 0.5;

const NOT_LOADED: Failure = { code: 'GOSSIP_E_MODULE_ABSENT', message: 'it is not loaded yet' };
const STOPPED: Failure = { code: 'GOSSIP_E_MODULE_ABSENT', message: 'the instance was stopped' };
const ACCEPTS_LATE: Failure = { code: 'GOSSIP_E_MODULE_STATE', message: 'acceptState did not end in time' };
const STARTS_LATE: Failure = { code: 'GOSSIP_E_MODULE_START', message: 'start did not end in time' };
const ANSWERS_LATE: Failure = { code: 'GOSSIP_E_TIMEOUT', message: 'the module did not answer in time' };
const STATE_LATE: Failure = { code: 'GOSSIP_E_MODULE_HUNG', message: 'transferState did not end in time' };

export interface PipedHostOptions {
  readonly host: Host;
  readonly events: HostEvents;
  readonly after: (delayMs: number, run: () => void) => void;
  readonly active: () => void;
  /** The instance is gone, as its core hears now. */
  readonly ended: (how: 'stopped' | 'failed') => void;
}

export class PipedHost implements HostPort {
  readonly #options: PipedHostOptions;
  readonly #host: Host;
  /** What was asked and is not answered; each fails when it is called. */
  readonly #asked = new Set<(why: Failure) => void>();
  readonly #whenGone: (() => void)[] = [];
  #loaded = false;
  /** Steps of its life under way: whoever waits for one learns of the end from that. */
  #steps = 0;
  /** It was told to stop or to end. */
  #leaving = false;
  /** Why it is gone, once its core knows. */
  #why: Failure | null = null;

  constructor(options: PipedHostOptions) {
    this.#options = options;
    this.#host = options.host;
  }

  load(): void {
    this.#host.load((outcome) =>
      this.#later(() => {
        if ('failure' in outcome) return this.#fall(outcome.failure);
        if (this.#leaving || this.#why !== null) return undefined;
        this.#loaded = true;
        return this.#options.events.loaded();
      }),
    );
  }

  /** The host ended by itself; what it said before is heard before. */
  failed(failure: Failure): void {
    this.#later(() => this.#gone('failed', failure));
  }

  /** The host asks for an exchange. */
  exchange(token: number, to: Peer, body: Uint8Array): void {
    const reply = (outcome: ModuleReply): void => this.#later(() => this.#host.reply(token, outcome));
    this.#later(() => {
      if (this.#why === null) this.#options.events.exchange(to, body, reply);
    });
  }

  /** The host tells those that watch. */
  publish(event: PublishedEvent): void {
    this.#later(() => this.#why === null && this.#options.events.publish(event));
  }

  accept(state: StateBytes, done: Done<void>): void {
    this.#step(done, ACCEPTS_LATE, (answer) => this.#host.accept(state, answer));
  }

  activate(done: Done<void>): void {
    const active: Done<void> = (outcome) => {
      if ('value' in outcome) this.#options.active();
      done(outcome);
    };
    this.#step(active, STARTS_LATE, (answer) => this.#host.activate(answer));
  }

  takeState(done: Done<StateBytes>): void {
    const ask = (answer: Done<StateBytes>): void => this.#host.takeState(answer);
    this.#ask({ ask, done, withinMs: ASK_MS, late: () => this.#fall(STATE_LATE) });
  }

  deliver(from: Peer, body: Uint8Array, done: Done<Uint8Array>): void {
    const ask = (answer: Done<Uint8Array>): void => this.#host.deliver(from, body, answer);
    this.#ask({ ask, done, withinMs: ANSWER_MS, late: (fail) => fail(ANSWERS_LATE) });
  }

  request(content: Content, done: Done<Content>): void {
    const ask = (answer: Done<Content>): void => this.#host.request(content, answer);
    this.#ask({ ask, done, withinMs: REQUEST_MS, late: (fail) => fail(ANSWERS_LATE) });
  }

  lost(peer: Peer): void {
    if (this.#unable === null) this.#later(() => this.#host.lost(peer));
  }

  stop(reason: StopReason, done: () => void): void {
    if (!this.#mustEnd(done)) return;
    this.#later(() => {
      const how = this.#host.hangs ? 'failed' : 'stopped';
      this.#host.stop(reason, () => this.#later(() => this.#gone(how, STOPPED)));
    });
  }

  end(done: () => void): void {
    this.#mustEnd(done);
    this.#host.end();
    this.#later(() => this.#gone('failed', STOPPED));
  }

  /** Whether this is the first that it hears of it. */
  #mustEnd(done: () => void): boolean {
    const first = !this.#leaving && this.#why === null;
    this.#leaving = true;
    if (this.#why === null) this.#whenGone.push(done);
    else this.#options.after(0, done);
    return first;
  }

  /** A step of its life: whoever cannot do it is gone. */
  #step(done: Done<void>, late: Failure, ask: (answer: Done<void>) => void): void {
    if (this.#unable !== null) return this.#refuse(done);
    this.#steps += 1;
    const stepped: Done<void> = (outcome) => {
      if ('failure' in outcome) this.#fall(outcome.failure);
      this.#steps -= 1;
      done(outcome);
    };
    return this.#ask({ ask, done: stepped, withinMs: STEP_MS, late: (fail) => fail(late) });
  }

  #ask<T>({ ask, done, withinMs, late }: Question<T>): void {
    if (this.#unable !== null) return this.#refuse(done);
    const answer: Done<T> = (outcome) => {
      if (this.#asked.delete(fail)) done(outcome);
    };
    const fail = (why: Failure): void => answer({ failure: why });
    this.#asked.add(fail);
    this.#options.after(withinMs, () => this.#asked.has(fail) && late(fail));
    return this.#later(() => ask((outcome) => this.#later(() => answer(outcome))));
  }

  /** Why nothing can be asked of it; null when it can. */
  get #unable(): Failure | null {
    return this.#why ?? (this.#leaving ? STOPPED : this.#loaded ? null : NOT_LOADED);
  }

  #refuse<T>(done: Done<T>): void {
    const failure = this.#unable ?? NOT_LOADED;
    this.#options.after(0, () => done({ failure }));
  }

  /** It could not do what it must. */
  #fall(failure: Failure): void {
    this.#host.end();
    this.#gone('failed', failure);
  }

  /** The last that its core hears of it. */
  #gone(how: 'stopped' | 'failed', why: Failure): void {
    if (this.#why !== null) return;
    this.#options.ended(how);
    this.#why = this.#leaving ? STOPPED : why;
    if (!this.#leaving && this.#steps === 0) this.#options.events.failed(why);
    for (const fail of this.#asked) fail(this.#why);
    for (const done of this.#whenGone) done();
  }

  #later(run: () => void): void {
    this.#options.after(PIPE_MS, run);
  }
}

interface Question<T> {
  readonly ask: (answer: Done<T>) => void;
  readonly done: Done<T>;
  readonly withinMs: number;
  /** There was no answer in time. */
  readonly late: (fail: (why: Failure) => void) => void;
}
