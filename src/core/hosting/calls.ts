/** What the core has asked of a host and has not been answered yet. */
import { GossipError } from '../../model/errors.ts';
import type { ErrorCode, Failure } from '../../model/errors.ts';
import { moduleRefusal } from '../../model/module-refusal.ts';
import type { Content } from '../../model/content.ts';
import { ASK_MS, MAX_MESSAGE_BYTES, REQUEST_MS } from '../../sdk/limits.ts';
import { MAX_BODY_BYTES } from '../../host/frames.ts';
import type { FrameBody } from '../../host/frames.ts';
import { MAX_CARRIED_MESSAGE } from '../../host/messages.ts';
import { MOST_PATIENCE } from './process/run-queue.ts';

export interface CallRules {
  /** What is asked, as an author knows it, such as `receive`. */
  readonly what: string;
  /** The code of a failure that the module itself reports. */
  readonly failedCode: ErrorCode;
  readonly timeoutMs: number;
  /** Whether the time is not counted in which the host waits for a processor (`MOST_PATIENCE`): nobody else waits for the answer. */
  readonly patient?: boolean;
  /** What is said when the time is over. */
  readonly late: Failure;
  /** Largest answer. */
  readonly maxBytes: number;
}

/** At least so much more time has a call whose host a debugger was in. */
const INSPECTED_MS = 250;

export const STATE_RULES: CallRules = {
  what: 'transferState',
  failedCode: 'GOSSIP_E_MODULE_STATE',
  late: { code: 'GOSSIP_E_MODULE_HUNG', message: `transferState did not end within ${ASK_MS} ms` },
  timeoutMs: ASK_MS,
  patient: true,
  maxBytes: MAX_BODY_BYTES,
};

/** Who asks is an operator: an answer that never comes is the module's fault, not that of the way to its node. */
export const INSPECT_RULES: CallRules = {
  what: 'inspect',
  failedCode: 'GOSSIP_E_MODULE_ANSWER',
  late: { code: 'GOSSIP_E_MODULE_ANSWER', message: `inspect() did not end within ${ASK_MS} ms` },
  timeoutMs: ASK_MS,
  maxBytes: MAX_MESSAGE_BYTES,
};

export function receiveRules(timeoutMs: number): CallRules {
  const late: Failure = { code: 'GOSSIP_E_TIMEOUT', message: `receive() did not end within ${timeoutMs} ms` };
  return { what: 'receive', failedCode: 'GOSSIP_E_MODULE_ANSWER', late, timeoutMs, maxBytes: MAX_CARRIED_MESSAGE };
}

/** What an application asks, which neither is the module's fault nor makes it one when it is late. */
export const REQUEST_RULES: CallRules = {
  what: 'request',
  failedCode: 'GOSSIP_E_MODULE_ANSWER',
  late: { code: 'GOSSIP_E_TIMEOUT', message: `request() did not end within ${REQUEST_MS} ms` },
  timeoutMs: REQUEST_MS,
  maxBytes: MAX_MESSAGE_BYTES,
};

export interface Answered {
  readonly body: FrameBody;
  readonly form: Content['form'];
}

interface Pending {
  readonly rules: CallRules;
  readonly resolve: (answer: Answered) => void;
  readonly reject: (error: GossipError) => void;
  deadline: NodeJS.Timeout;
}

export class Calls {
  readonly #waitedMs: () => number;
  readonly #inspectedMs: () => number;
  readonly #pending = new Map<number, Pending>();
  #next = 1;
  /** What was given up first since the last answer: whoever spins in it answers nothing that came after it. */
  #givenUp: { readonly call: number; readonly what: string } | undefined;

  /** `waitedMs`: how long the host has waited for a processor so far; `inspectedMs`: how long debuggers were in it. */
  constructor(waitedMs: () => number = () => 0, inspectedMs: () => number = () => 0) {
    this.#waitedMs = waitedMs;
    this.#inspectedMs = inspectedMs;
  }

  /** What has been waited for longest, whether it was given up or not. */
  get waitedFor(): string | undefined {
    const [oldest] = this.#pending;
    if (this.#givenUp !== undefined && (oldest === undefined || this.#givenUp.call < oldest[0])) return this.#givenUp.what;
    return oldest?.[1].rules.what;
  }

  /** Why an instance of `deployment` ended, with what it was asked: whoever hung was asked for something, most of the time. */
  placed(why: Failure, deployment: string): Failure {
    const { waitedFor } = this;
    if (why.code !== 'GOSSIP_E_MODULE_HUNG' || waitedFor === undefined || why.message.startsWith(waitedFor)) return why;
    return { code: why.code, message: `${why.message}: ${waitedFor} of ${deployment} did not end` };
  }

  /** Sends through `send` and resolves with the answer. */
  make(rules: CallRules, send: (call: number) => void): Promise<Answered> {
    const call = this.#next++;
    return new Promise((resolve, reject) => {
      const late = rules.patient ? this.#patience(call, rules) : (): void => this.#giveUp(call, rules);
      this.#pending.set(call, { rules, resolve, reject, deadline: setTimeout(late, rules.timeoutMs) });
      send(call);
    });
  }

  /** Called when the time of a call is over: gives it as much more as its host had no processor meanwhile, within bounds, and as a debugger was in it. */
  #patience(call: number, rules: CallRules): () => void {
    let waitedMs = this.#waitedMs();
    let inspectedMs = this.#inspectedMs();
    let leftMs = (MOST_PATIENCE - 1) * rules.timeoutMs;
    const late = (): void => {
      const now = this.#waitedMs();
      const inspectedNow = this.#inspectedMs();
      const patienceMs = Math.min(now - waitedMs, leftMs);
      const moreMs = patienceMs + (inspectedNow > inspectedMs ? Math.max(INSPECTED_MS, inspectedNow - inspectedMs) : 0);
      const pending = this.#pending.get(call);
      waitedMs = now;
      inspectedMs = inspectedNow;
      leftMs -= patienceMs;
      if (moreMs < 1 || pending === undefined) this.#giveUp(call, rules);
      else pending.deadline = setTimeout(late, moreMs);
    };
    return late;
  }

  /** How long an answer may be: one that comes too late must still be read over. */
  maxBytes(call: number): number {
    return this.#pending.get(call)?.rules.maxBytes ?? MAX_CARRIED_MESSAGE;
  }

  /** False for a call that nobody waits for. */
  done(call: number, answer: Answered): boolean {
    this.#givenUp = undefined;
    const pending = this.#take(call);
    pending?.resolve(answer);
    return pending !== undefined;
  }

  /** `refusal`: of a request that the module does not take. */
  failed(call: number, message: string, refusal?: string): boolean {
    this.#givenUp = undefined;
    const pending = this.#take(call);
    pending?.reject(refusal === undefined ? new GossipError(pending.rules.failedCode, message) : moduleRefusal(refusal, message));
    return pending !== undefined;
  }

  failAll(failure: Failure): void {
    for (const call of this.#pending.keys()) this.#take(call)?.reject(asError(failure));
  }

  #giveUp(call: number, { what, late }: CallRules): void {
    if (this.#givenUp === undefined || call < this.#givenUp.call) this.#givenUp = { call, what };
    this.#take(call)?.reject(asError(late));
  }

  #take(call: number): Pending | undefined {
    const pending = this.#pending.get(call);
    if (pending === undefined) return undefined;
    clearTimeout(pending.deadline);
    this.#pending.delete(call);
    return pending;
  }
}

export function asError({ code, message }: Failure): GossipError {
  return new GossipError(code, message);
}
