/** One instance of a module, as its core sees it: a child process that can be asked, watched and ended. */
import { GossipError, toGossipError } from '../../model/errors.ts';
import type { Failure } from '../../model/errors.ts';
import { stateBytes } from '../../model/state-bytes.ts';
import type { StateBytes } from '../../model/state-bytes.ts';
import type { ModuleName, Peer } from '../../model/names.ts';
import type { Content } from '../../model/content.ts';
import { readJson } from '../../sdk/json-text.ts';
import type { Json } from '../../sdk/json.ts';
import type { StopReason } from '../../sdk/module.ts';
import { saidBytes } from '../../sdk/carried.ts';
import { MAX_MESSAGE_BYTES, MAX_STATE_BYTES } from '../../sdk/limits.ts';
import { asError, Calls, INSPECT_RULES, receiveRules, REQUEST_RULES, STATE_RULES } from './calls.ts';
import type { Answered, CallRules } from './calls.ts';
import { Exchanges } from './exchanges.ts';
import { textOf, whole } from '../../host/frames.ts';
import type { Frame } from '../../host/frames.ts';
import { hostLimits } from './host-limits.ts';
import type { HostLimits } from './host-limits.ts';
import type { ExchangeOutcome, HostEvents, HostOptions } from './host-options.ts';
import type { HostInspection } from './inspection.ts';
import { bestIsolation } from './sandbox/isolation.ts';
import { whatToRun } from './sandbox/launch.ts';
import { load, wasLost } from './loading.ts';
import type { Loaded } from './loading.ts';
import { startProcess } from './spare-host.ts';
import type { Housing } from './spare-host.ts';
import type { FromHost } from '../../host/messages.ts';
import { Uses } from './uses.ts';
import type { HostProcess } from './process/process.ts';
import { plainPeer } from './peer-lists.ts';
import { SurroundingsOfHost } from './surroundings.ts';

const STOPPED: Failure = { code: 'GOSSIP_E_MODULE_ABSENT', message: 'the instance was stopped' };

