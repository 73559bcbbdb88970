/** The running module instances of this node: carries out what the protocol wants of them, and reports how it went. */
import type { EffectOf, GossipEvent, Failure, Generation, ModuleReply, Token } from '../gossip/protocol.ts';
import { deploymentName } from '../model/deployment.ts';
import type { ModuleName, Peer } from '../model/names.ts';
import { toGossipError, GossipError } from '../model/errors.ts';
import type { Json } from '../sdk/json.ts';
import { ANSWER_MS, STOP_MS } from '../sdk/limits.ts';
import type { StopReason } from '../sdk/module.ts';
import type { ContentStore } from './store/content-store.ts';
import { ModuleHost } from './hosting/host.ts';
import type { Logger } from './log.ts';

/** Lines of a module's output that are told with its failure. */
const LAST_WORDS = 10;

export interface InstancesOptions {
  readonly self: Peer;
  readonly incarnation: number;
  readonly intervalMs: number;
  readonly content: ContentStore;
  readonly log: Logger;
  /** Peers that modules may draw from. */
  readonly peers: () => readonly Peer[];
  readonly newToken: () => Token;
  readonly report: (event: GossipEvent) => void;
}

export class Instances {
  readonly #options: InstancesOptions;
  readonly #hosts = new Map<string, ModuleHost>();
  /** Instances that are still starting, and how to give them up. */
  readonly #starting = new Map<string, { readonly done: Promise<void>; readonly giveUp: AbortController }>();
  /** Ends under way: the core waits for them before it ends itself, or a module that hangs would outlive it. */
  readonly #ending = new Set<Promise<void>>();
  /** Exchanges that instances wait for: token → the instance's own token. */
  readonly #waiting = new Map<Token, { key: string; token: number }>();
  #stopped = false;

  constructor(options: InstancesOptions) {
    this.#options = options;
  }

