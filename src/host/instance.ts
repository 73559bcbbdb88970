/** One instance of a module: what the core asks of it, in the order of its life. */
import { answerOf, bodyOf, givenState, ownState, shownText } from '../sdk/border.ts';
import { answerRequest } from '../sdk/border-applications.ts';
import { carry, saidOfCarried } from '../sdk/carried.ts';
import { contentOf, saidIn } from '../model/content.ts';
import type { Content } from '../model/content.ts';
import type { GossipModule, StopReason } from '../sdk/index.ts';
import { InstanceContext } from '../sdk/instance-context.ts';
import type { Peer } from '../model/names.ts';
import { textOf, whole } from './frames.ts';
import type { Frame, FrameBody } from './frames.ts';
import type { FromHost, ToHost } from './messages.ts';
import { describeStack } from './error-text.ts';
import { letDebuggersIn } from './inspection.ts';
import { loadModule } from './load-module.ts';
import { printError } from './print.ts';
import { seedIn } from './seed.ts';
import { checkSettings } from './check-settings.ts';
import { surroundingsOf } from './surroundings.ts';
import { UsesHeard } from './uses.ts';
import { NOBODY } from '../sdk/peer-choice.ts';
import type { PeerChoice } from '../sdk/peer-choice.ts';

type Call = Extract<ToHost, { call: number }>;

const NOTHING = new Uint8Array(0);

export class Instance {
  readonly #send: (header: FromHost, body: Uint8Array) => void;
  #context: InstanceContext | undefined;
  #module: GossipModule | undefined;
  readonly #usesHeard = new UsesHeard();
  #peers: PeerChoice = NOBODY;
  #strain = 1;
  /** What it begins with unless it is handed a state. */
  #seed: Uint8Array | null = null;

  constructor(send: (header: FromHost, body: Uint8Array) => void) {
    this.#send = send;
  }

  /** The answer to a call; a throw is its failure. */
  async call({ header, body }: Frame<Call>): Promise<Content> {
    let answer: Uint8Array = NOTHING;
    switch (header.type) {
      case 'check-settings':
        checkSettings(header.directory, header.settings);
        break;
      case 'open-debugger':
        await letDebuggersIn(header.directory, header.sources);
        break;
      case 'load':
        this.#load(header);
        break;
      case 'accept':
        this.#seed = null;
        await this.#accept(whole(body));
        break;
      case 'activate':
        if (this.#seed !== null) await this.#accept(this.#seed);
        this.#seed = null;
        this.#context?.serve();
        // A class that does not extend the SDK's has only what it must have.
        await this.#loaded().start?.();
        break;
      case 'deliver':
        answer = carry(answerOf('receive', await this.#loaded().receive(bodyOf(saidOfCarried(whole(body))), header.from)));
        break;
      case 'request':
        return this.#request({ form: header.form, bytes: whole(body) }, header.by);
      case 'take-state':
        answer = carry(givenState(this.#loaded().transferState()));
        break;
      case 'inspect':
        answer = carry(shownText(await promised(this.#loaded().inspect?.())));
        break;
    }
    return { form: 'json', bytes: answer };
  }

  async #accept(carried: Uint8Array): Promise<void> {
    await this.#loaded().acceptState(ownState(saidOfCarried(carried)));
  }

  async #request(content: Content, by: string | null): Promise<Content> {
    return contentOf(await answerRequest(this.#loaded(), saidIn(content), by));
  }

  knowPeers({ near, doubted }: Extract<ToHost, { type: 'peers' }>, body: FrameBody): void {
    const peers = (JSON.parse(textOf(body)) as Peer[]).map((peer) => Object.freeze(peer));
    const rest = peers.length - doubted;
    const before = this.#peers.near;
    this.#peers = { near: peers.slice(0, near), others: peers.slice(near, rest), doubted: peers.slice(rest) };
    this.#context?.peersChanged(before, this.#peers.near);
  }

  strained(level: number): void {
    this.#strain = level;
  }

  lost(peer: Peer): void {
    this.#context?.lost(peer);
  }

  reply(header: Extract<ToHost, { type: 'reply' }>, body: FrameBody): void {
    if (header.failure === null) this.#context?.answered(header.exchange, saidOfCarried(whole(body)));
    else this.#context?.failed(header.exchange, header.failure.reason, header.failure.message, header.failure.gone);
  }

  /** What comes of the modules that it uses. */
  used(header: Extract<ToHost, { type: 'used' | 'watched' | 'unwatched' }>, body: FrameBody): void {
    if (this.#context) this.#usesHeard.take(header, body, this.#context.uses);
  }

  /** Resolves when the module has said what it had to say; the core ends the process where that takes too long. */
  async stop(reason: StopReason): Promise<void> {
    this.#context?.stopping(reason);
    try {
      await this.#module?.stop?.(reason);
    } catch (error) {
      printError(`stop() failed: ${describeStack(error)}`);
    }
    this.#context?.end();
  }

  #load(header: Extract<ToHost, { type: 'load' }>): void {
    this.#context = new InstanceContext(surroundingsOf(header, { peers: () => this.#peers, strain: () => this.#strain, send: this.#send }));
    this.#module = loadModule(header.directory, header.entry, this.#context.forModule);
    this.#seed = seedIn(header.directory);
  }

  #loaded(): GossipModule {
    if (this.#module === undefined) throw new Error('the module is not loaded');
    return this.#module;
  }
}

/** A result that should be no promise, and may be one. */
function promised(result: unknown): Promise<unknown> {
  return Promise.resolve(result);
}
