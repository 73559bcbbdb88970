/**
 * Aggregate: count, mean, sum, minimum and maximum of one number per node, by push-sum in epochs.
 *
 * Settings: `value` is every node's number, `values` (an object: node name to number) goes before it; a node without
 * either takes a number from 0 to 99 that follows from its id; what an application has set goes before all of them (`requests.ts`). `epochRounds` (10 to 300, default 30) is the length of an epoch.
 */
import { asInteger, asJson, asObject, field, GossipModule, knownSettings, roundMs } from '../../sdk/index.ts';
import type { ExchangeError, Json, JsonObject, ModuleContext } from '../../sdk/index.ts';
import { SETTINGS } from './settings.ts';
import { Epoch } from './epoch.ts';
import type { Estimate } from './epoch.ts';
import { answerJson, MAX_EPOCH, MAX_PUSH_ID, parseAnswer, parseRequest, requestJson } from './messages.ts';
import type { Answer } from './messages.ts';
import { parseAppRequest, parseValue } from './requests.ts';
import { MAX_PENDING, readSnapshot, writeSnapshot } from './state.ts';
import type { Pending } from './state.ts';

/** Hearsay may advance the epoch this far at once: some ten years of sleep. */
const MAX_LEAP = 2 ** 24;

interface Sending extends Pending {
  attempts: number;
  busy: boolean;
}

export default class Aggregate extends GossipModule {
  #value = 0;
  /** What an application has set. */
  #set: number | null = null;
  #epochRounds = 0;
  #epoch: Epoch;
  #restored = false;
  #sending = new Map<number, Sending>();
  #result: Estimate | null = null;

  constructor(context: ModuleContext) {
    super(context);
    this.#epoch = Epoch.begin(0, 0, context.random());
  }

  override start(): void {
    knownSettings(this.context.settings, SETTINGS);
    this.#value = this.#set ?? inputOf(this.context);
    this.#epochRounds = asInteger(field(this.context.settings, 'epochRounds') ?? 30, 'settings.epochRounds', { min: 10, max: 300 });
    if (!this.#restored) this.#epoch = Epoch.begin(0, this.#value, this.context.random());
    this.context.every(roundMs(this.context), () => this.#round());
  }

  override receive(body: Json): Json {
    const { epoch: number, push, min, max } = parseRequest(body);
    this.#follow(number);
    const epoch = this.#epoch;
    const taken = number === epoch.number && epoch.take(push);
    if (number === epoch.number) epoch.widen({ min, max });
    return answerJson({ epoch: epoch.number, taken, ...epoch.extrema });
  }

  override request(body: Json | Uint8Array): Json {
    const request = parseAppRequest(asJson(body, 'a request'));
    if (request.op === 'read') return this.#shown();
    this.#set = request.op === 'set' ? request.value : null;
    this.#value = this.#set ?? inputOf(this.context);
    return { value: this.#value, fromEpoch: this.#epoch.number + 1 };
  }

  override transferState(): string {
    return writeSnapshot({ epoch: this.#epoch, pending: [...this.#sending.values()], result: this.#result, set: this.#set });
  }

  override acceptState(text: string): void {
    const { epoch, pending, result, set } = readSnapshot(text);
    this.#restored = true;
    this.#epoch = epoch;
    this.#result = result;
    this.#set = set;
    // They may have arrived while the old instance lived.
    this.#sending = new Map(pending.map(({ to, push }) => [push.id, { to, push, attempts: 1, busy: false }]));
  }

  override inspect(): Json {
    return this.#shown();
  }

  #shown(): JsonObject {
    const epoch = this.#epoch;
    const { count, mean, sum, min, max } = this.#result ?? epoch.estimate() ?? { count: null, mean: null, sum: null, ...epoch.extrema };
    return { count, mean, sum, min, max, epoch: epoch.number, settled: this.#result !== null, value: this.#value };
  }

  #round(): void {
    const finished = ++this.#epoch.rounds >= this.#epochRounds && this.#epoch.number < MAX_EPOCH;
    if (finished) this.#enter(this.#epoch.number + 1);
    for (const sending of this.#sending.values()) {
      if (!sending.busy) void this.#send(sending);
    }
    if (this.#sending.size >= MAX_PENDING) return;
    for (const to of this.context.peers(1)) {
      const push = this.#epoch.split(Math.floor(this.context.random() * MAX_PUSH_ID));
      const sending = { to, push, attempts: 0, busy: false };
      this.#sending.set(push.id, sending);
      void this.#send(sending);
    }
  }

  /** Repeated until it is certain whether the push was taken; till then its mass belongs to neither side. */
  async #send(sending: Sending): Promise<void> {
    const { to, push } = sending;
    const { number, extrema } = this.#epoch;
    sending.busy = true;
    sending.attempts++;
    try {
      this.#settle(sending, parseAnswer(await this.context.exchange(to, requestJson({ epoch: number, push, ...extrema }))));
    } catch (error) {
      if (sending.attempts === 1 && neverArrived(error)) this.#conclude(sending, false);
    } finally {
      sending.busy = false;
    }
  }

  #settle(sending: Sending, answer: Answer): void {
    this.#follow(answer.epoch);
    this.#conclude(sending, answer.taken);
    if (answer.epoch === this.#epoch.number) this.#epoch.widen(answer);
  }

  /** Unless the epoch has ended meanwhile, and the push with it. */
  #conclude(sending: Sending, taken: boolean): void {
    if (this.#sending.get(sending.push.id) !== sending) return;
    this.#sending.delete(sending.push.id);
    if (!taken) this.#epoch.reclaim(sending.push);
  }

  #follow(number: number): void {
    if (number > this.#epoch.number && number <= this.#epoch.number + MAX_LEAP) this.#enter(number);
  }

  #enter(number: number): void {
    const { rounds } = this.#epoch;
    // An epoch that this node barely saw tells nothing yet.
    const estimate = rounds * 2 >= this.#epochRounds ? this.#epoch.estimate() : null;
    if (estimate !== null) {
      this.#result = estimate;
      this.context.publish?.({ event: 'result', epoch: this.#epoch.number, ...estimate });
    }
    this.#epoch = Epoch.begin(number, this.#value, this.context.random());
    this.#sending.clear();
  }
}

function inputOf({ settings, self }: ModuleContext): number {
  const named = field(asObject(field(settings, 'values') ?? {}, 'settings.values'), self.name);
  const value = named ?? field(settings, 'value') ?? parseInt(self.id.slice(0, 8), 16) % 100;
  return parseValue(value, 'settings.value');
}

/** Told by its `reason`, not by its class: the core's `ExchangeError` need not be the copy in this bundle. */
function neverArrived(error: unknown): boolean {
  const reason = (error as Partial<ExchangeError>).reason;
  return reason === 'unreachable' || reason === 'absent' || reason === 'mismatch' || reason === 'refused';
}