export class ModuleHost {
  readonly module: ModuleName;
  readonly generation: number;
  /** What the module is told of its node. */
  readonly surroundings: SurroundingsOfHost;
  readonly #deployment: string;
  readonly #events: HostEvents;
  readonly #process: HostProcess;
  readonly #inspection: HostInspection | undefined;
  readonly #calls = new Calls(
    () => this.#process.waitedMs,
    () => this.#inspection?.openMs ?? 0,
  );
  readonly #exchanges: Exchanges;
  readonly #uses: Uses;
  readonly #stepTimeoutMs: number;
  readonly #ended = Promise.withResolvers<void>();
  /** Whether somebody waits for a step, and so learns of the end from its rejection. */
  #stepping = false;
  /** It was told to stop, and did nothing wrong. */
  #stopping = false;
  /** Code of the module may have run in it. */
  #begun = false;
  #active = false;
  #leaving = false;
  #why: Failure | undefined;

  /** Starts the process, checks the code it will run, and loads it. Rejects with the coded reason; then nothing is left running. */
  static async start(options: HostOptions): Promise<ModuleHost> {
    const { hostProgram, directory, manifest } = await whatToRun(options);
    const isolation = options.isolation ?? (await bestIsolation());
    const limits = hostLimits(manifest, options.limits);
    const isGivenUp = (): boolean => options.signal?.aborted === true;
    if (isGivenUp()) throw asError(STOPPED);
    const needs = { hostProgram, isolation, limits, ...(options.command && { command: options.command }) };
    const begin = (process: HostProcess): ModuleHost => new ModuleHost(options, limits, process, manifest.uses);
    const { inspection, spareHost } = options;
    const spare = inspection === undefined ? await spareHost?.take(needs, directory) : null;
    if (spare) {
      const host = begin(spare.process);
      try {
        return await host.#load(spare, manifest.entry, options);
      } catch (error) {
        // It may have been ended from outside just now, and with it goes its directory: that is no fault of the module.
        if (host.#begun || isGivenUp() || !wasLost(error)) throw error;
      }
    }
    const process = startProcess(needs, directory, inspection);
    return begin(process).#load({ process, directory }, manifest.entry, options);
  }

  private constructor(options: HostOptions, limits: HostLimits, process: HostProcess, uses: readonly ModuleName[]) {
    this.module = options.module;
    this.generation = options.generation;
    this.#deployment = options.deployment;
    this.#events = options.events;
    this.#stepTimeoutMs = limits.stepTimeoutMs;
    this.#process = process;
    this.#inspection = options.inspection;
    this.surroundings = new SurroundingsOfHost(process);
    this.#exchanges = new Exchanges(process);
    this.#uses = new Uses(options, uses, { process, mayUse: () => this.#active && (!this.#leaving || this.#stopping) });
    process.adopt({
      maxAnswerBytes: (call) => this.#calls.maxBytes(call),
      onFrame: (frame) => this.#take(frame),
      onLog: options.events.onLog,
      onEnd: (why) => this.#end(why),
    });
  }

  /** The process, as this system numbers it. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Resident memory at the last sample. */
  get residentBytes(): number | undefined {
    return this.#process.residentBytes;
  }

  /** Share of one core at the last sample. */
  get processor(): number | undefined {
    return this.#process.processor;
  }

  /** How long it has answered no heartbeat. */
  get silentMs(): number {
    return this.#process.silentMs;
  }

  /** The last lines that the module printed, oldest first. */
  logTail(): string[] {
    return [...this.#process.log.tail];
  }

  /** Hands a state over. A rejection ends the instance. */
  async accept(state: StateBytes): Promise<void> {
    const bytes = stateBytes(state);
    if (bytes > MAX_STATE_BYTES) {
      await this.#fail({ code: 'GOSSIP_E_TOO_LARGE', message: `a state of ${bytes} bytes, ${MAX_STATE_BYTES} are allowed` });
    }
    await this.#step('acceptState', 'GOSSIP_E_MODULE_STATE', (call) => this.#process.send({ type: 'accept', call }, state));
  }

  /** Lets the instance begin to gossip. A rejection ends it. */
  async activate(): Promise<void> {
    this.#active = true;
    await this.#step('start', 'GOSSIP_E_MODULE_START', (call) => this.#process.send({ type: 'activate', call }));
  }

  /** Hands a peer's message to the module and resolves with its answer; both as they are carried. */
  async deliver(from: Peer, body: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    const bytes = saidBytes(body);
    if (bytes > MAX_MESSAGE_BYTES)
      throw new GossipError('GOSSIP_E_TOO_LARGE', `a message of ${bytes} bytes, ${MAX_MESSAGE_BYTES} are allowed`);
    if (this.#process.congested) throw new GossipError('GOSSIP_E_BUSY', 'the module is behind with its messages');
    const send = (call: number): void => this.#process.send({ type: 'deliver', call, from: plainPeer(from) }, [body]);
    return whole((await this.#call(receiveRules(timeoutMs), send)).body);
  }

  /** Hands a request of an application, or of the module `by`, to the module and resolves with its answer. */
  async request({ form, bytes }: Content, by: ModuleName | null = null): Promise<Content> {
    if (this.#process.congested) throw new GossipError('GOSSIP_E_BUSY', 'the module is behind with its messages');
    const answer = await this.#call(REQUEST_RULES, (call) => this.#process.send({ type: 'request', call, form, by }, [bytes]));
    return { form: answer.form, bytes: whole(answer.body) };
  }

  /** A snapshot of the state of the instance, which goes on. */
  async takeState(): Promise<StateBytes> {
    try {
      return (await this.#call(STATE_RULES, (call) => this.#process.send({ type: 'take-state', call }))).body;
    } catch (error) {
      // An answer of that size that came now would be taken for a broken frame. Whoever asked hears of the end first.
      if (error instanceof GossipError && error.code === STATE_RULES.late.code) {
        this.#process.kill(STATE_RULES.late);
        await this.#ended.promise;
      }
      throw error;
    }
  }

  /** What the module shows of its state. */
  async inspect(): Promise<Json> {
    const { body } = await this.#call(INSPECT_RULES, (call) => this.#process.send({ type: 'inspect', call }));
    try {
      return readJson(textOf(body)) as Json;
    } catch (cause) {
      throw new GossipError('GOSSIP_E_MODULE_PROTOCOL', 'what the module shows of itself is not JSON', { cause });
    }
  }

  /** Tells the module that a connection to the peer was lost; a host that reads too slowly misses it. */
  tellLost(peer: Peer): void {
    if (this.#active && !this.#process.congested) this.#process.send({ type: 'lost', peer: plainPeer(peer) });
  }

  /** The outcome of an exchange that `onExchange` told of. */
  reply(token: number, outcome: ExchangeOutcome): void {
    this.#exchanges.reply(token, outcome);
  }

  /** Lets the module say goodbye, then ends the process. Resolves when it is gone. */
  async stop(graceMs: number, reason: StopReason = 'shutdown'): Promise<void> {
    if (!this.#stopping) this.#process.send({ type: 'stop', reason });
    this.#leaving = true;
    this.#stopping = true;
    const deadline = setTimeout(() => this.#process.kill(STOPPED), graceMs);
    await this.#ended.promise;
    clearTimeout(deadline);
  }

  async #load(housing: Housing, entry: string, options: HostOptions): Promise<ModuleHost> {
    const abort = (): void => this.#process.kill(STOPPED);
    options.signal?.addEventListener('abort', abort);
    // While the spare host was made ready.
    if (options.signal?.aborted === true) abort();
    const loaded: Loaded = {
      uses: this.#uses.names,
      step: (...step) => this.#step(...step),
      wait: (step) => this.#within(step),
      fail: (failure) => this.#fail(failure),
    };
    try {
      await load(housing, entry, options, loaded, () => (this.#begun = true));
      return this;
    } finally {
      options.signal?.removeEventListener('abort', abort);
    }
  }

  /** One step of an instance's life: when it fails, the instance is gone before the caller hears of it. */
  async #step(what: string, failedCode: GossipError['code'], send: (call: number) => void): Promise<Answered> {
    const timeoutMs = this.#stepTimeoutMs;
    const late: Failure = { code: failedCode, message: `${what} of ${this.#deployment} did not end within ${timeoutMs} ms` };
    this.#process.excuse();
    return this.#within(this.#call({ what, failedCode, late, timeoutMs, patient: true, maxBytes: MAX_MESSAGE_BYTES }, send));
  }

  async #within<T>(step: Promise<T>): Promise<T> {
    this.#stepping = true;
    try {
      return await step;
    } catch (error) {
      const { code, message } = toGossipError(error);
      return await this.#fail({ code, message });
    } finally {
      this.#stepping = false;
    }
  }

  async #fail(failure: Failure): Promise<never> {
    this.#leaving = true;
    this.#process.kill(failure);
    await this.#ended.promise;
    throw asError(failure);
  }

  #call(rules: CallRules, send: (call: number) => void): Promise<Answered> {
    if (this.#leaving || this.#process.ended) return Promise.reject(asError(this.#why ?? STOPPED));
    return this.#calls.make(rules, send);
  }

  #take({ header, body }: Frame<FromHost>): void {
    switch (header.type) {
      case 'done':
        if (this.#calls.done(header.call, { body, form: header.form ?? 'json' })) this.#process.answered();
        return;
      case 'failed':
        if (this.#calls.failed(header.call, header.message, header.refusal)) this.#process.answered();
        return;
      case 'exchange':
        return this.#exchange(header.exchange, header.to, whole(body));
      case 'publish':
        if (this.#active && !this.#leaving) this.#events.onPublish({ topic: header.topic, text: textOf(body) });
        return;
      case 'use':
      case 'watch':
      case 'taken':
      case 'unwatch':
        return this.#uses.take(header, body);
      default:
      // The others concern the process, which keeps them to itself.
    }
  }

  #exchange(token: number, to: Peer, body: Uint8Array): void {
    if (!this.#active || (this.#leaving && !this.#stopping)) this.#exchanges.refuse(token, STOPPED);
    else if (this.#exchanges.begin(token)) this.#events.onExchange(token, to, body);
  }

  #end(reason: Failure): void {
    // Whoever was told to stop ended because of that, even when it was quicker than its deadline.
    const why = this.#stopping ? STOPPED : this.#calls.placed(reason, this.#deployment);
    this.#why = why;
    this.#calls.failAll(why);
    this.#exchanges.clear();
    this.#uses.end();
    this.#ended.resolve();
    if (!this.#stepping && !this.#leaving) this.#events.onExit(why);
  }
}
