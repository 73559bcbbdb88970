/**
 * Programs that the node starts for events, as `gossip node run --on` asks for them: each handler one at a time and in order, all of them bounded in number and pace.
 * What comes faster waits; what does not fit is lost, counted, and told to the next run. Nothing here waits for a program, and nothing of the node does.
 */
import type { HandlerStatus } from '../../api/status.ts';
import type { Note } from '../../gossip/protocol.ts';
import type { ModuleName, Peer } from '../../model/names.ts';
import { TokenBucket } from '../../model/token-bucket.ts';
import type { PublishedEvent } from '../../sdk/content.ts';
import { nodeEvent } from '../log/node-events.ts';
import type { Logger } from '../log/log.ts';
import { handlerEnvironment } from './environment.ts';
import { documentOf, labelOf, mayWant, nameFor, toldBy, toldByNode } from './happening.ts';
import type { Happening } from './happening.ts';
import { HANDLER_LIMITS } from './limits.ts';
import type { HandlerLimits } from './limits.ts';
import { ProgramRun } from './program-run.ts';
import type { ProgramEnd } from './program-run.ts';
import { Waiting } from './waiting.ts';
import { sourceOf } from './wish.ts';
import type { HandlerWish } from './wish.ts';

export interface EventHandlersOptions {
  readonly wishes: readonly HandlerWish[];
  readonly self: Peer;
  readonly strain: () => number;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly limits?: Partial<HandlerLimits>;
}

/** What is known once the node has its door. */
export interface Surroundings {
  /** The door's socket. */
  readonly socket: string | null;
  /** Modules that are deployed. */
  readonly modules: readonly ModuleName[];
}

interface Handler {
  readonly wish: HandlerWish;
  readonly label: string;
  readonly waiting: Waiting;
  run: ProgramRun | null;
  runs: number;
  failed: number;
}

export class EventHandlers {
  readonly #options: EventHandlersOptions;
  readonly #limits: HandlerLimits;
  #handlers: readonly Handler[];
  /** No longer wanted, and not ended yet. */
  readonly #leaving = new Set<Handler>();
  readonly #starts: TokenBucket;
  #surroundings: Surroundings | null = null;
  #later: NodeJS.Timeout | undefined;
  #next = 0;

  constructor(options: EventHandlersOptions) {
    this.#options = options;
    this.#limits = { ...HANDLER_LIMITS, ...options.limits };
    const { startsPerSecond } = this.#limits;
    this.#starts = new TokenBucket(startsPerSecond, 1_000 / startsPerSecond, performance.now());
    this.#handlers = options.wishes.map((wish) => this.#handlerOf(wish));
  }

  /** Other handlers from now on. Those that stay go on with what they have; a program of another that runs may end. */
  replace(wishes: readonly HandlerWish[]): void {
    const before = new Map(this.#handlers.map((handler) => [handler.label, handler]));
    this.#handlers = wishes.map((wish) => {
      const kept = before.get(labelOf(wish));
      before.delete(labelOf(wish));
      return kept ?? this.#handlerOf(wish);
    });
    for (const handler of before.values()) {
      this.#lose(handler, 'the handler is taken away: events are lost');
      if (handler.run !== null) this.#leaving.add(handler);
    }
    this.#next = 0;
    if (this.#surroundings !== null) this.#soon();
  }

  #handlerOf(wish: HandlerWish): Handler {
    return { wish, label: labelOf(wish), waiting: new Waiting(this.#limits), run: null, runs: 0, failed: 0 };
  }

  #lose({ label, waiting }: Handler, why: string): void {
    const lost = waiting.clear();
    if (lost > 0) this.#options.log.warn({ handler: label, lost }, why);
  }

  /** From now on programs are started, for what happened before, too. */
  begin(surroundings: Surroundings): void {
    this.#surroundings = surroundings;
    const missing = new Set(this.#handlers.flatMap(({ wish }) => wish.events.flatMap((event) => sourceOf(event) ?? [])));
    for (const module of missing) {
      if (!surroundings.modules.includes(module))
        this.#options.log.warn({ module }, 'a handler waits for events of a module that is not deployed');
    }
    this.#soon();
  }

  publish(module: ModuleName, event: PublishedEvent): void {
    if (!this.#handlers.some(({ wish }) => mayWant(wish, module, event.topic))) return;
    this.#happened(toldBy(module, event));
  }

  noted(note: Note): void {
    const event = this.#handlers.length === 0 ? null : nodeEvent(note);
    if (event !== null) this.#happened(toldByNode(event));
  }

  status(): HandlerStatus[] {
    return this.#handlers.map(({ label, waiting, run, runs, failed }) => {
      return { handler: label, running: run !== null, waiting: waiting.length, runs, failed, lost: waiting.lost };
    });
  }