  start(effect: EffectOf<'start-instance'>): void {
    if (this.#stopped) return;
    const key = keyOf(effect.module, effect.generation);
    const giveUp = new AbortController();
    const done = this.#start(effect, key, giveUp.signal)
      .catch((error: unknown) => {
        if (!giveUp.signal.aborted) this.#failed(effect.module, effect.generation, failureOf(error));
      })
      .finally(() => this.#starting.delete(key));
    this.#starting.set(key, { done, giveUp });
  }

  async #start(effect: EffectOf<'start-instance'>, key: string, signal: AbortSignal): Promise<void> {
    const { module, generation } = effect;
    const { deployment } = effect.record;
    if (!deployment.code) throw new GossipError('GOSSIP_E_INTERNAL', 'a tombstone has no code to start');
    const directory = await this.#options.content.checkout(deployment.code.hash); // attack A1: re-hashes every blob
    const host = await ModuleHost.start({
      module,
      generation,
      directory,
      expected: deployment.code.hash,
      self: this.#options.self,
      incarnation: this.#options.incarnation,
      intervalMs: this.#options.intervalMs,
      deployment: deploymentName(deployment),
      settings: deployment.settings,
      signal,
      events: {
        onExchange: (token, to, body) => this.#exchange(module, generation, { token, to, body }),
        onExit: (failure) => this.#exited(module, generation, failure),
        onLog: (line, stream) => this.#options.log.info({ module, generation, stream, line }, 'module log'),
      },
    });
    if (signal.aborted) return this.#stop(host, 0);
    this.#hosts.set(key, host);
    host.setPeers([...this.#options.peers()]);
    this.#options.report({ type: 'instance-loaded', module, generation });
  }

  acceptState(effect: EffectOf<'accept-state'>): void {
    this.#step(effect, 'instance-accepted', (host) => host.accept(effect.state));
  }

  activate(effect: EffectOf<'activate'>): void {
    this.#step(effect, 'instance-active', (host) => host.activate());
  }

  #step(
    { module, generation }: { module: ModuleName; generation: Generation },
    done: 'instance-accepted' | 'instance-active',
    step: (host: ModuleHost) => Promise<void>,
  ): void {
    const host = this.#hosts.get(keyOf(module, generation));
    if (!host) return;
    step(host).then(
      () => this.#options.report({ type: done, module, generation }),
      (error: unknown) => this.#end(module, generation, error),
    );
  }

  takeState({ module, generation }: EffectOf<'take-state'>): void {
    const taken = this.#hosts.get(keyOf(module, generation))?.takeState() ?? Promise.reject(notRunning(module));
    taken.then(
      (state) => this.#options.report({ type: 'state-taken', module, generation, taken: { state } }),
      (error: unknown) => this.#options.report({ type: 'state-taken', module, generation, taken: { failure: failureOf(error) } }),
    );
  }

  deliver({ module, generation, token, from, body }: EffectOf<'deliver'>): void {
    const host = this.#hosts.get(keyOf(module, generation));
    const answer = host ? host.deliver(from, body, ANSWER_MS) : Promise.reject(notRunning(module));
    answer.then(
      (reply) => this.#options.report({ type: 'delivered', token, reply: { body: reply } }),
      (error: unknown) => this.#options.report({ type: 'delivered', token, reply: { failure: failureOf(error) } }),
    );
  }

  #exchange(module: ModuleName, generation: Generation, ask: { token: number; to: Peer; body: Uint8Array }): void {
    const token = this.#options.newToken();
    this.#waiting.set(token, { key: keyOf(module, generation), token: ask.token });
    this.#options.report({ type: 'module-exchange', token, module, generation, to: ask.to, body: ask.body });
  }

  reply({ token, reply }: { token: Token; reply: ModuleReply }): void {
    const waiting = this.#waiting.get(token);
    this.#waiting.delete(token);
    if (waiting) this.#hosts.get(waiting.key)?.reply(waiting.token, reply);
  }

  /** Until it has ended, the instance may say goodbye, and hears the answers. */
  async stop({ module, generation, reason }: Pick<EffectOf<'stop-instance'>, 'module' | 'generation' | 'reason'>): Promise<void> {
    const key = keyOf(module, generation);
    this.#starting.get(key)?.giveUp.abort();
    const host = this.#hosts.get(key);
    if (host) await this.#stop(host, STOP_MS, reason);
    this.#forget(key);
  }

  /** Ends all instances, also those that are starting or ending already; no other starts afterwards. */
  async stopAll(): Promise<void> {
    this.#stopped = true;
    const starting = [...this.#starting.values()];
    for (const { giveUp } of starting) giveUp.abort();
    for (const host of this.#hosts.values()) void this.#stop(host, STOP_MS, 'shutdown');
    await Promise.all(starting.map(({ done }) => done));
    await Promise.all(this.#ending);
    this.#hosts.clear();
    this.#waiting.clear();
  }

  #stop(host: ModuleHost, graceMs: number, reason: StopReason = 'shutdown'): Promise<void> {
    const ending = host.stop(graceMs, reason).finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
    return ending;
  }

  /** Tells all instances whom they may draw as peers. */
  refreshPeers(): void {
    const peers = [...this.#options.peers()];
    for (const host of this.#hosts.values()) host.setPeers(peers);
  }

  host(module: ModuleName, generation: Generation | null): ModuleHost | undefined {
    return generation === null ? undefined : this.#hosts.get(keyOf(module, generation));
  }

  async inspect(module: ModuleName, generation: Generation | null): Promise<Json> {
    const host = this.host(module, generation);
    if (!host) throw notRunning(module);
    return host.inspect();
  }

  #exited(module: ModuleName, generation: Generation, failure: Failure): void {
    const key = keyOf(module, generation);
    const host = this.#hosts.get(key);
    if (!host) return;
    this.#forget(key);
    this.#failed(module, generation, failure, host);
  }

  #end(module: ModuleName, generation: Generation, error: unknown): void {
    const key = keyOf(module, generation);
    const host = this.#hosts.get(key);
    if (!host) return;
    this.#forget(key);
    void this.#stop(host, 0);
    this.#failed(module, generation, failureOf(error), host);
  }

  /** `host`: what it printed last belongs to the failure, whatever level the log has. */
  #failed(module: ModuleName, generation: Generation, failure: Failure, host?: ModuleHost): void {
    const lastWords = host?.logTail().slice(-LAST_WORDS) ?? [];
    this.#options.log.error({ module, generation, code: failure.code, why: failure.message, lastWords }, 'instance failed');
    this.#options.report({ type: 'instance-failed', module, generation, failure });
  }

  #forget(key: string): void {
    this.#hosts.delete(key);
    for (const [token, waiting] of this.#waiting) if (waiting.key === key) this.#waiting.delete(token);
  }
}

function keyOf(module: ModuleName, generation: Generation): string {
  return `${module}/${generation}`;
}

function notRunning(module: ModuleName): GossipError {
  return new GossipError('GOSSIP_E_MODULE_ABSENT', `${module} does not run here now`);
}

export function failureOf(error: unknown): Failure {
  const { code, message } = toGossipError(error);
  return { code, message };
}
