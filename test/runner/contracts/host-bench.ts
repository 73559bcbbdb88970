/** One instance of a module in a test of hosts, whatever its host is, and all that is told of it. */
import type { Failure, ModuleReply } from '../../../src/gossip/protocol.ts';
import type { StateBytes } from '../../../src/model/state-bytes.ts';
import type { Content } from '../../../src/model/content.ts';
import type { Done, Host, Hosts, StartOrder } from '../../../src/runner/ports.ts';
import type { Json, StopReason } from '../../../src/sdk/index.ts';
import { peer } from '../../support/records.ts';

export interface HostWorld {
  readonly hosts: Hosts;
  /** An order to start a module of this source, and in which condition its code lies here. */
  order(source: string, code: 'whole' | 'absent' | 'spoiled'): Promise<StartOrder>;
  /** A message between instances of the module, and a state of it. */
  message(content: Json): Uint8Array;
  said(message: Uint8Array): Json;
  state(text: string): StateBytes;
  stated(state: StateBytes): string;
  /** The process of the running instance dies. */
  kill(): void;
  /** Returns when it holds; throws when it does not come to hold. */
  until(holds: () => boolean): Promise<void>;
}

export const PEER = peer(2);
/** A state to accept, an answer for each message, and last words. */
const METHODS = {
  create: ['constructor(context)', 'this.context = context; this.state = "fresh"; this.heard = [];'],
  acceptState: ['acceptState(state)', 'this.state = state;'],
  start: ['start()', ''],
  request: ['request(body)', 'return body;'],
  receive: ['receive(body)', 'this.heard.push(body); return [...this.heard];'],
  transferState: ['transferState()', 'return this.state;'],
  stop: ['stop(reason)', ''],
} as const;
export type Bodies = Partial<Record<keyof typeof METHODS, string>>;

export function sourceOf(bodies: Bodies): string {
  const methods = Object.entries(METHODS).map(([name, [head, body]]) => `${head} { ${bodies[name as keyof Bodies] ?? body} }`);
  return `export default class {\n${methods.join('\n')}\n}\n`;
}

/** One instance, and all that was told of it, in order. */
export class Bench {
  readonly log: string[] = [];
  /** What the instance waits for, in the order in which it asked. */
  readonly open: ((reply: ModuleReply) => void)[] = [];
  readonly #world: HostWorld;
  readonly #host: Host;

  constructor(world: HostWorld, order: StartOrder) {
    this.#world = world;
    this.#host = world.hosts.start(order, {
      loaded: () => this.log.push('loaded'),
      failed: ({ code }) => this.log.push(`failed ${code}`),
      publish: ({ topic, text }) => this.log.push(`publish ${topic} ${text}`),
      use: (module) => this.log.push(`use ${module}`),
      exchange: (to, body, done) => {
        this.open.push(done);
        const whom = to.id === PEER.id && to.address === PEER.address ? '' : ' with somebody else';
        this.log.push(`exchange${whom} ${JSON.stringify(world.said(body))}`);
      },
    });
    this.log.push('starts');
  }

  accept(text: string): void {
    this.#ask('accept', (done) => this.#host.accept(this.#world.state(text), done));
  }

  activate(): void {
    this.#ask('activate', (done) => this.#host.activate(done));
  }

  takeState(): void {
    const show = (state: StateBytes): string => this.#world.stated(state);
    this.#ask('state', (done) => this.#host.takeState(done), show);
  }

  deliver(content: Json): void {
    const show = (answer: Uint8Array): string => JSON.stringify(this.#world.said(answer));
    this.#ask('deliver', (done) => this.#host.deliver(PEER, this.#world.message(content), done), show);
  }

  request(content: Json): void {
    this.requestAs('json', Buffer.from(JSON.stringify(content)));
  }

  requestAs(form: Content['form'], bytes: Uint8Array): void {
    const show = (answer: Content): string => `${answer.form} ${Buffer.from(answer.bytes).toString()}`;
    this.#ask('request', (done) => this.#host.request({ form, bytes }, done, null), show);
  }

  lost(): void {
    this.#host.lost(PEER);
  }

  /** Asks for everything that can be asked. */
  askAll(): void {
    this.accept('late');
    this.activate();
    this.takeState();
    this.request('late');
    this.deliver('late');
  }

  reply(exchange: number, content: Json): void {
    this.open[exchange]?.({ body: this.#world.message(content) });
  }

  refuse(exchange: number): void {
    this.open[exchange]?.({ failure: { code: 'GOSSIP_E_MISMATCH', message: 'the peer runs another deployment' } });
  }

  stop(reason: StopReason): void {
    this.#host.stop(reason, () => this.log.push('stopped'));
    this.log.push('stops');
  }

  end(): void {
    this.#host.end(() => this.log.push('ended'));
    this.log.push('ends');
  }

  until(...beginnings: string[]): Promise<void> {
    return this.#world.until(() => this.log.some((line) => beginnings.some((beginning) => line.startsWith(beginning))));
  }

  /** What was told since the last call, up to a line that begins so, or so. */
  async next(...beginnings: string[]): Promise<string[]> {
    await this.until(...beginnings);
    return this.log.splice(0);
  }

  async serving(): Promise<void> {
    await this.next('loaded');
    this.activate();
    await this.next('activate ok');
  }

  #ask<T>(what: string, ask: (done: Done<T>) => void, show: (value: T) => string = () => 'ok'): void {
    let asking = true;
    ask((outcome) => {
      const when = asking ? ' before the call returns' : '';
      this.log.push(`${what} ${'value' in outcome ? show(outcome.value) : failureText(outcome.failure)}${when}`);
    });
    asking = false;
  }
}

function failureText({ code, reason }: Failure): string {
  return reason === undefined ? code : `${code} ${reason}`;
}