  /** Starts nothing any more; what runs is asked to end, and ended by force after `graceMs`. Resolves when nothing runs. */
  async stop(graceMs: number): Promise<void> {
    this.#surroundings = null;
    clearTimeout(this.#later);
    for (const handler of this.#handlers) this.#lose(handler, 'the node stops: events are lost');
    const runs = [...this.#handlers, ...this.#leaving].flatMap(({ run }) => run ?? []);
    for (const run of runs) run.stop(graceMs);
    await Promise.all(runs.map(({ ended }) => ended));
  }

  #happened(told: ReturnType<typeof toldBy>): void {
    if (told === null) return;
    const time = new Date().toISOString();
    for (const { wish, waiting } of this.#handlers) {
      const name = nameFor(wish, told);
      if (name !== null) waiting.push({ ...told, name, time });
    }
    this.#soon();
  }

  /** Outside of whatever happens now: to start a program takes milliseconds. */
  #soon(delayMs = 0): void {
    if (this.#surroundings === null) return;
    this.#later ??= setTimeout(() => {
      this.#later = undefined;
      this.#startSome();
    }, delayMs);
  }

  #startSome(): void {
    const inTurn = [...this.#handlers.slice(this.#next), ...this.#handlers.slice(0, this.#next)];
    for (const handler of inTurn) {
      const running = this.#handlers.filter(({ run }) => run !== null).length;
      if (this.#surroundings === null || running >= this.#limits.atOnce) return;
      if (handler.run !== null || handler.waiting.length === 0) continue;
      if (!this.#starts.take(performance.now(), this.#options.strain())) return this.#soon(1_000 / this.#limits.startsPerSecond);
      this.#next = (this.#handlers.indexOf(handler) + 1) % this.#handlers.length;
      this.#start(handler, this.#surroundings);
    }
    return undefined;
  }

  #start(handler: Handler, { socket }: Surroundings): void {
    const taken = handler.waiting.take();
    if (taken === null) return;
    const { happening, lost } = taken;
    const { label, wish } = handler;
    const { log, self } = this.#options;
    const { deadlineMs, endingMs, linesPerSecond, bytesPerSecond } = this.#limits;
    if (lost > 0) log.warn({ handler: label, lost }, 'events are lost: they come faster than the handler ends');
    handler.runs += 1;
    const run = new ProgramRun({
      program: wish.program,
      environment: handlerEnvironment({ event: happening.name, self, socket }),
      input: documentOf(happening, self, lost),
      deadlineMs,
      endingMs,
      log: { linesPerSecond, bytesPerSecond },
      onLine: (line, stream) => log.info({ handler: label, stream, line }, 'handler log'),
    });
    handler.run = run;
    void run.ended.then((end) => this.#ended(handler, happening, end));
  }

  #ended(handler: Handler, happening: Happening, end: ProgramEnd): void {
    handler.run = null;
    this.#leaving.delete(handler);
    this.#say(handler, happening, end);
    this.#soon();
  }

  #say(handler: Handler, { name }: Happening, { exitCode, signal, late, error, tookMs }: ProgramEnd): void {
    const { log } = this.#options;
    const fields = { handler: handler.label, event: name, exitCode, signal, tookMs };
    if (error === null && exitCode === 0 && !late) return log.info(fields, 'handler ended');
    handler.failed += 1;
    if (error !== null) return log.warn({ ...fields, why: reasonOf(error) }, 'handler could not be started');
    return log.warn(fields, late ? `handler ended: it took more than ${this.#limits.deadlineMs} ms` : 'handler failed');
  }
}

/** It was there when the node began. */
function reasonOf(error: NodeJS.ErrnoException): string {
  return error.code === 'ENOENT'
    ? `${error.message}: the program, or the interpreter that its first line names, is not there`
    : error.message;
}
