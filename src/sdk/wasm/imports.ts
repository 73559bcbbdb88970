/** What a host gives to code in WebAssembly under the name `gossip`: the context of its module, in numbers and bytes. */
import type { Body } from '../json.ts';
import { ExchangeError, Refusal } from '../module.ts';
import type { ModuleContext, Peer, Timer } from '../module.ts';
import { roundMs } from '../round.ts';
import type { Calls } from './calls.ts';
import type { Imported } from './engine.ts';
import { bodyOf, BYTES, handed, jsonOf, saidBy, TEXT } from './forms.ts';
import type { Guest } from './guest.ts';
import type { Called } from './functions.ts';
import type { ImportName } from './interface.ts';
import { decode, encode } from '../utf8.ts';

/** How an exchange ended, by its number in `onAnswer`. `gone`: unreachable, and its process has ended. */
const OUTCOMES = ['answered', 'mismatch', 'absent', 'unreachable', 'timeout', 'refused', 'failed', 'gone'] as const;
const ANSWERED = OUTCOMES.indexOf('answered');
const FAILED = OUTCOMES.indexOf('failed');
const NOTHING = new Uint8Array(0);
const TOLD = 0;
const REFUSED = 1;

export interface Surrounding {
  readonly guest: Guest;
  readonly context: ModuleContext;
  readonly calls: Calls;
  /** Calls a function that answers nothing; false where it could not be called. */
  readonly tell: (name: Called, ...given: readonly (number | Uint8Array)[]) => boolean;
}

export function gossipImports(around: Surrounding): Readonly<Record<ImportName, Imported>> {
  const { guest, context, calls } = around;
  const text = (at: number, bytes: number): string => decode(guest.read(at, bytes));
  const given = givenBytes(guest);
  return {
    answer: (call: number, form: number, at: number, bytes: number) => {
      const body = guest.read(at, bytes);
      try {
        calls.settle(call, { said: saidBy(form, body) });
      } catch (refused) {
        calls.settle(call, { refused: refused as Error });
      }
    },
    refuse: (call: number, reasonAt: number, reasonBytes: number, at: number, bytes: number) =>
      calls.settle(call, { refused: new Refusal(text(reasonAt, reasonBytes), text(at, bytes)) }),
    ...exchangeImports(around),
    publish: (topicAt: number, topicBytes: number, form: number, at: number, bytes: number) => {
      const [topic, body] = [guest.read(topicAt, topicBytes), guest.read(at, bytes)];
      try {
        context.publish?.(jsonOf('an event', saidBy(form, body)), decode(topic));
        return TOLD;
      } catch {
        return REFUSED;
      }
    },
    log: (at: number, bytes: number) => context.log(text(at, bytes)),
    now: () => context.now(),
    monotonic: () => context.monotonic?.() ?? context.now(),
    random: () => context.random(),
    ...timerImports(around),
    peers: (count: number) => given.give(context.peers(count).map(peerText).join('\n')),
    self: () => given.give(peerText(context.self)),
    instanceId: () => given.give(context.instanceId),
    moduleName: () => given.give(context.module),
    deployment: () => given.give(context.deployment),
    settings: () => given.give(JSON.stringify(context.settings)),
    take: given.take,
    intervalMs: () => roundMs(context),
    incarnation: () => context.incarnation,
  };
}

/** A peer in one line of text. */
export function peerText({ id, address, name }: Peer): string {
  return JSON.stringify({ id, address, name });
}

/** What is longer than a number: the code hears how long it is, makes room, and takes it. */
function givenBytes(guest: Guest): { give: (text: string) => number; take: (at: number) => void } {
  let last: Uint8Array = NOTHING;
  return {
    give: (text) => {
      last = encode(text);
      return last.length;
    },
    take: (at) => guest.write(at, last),
  };
}

function timerImports({ context, tell }: Surrounding): Pick<Record<ImportName, Imported>, 'every' | 'after' | 'cancel'> {
  const timers = new Map<number, Timer>();
  let last = 0;
  return {
    every: (intervalMs: number) => {
      const timer = ++last;
      timers.set(
        timer,
        context.every(intervalMs, () => void tell('onTimer', timer)),
      );
      return timer;
    },
    after: (delayMs: number) => {
      const timer = ++last;
      const fire = (): void => {
        timers.delete(timer);
        tell('onTimer', timer);
      };
      timers.set(timer, context.after(delayMs, fire));
      return timer;
    },
    cancel: (timer: number) => {
      timers.get(timer)?.stop();
      timers.delete(timer);
    },
  };
}

function exchangeImports({ guest, context, tell }: Surrounding): Pick<Record<ImportName, Imported>, 'exchange' | 'send'> {
  let last = 0;
  /** Never calls the code before the import has returned: the code is in the middle of something. */
  const ask = async (
    to: Uint8Array,
    said: () => Body,
    options: Options,
  ): Promise<readonly [outcome: number, form: number, bytes: Uint8Array]> => {
    try {
      const peer = JSON.parse(decode(to)) as Peer;
      return [ANSWERED, ...handed(await exchanged(context, peer, said(), options))];
    } catch (error) {
      return [outcomeOf(error), TEXT, encode(error instanceof Error ? error.message : String(error))];
    }
  };
  return {
    // Code that was written for less leaves the last ones out.
    exchange: (toAt: number, toBytes: number, form: number, at: number, bytes: number, answer: number = TEXT, timeoutMs: number = 0) => {
      const exchange = ++last;
      const [to, body] = [guest.read(toAt, toBytes), guest.read(at, bytes)];
      void ask(to, () => bodyOf(saidBy(form, body)), { answer, timeoutMs }).then(
        // There is no room for a large answer: it hears at least that there is none.
        (outcome) => tell('onAnswer', exchange, ...outcome) || tell('onAnswer', exchange, FAILED, TEXT, NOTHING),
      );
      return exchange;
    },
    send: (toAt: number, toBytes: number, form: number, at: number, bytes: number) => {
      const [to, body] = [guest.read(toAt, toBytes), guest.read(at, bytes)];
      try {
        return context.send(JSON.parse(decode(to)) as Peer, bodyOf(saidBy(form, body))) ? TOLD : REFUSED;
      } catch {
        return REFUSED;
      }
    },
  };
}

interface Options {
  /** The form that the answer must have. */
  readonly answer: number;
  /** Its own deadline; 0 is the usual one. */
  readonly timeoutMs: number;
}

function exchanged(context: ModuleContext, peer: Peer, body: Body, { answer, timeoutMs }: Options): Promise<Body> {
  const deadline = timeoutMs === 0 ? {} : { timeoutMs };
  return answer === BYTES ? context.exchange(peer, body, { ...deadline, answer: 'bytes' }) : context.exchange(peer, body, deadline);
}

/** What was no exchange at all, such as a body that is no JSON, counts as refused. */
function outcomeOf(error: unknown): number {
  if (!(error instanceof ExchangeError)) return OUTCOMES.indexOf('refused');
  return OUTCOMES.indexOf(error.gone ? 'gone' : error.reason);
}
