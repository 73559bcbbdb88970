/** One instance of a module: what the core asks of it, in the order of its life. */
import { answerText, stateText } from '../sdk/border.ts';
import { answerRequest } from '../sdk/border-applications.ts';
import { contentOf, saidIn } from '../model/content.ts';
import type { Content } from '../model/content.ts';
import type { GossipModule, Json, StopReason } from '../sdk/index.ts';
import { InstanceContext } from '../sdk/instance-context.ts';
import { readJson } from '../sdk/json-text.ts';
import type { Peer } from '../model/names.ts';
import { textOf, whole } from './frames.ts';
import type { Frame, FrameBody } from './frames.ts';
import type { FromHost, ToHost } from './messages.ts';
import { describeStack } from './error-text.ts';
import { loadModule } from './load-module.ts';
import { printError } from './print.ts';
import { surroundingsOf } from './surroundings.ts';
import { NOBODY } from '../sdk/peer-choice.ts';
import type { PeerChoice } from '../sdk/peer-choice.ts';

type Call = Extract<ToHost, { call: number }>;

const NOTHING = new Uint8Array(0);

export class Instance {
  readonly #send: (header: FromHost, body: Uint8Array) => void;
  #context: InstanceContext | undefined;
  #module: GossipModule | undefined;
  #peers: PeerChoice = NOBODY;

  constructor(send: (header: FromHost, body: Uint8Array) => void) {
    this.#send = send;
  }

  /** The answer to a call; a throw is its failure. */
  async call({ header, body }: Frame<Call>): Promise<Content> {
    let answer: Uint8Array = NOTHING;
    switch (header.type) {
      case 'load':
        this.#load(header);
        break;
      case 'accept':
        await this.#loaded().acceptState(textOf(body));
        break;
      case 'activate':
        this.#context?.serve();
        // A class that does not extend the SDK's has only what it must have.
        await this.#loaded().start?.();
        break;
      case 'deliver':
        answer = answerBytes('receive', await this.#loaded().receive(readJson(textOf(body)) as Json, header.from));
        break;
      case 'request':
        return this.#request({ form: header.form, bytes: whole(body) });
      case 'take-state':
        answer = Buffer.from(stateText(this.#loaded().transferState()));
        break;
      case 'inspect':
        answer = answerBytes('inspect', await promised(this.#loaded().inspect?.()));
        break;
    }
    return { form: 'json', bytes: answer };
  }

  async #request(content: Content): Promise<Content> {
    return contentOf(await answerRequest(this.#loaded(), saidIn(content)));
  }

  knowPeers(near: number, body: FrameBody): void {
    const peers = (JSON.parse(textOf(body)) as Peer[]).map((peer) => Object.freeze(peer));
    this.#peers = { near: peers.slice(0, near), others: peers.slice(near) };
  }

  lost(peer: Peer): void {
    this.#context?.lost(peer);
  }

  reply(header: Extract<ToHost, { type: 'reply' }>, body: FrameBody): void {
    if (header.failure === null) this.#context?.answered(header.exchange, textOf(body));
    else this.#context?.failed(header.exchange, header.failure.reason, header.failure.message, header.failure.gone);
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
    this.#context = new InstanceContext(surroundingsOf(header, { peers: () => this.#peers, send: this.#send }));
    this.#module = loadModule(header.directory, header.entry, this.#context.forModule);
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

function answerBytes(what: string, answer: unknown): Uint8Array {
  return Buffer.from(answerText(what, answer));
}
