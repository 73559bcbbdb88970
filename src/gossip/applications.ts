/**
 * Applications on the node's machine, and modules that use others: their requests go to the instance that serves, and wait in a bounded line while one takes another's place. What modules
 * publish goes out to those that watch, from the instance that may speak (law 3).
 */
import { unansweredByModule } from '../model/exchange-reason.ts';
import type { ModuleName } from '../model/names.ts';
import type { Content } from '../model/content.ts';
import { MAX_OPEN_REQUESTS, START_USE_MS } from '../sdk/limits.ts';
import type { Modules } from './modules.ts';
import type { Ports } from './ports.ts';
import type { Asker, CallToken, Failure, Generation, GossipEvent, RequestReply, Token } from './protocol.ts';
import { isStarting, speakingOf, takingOf } from './voice.ts';

/** Requests that wait for one module; beyond them the node answers "busy". */
export const MAX_WAITING_REQUESTS = 256;
/** How long one may wait for its instance: more than an update's hand-over takes but where everything in it is as slow as it may be. */
export const REQUEST_WAIT_MS = 15_000;

const CROWDED: Failure = { code: 'GOSSIP_E_BUSY', message: `${MAX_WAITING_REQUESTS} requests wait for the module already` };
const SILENT: Failure = { code: 'GOSSIP_E_MODULE_ABSENT', message: 'the instance that asks has handed its state over' };
const LOST: Failure = { code: 'GOSSIP_E_TIMEOUT', message: 'the module did not answer' };

interface Waiting {
  readonly asked: CallToken;
  readonly content: Content;
  readonly by: ModuleName | null;
  readonly waitMs: number;
  readonly until: number;
}

interface Line {
  readonly waiting: Waiting[];
  /** Requests that an instance has taken and not answered. */
  open: number;
}

interface Served {
  readonly module: ModuleName;
  readonly generation: Generation;
  readonly asked: CallToken;
  readonly at: number;
}

export class Applications {
  readonly #ports: Ports;
  readonly #modules: Pick<Modules, 'get'>;
  /** Of modules that are known here, and were asked. */
  readonly #lines = new Map<ModuleName, Line>();
  readonly #served = new Map<Token, Served>();

  constructor(ports: Ports, modules: Pick<Modules, 'get'>) {
    this.#ports = ports;
    this.#modules = modules;
  }

  /** Whether an instance of the module has requests that it did not answer yet. */
  isAsked(module: ModuleName): boolean {
    return (this.#lines.get(module)?.open ?? 0) > 0;
  }

  handle(event: Extract<GossipEvent, { type: 'app-request' | 'served' | 'module-publish' }>): void {
    switch (event.type) {
      case 'app-request':
        return this.#request(event);
      case 'served':
        return this.#answered(event.token, event.reply);
      case 'module-publish':
        return this.#publish(event);
    }
  }

  #request({ token, module, content, by }: Extract<GossipEvent, { type: 'app-request' }>): void {
    const waitMs = this.#patience(by);
    if (waitMs === null) return this.#reply(token, { failure: SILENT });
    if (this.#modules.get(module) === undefined) {
      return this.#reply(token, { failure: { code: 'GOSSIP_E_MODULE_UNKNOWN', message: `no module '${module}' is deployed here` } });
    }
    const line = this.#lines.get(module) ?? { waiting: [], open: 0 };
    this.#lines.set(module, line);
    if (line.waiting.length >= MAX_WAITING_REQUESTS) return this.#reply(token, { failure: CROWDED });
    line.waiting.push({ asked: token, content, by: by?.module ?? null, waitMs, until: this.#ports.now + waitMs });
    return this.#move(module, line);
  }

  /**
   * How long it may wait for an instance; null for one of an instance that may not speak (law 3: what it learned would be lost). Two modules that ask each other while one
   * of them is drained wait for each other until the first request has taken its time; in their starts, until `START_USE_MS`.
   */
  #patience(by: Asker | undefined): number | null {
    if (by === undefined) return REQUEST_WAIT_MS;
    const instances = this.#modules.get(by.module)?.instances;
    if (speakingOf(instances, by.generation) === undefined) return null;
    return Math.min(by.waitMs, isStarting(instances, by.generation) ? START_USE_MS : REQUEST_WAIT_MS);
  }

  /** An instance answered, or could not. */
  #answered(token: Token, reply: RequestReply): void {
    const served = this.#served.get(token);
    if (served === undefined) return;
    this.#served.delete(token);
    const { module, generation, asked } = served;
    const update = this.#modules.get(module);
    if ('failure' in reply && unansweredByModule(reply.failure.code)) update?.standingOf(generation)?.couldNotAnswer(null, reply.failure);
    this.#reply(asked, reply);
    const line = this.#lines.get(module);
    if (line === undefined) return;
    line.open -= 1;
    this.#move(module, line);
    if (line.open === 0) update?.answeredAll();
  }

  /** Something may have changed for those that wait. */
  moveOn(): void {
    for (const [module, line] of this.#lines) if (line.waiting.length > 0) this.#move(module, line);
  }

  /** An event goes out while its instance may speak. */
  #publish({ module, generation, event }: Extract<GossipEvent, { type: 'module-publish' }>): void {
    if (speakingOf(this.#modules.get(module)?.instances, generation) === undefined) return;
    this.#ports.emit({ type: 'publish', module, event });
  }

  /** Gives up what has had no outcome for very long. */
  sweep(before: number): void {
    for (const [token, { at }] of this.#served) if (at < before) this.#answered(token, { failure: LOST });
  }

  #move(module: ModuleName, line: Line): void {
    const update = this.#modules.get(module);
    const taking = takingOf(update?.instances);
    if (taking === null) {
      const why = update?.standing.why ?? null;
      const message = `${module} does not run here now${why === null ? '' : `: ${why.message}`}`;
      for (const { asked } of line.waiting.splice(0)) this.#reply(asked, { failure: { code: 'GOSSIP_E_MODULE_ABSENT', message } });
    } else if (taking !== 'soon') {
      while (line.open < MAX_OPEN_REQUESTS && line.waiting.length > 0) this.#serve(module, taking, line);
    }
    this.#watchTime(module, line);
  }

  #serve(module: ModuleName, generation: Generation, line: Line): void {
    const next = line.waiting.shift();
    if (next === undefined) return;
    const ports = this.#ports;
    const token = ports.token();
    line.open += 1;
    this.#served.set(token, { module, generation, asked: next.asked, at: ports.now });
    ports.emit({ type: 'serve', token, module, generation, content: next.content, by: next.by });
  }

  /** Modules may wait for less time than applications do. */
  #watchTime(module: ModuleName, line: Line): void {
    const { timers } = this.#ports;
    const slot = `requests/${module}`;
    const until = line.waiting.reduce((first, waiting) => Math.min(first, waiting.until), Infinity);
    if (until === Infinity) timers.clear(slot);
    else if (timers.due(slot) !== until) timers.set(slot, until, () => this.#giveUp(module, line));
  }

  #giveUp(module: ModuleName, line: Line): void {
    const { now } = this.#ports;
    const late = line.waiting.filter(({ until }) => until <= now);
    const others = line.waiting.filter(({ until }) => until > now);
    line.waiting.splice(0, Infinity, ...others);
    for (const { asked, waitMs } of late) {
      this.#reply(asked, { failure: { code: 'GOSSIP_E_TIMEOUT', message: `no instance took the request within ${waitMs} ms` } });
    }
    this.#watchTime(module, line);
  }

  #reply(token: CallToken, reply: RequestReply): void {
    this.#ports.emit({ type: 'app-reply', token, reply });
  }
}
