/** The host processes of this node, as the engine sees them: each begins with a checkout of its code, and ends with its process. */
import type { Failure } from '../../gossip/protocol.ts';
import { deploymentName } from '../../model/deployment.ts';
import { failureOf, GossipError } from '../../model/errors.ts';
import type { StateBytes } from '../../model/state-bytes.ts';
import type { ModuleName, Peer } from '../../model/names.ts';
import type { Done, Host, HostEvents, Hosts, StartOrder } from '../../runner/ports.ts';
import { ANSWER_MS, STOP_MS } from '../../sdk/limits.ts';
import type { Content } from '../../model/content.ts';
import type { Json } from '../../sdk/json.ts';
import type { LineLevel } from '../../sdk/log-level.ts';
import type { StopReason } from '../../sdk/module.ts';
import { ModuleHost } from '../hosting/host.ts';
import type { InspectionOf } from '../hosting/inspection.ts';
import type { SpareHost } from '../hosting/spare-host.ts';
import type { ModuleUses, UsesOfHost } from '../hosting/uses-port.ts';
import { MODULE_LOG } from '../log/log.ts';
import type { Logger } from '../log/log.ts';
import { countRequest } from './request-counts.ts';
import type { RequestCounts } from './request-counts.ts';
import { settle } from './settle.ts';
import type { Traffic } from './traffic.ts';
import { UnderWay } from './under-way.ts';
import type { LogBook } from '../store/logs/log-book.ts';
import type { ContentStore } from '../store/code/content-store.ts';
import type { PeerChoice } from '../../sdk/peer-choice.ts';

/** Lines of a module's output that are told with its failure. */
const LAST_WORDS = 10;

export interface ModuleHostsOptions {
  readonly self: Peer;
  readonly incarnation: number;
  readonly intervalMs: number;
  readonly content: Pick<ContentStore, 'checkout'>;
  readonly log: Pick<Logger, LineLevel>;
  /** Keeps what modules log. */
  readonly logs: Pick<LogBook, 'append'>;
  /** Peers that modules may draw from. */
  readonly peers: () => PeerChoice<Peer>;
  /** How far the node is behind, from 1: not at all. */
  readonly strain: () => number;
  /** The turns in which modules ask others, and what those publish. */
  readonly uses: ModuleUses;
  /** Counts what the core adds to messages; absent where nobody asks. */
  readonly traffic?: Traffic | undefined;
  /** The bundled host. Default: the one that the build put beside this program. */
  readonly hostProgram?: string;
  readonly spareHost?: SpareHost;
  /** Whose hosts debuggers may come into. Default: nobody's. */
  readonly inspection?: InspectionOf<ModuleName> | undefined;
}

export class ModuleHosts implements Hosts {
  readonly #options: ModuleHostsOptions;
  readonly #running = new Map<string, ModuleHost>();
  /** What became of the requests to each module. */
  readonly requests = new Map<ModuleName, RequestCounts>();

  constructor(options: ModuleHostsOptions) {
    this.#options = options;
  }

  start(order: StartOrder, events: HostEvents): Host {
    const key = keyOf(order);
    return new HostedInstance({
      begin: (signal, failed) => this.#begin(order, events, signal, failed),
      began: (host) => {
        this.#running.set(key, host);
        this.#tell(host, this.#options.peers());
        events.loaded();
      },
      failed: (failure, host) => {
        this.#running.delete(key);
        this.#say(order, failure, host);
        events.failed(failure);
      },
      fell: (failure, host) => this.#say(order, failure, host),
      requested: (isAnswered, tookMs) => countRequest(this.requests, order.module, isAnswered, tookMs),
      traffic: this.#options.traffic,
      ended: () => void this.#running.delete(key),
    });
  }

  /** The running instance's process, while it is there. */
  host(module: ModuleName, generation: number | null): ModuleHost | undefined {
    return generation === null ? undefined : this.#running.get(keyOf({ module, generation }));
  }

  async inspect(module: ModuleName, generation: number | null): Promise<Json> {
    const host = this.host(module, generation);
    if (!host) throw new GossipError('GOSSIP_E_MODULE_ABSENT', `${module} does not run here now`);
    return host.inspect();
  }

  /** Tells all instances whom they may draw as peers, and how far the node is behind. */
  refresh(): void {
    const peers = this.#options.peers();
    for (const host of this.#running.values()) this.#tell(host, peers);
  }

  #tell(host: ModuleHost, peers: PeerChoice<Peer>): void {
    host.surroundings.setPeers(this.#options.uses.preferring(host.module, peers));
    host.surroundings.setStrain(this.#options.strain());
  }

  async #begin(
    { module, generation, record }: StartOrder,
    events: HostEvents,
    signal: AbortSignal,
    failed: (failure: Failure) => void,
  ): Promise<ModuleHost> {
    const { deployment } = record;
    if (!deployment.code) throw new GossipError('GOSSIP_E_INTERNAL', 'a tombstone has no code to start');
    const { content, log, logs, self, incarnation, intervalMs, hostProgram, spareHost, traffic } = this.#options;
    const name = deploymentName(deployment);
    const inspection = this.#options.inspection?.(module);
    const directory = await content.checkout(deployment.code.hash); // attack A1: re-hashes every blob
    return ModuleHost.start({
      module,
      generation,
      directory,
      expected: deployment.code.hash,
      self,
      incarnation,
      intervalMs,
      deployment: name,
      settings: deployment.settings,
      signal,
      ...(hostProgram !== undefined && { hostProgram }),
      ...(spareHost && { spareHost }),
      ...(inspection && { inspection }),
      events: {
        onExchange: (token, to, body) => {
          traffic?.came(body);
          events.exchange(to, body, (reply) => {
            this.host(module, generation)?.reply(token, reply);
            if ('body' in reply) traffic?.done('asked', reply.body);
          });
        },
        onPublish: events.publish,
        uses: this.#usesOf(module, events),
        onExit: failed,
        onLog: (line, level) => {
          logs.append(module, { level, deployment: name, text: line });
          log[level]({ module, deployment: name, generation, line }, MODULE_LOG);
        },
      },
    });
  }

  /** It asks in turn, and watches as applications do. */
  #usesOf(module: ModuleName, events: HostEvents): UsesOfHost {
    const { uses } = this.#options;
    const ask: UsesOfHost['request'] = (to, content, timeoutMs, done) =>
      void uses.turn(module).then(() => events.use(to, content, timeoutMs, done));
    return { request: ask, watch: (to, topic, sink) => uses.watch(to, topic, sink) };
  }

  /** `host`: what it printed last belongs to the failure, whatever level the log has. */
  #say({ module, generation, record }: StartOrder, { code, message: why }: Failure, host: ModuleHost | null): void {
    const lastWords = host?.logTail().slice(-LAST_WORDS) ?? [];
    const deployment = deploymentName(record.deployment);
    this.#options.logs.append(module, { level: 'error', deployment, text: 'instance failed', fields: { code, why } });
    this.#options.log.error({ module, generation, code, why, lastWords }, 'instance failed');
  }
}

interface Course {
  readonly begin: (signal: AbortSignal, failed: (failure: Failure) => void) => Promise<ModuleHost>;
  readonly began: (host: ModuleHost) => void;
  /** It could not be started, or ended by itself. */
  readonly failed: (failure: Failure, host: ModuleHost | null) => void;
  /** It could not do a step of its life. */
  readonly fell: (failure: Failure, host: ModuleHost) => void;
  readonly ended: () => void;
  /** A request was answered, or not. */
  readonly requested: (isAnswered: boolean, tookMs: number) => void;
  readonly traffic: Traffic | undefined;
}

/** One instance from the order to start it until its process is gone. */
class HostedInstance implements Host {
  readonly #course: Course;
  readonly #giveUp = new AbortController();
  readonly #started: Promise<void>;
  /** Who waits for an answer. */
  readonly #asked = new UnderWay();
  #host: ModuleHost | null = null;

  constructor(course: Course) {
    this.#course = course;
    this.#started = this.#start();
  }

  async #start(): Promise<void> {
    const { signal } = this.#giveUp;
    try {
      const host = await this.#course.begin(signal, (failure) => this.#course.failed(failure, host));
      this.#host = host;
      if (signal.aborted) await host.stop(0);
      else this.#course.began(host);
    } catch (error) {
      if (!signal.aborted) this.#course.failed(failureOf(error), null);
    }
  }

  accept(state: StateBytes, done: Done<void>): void {
    this.#step(done, (host) => host.accept(state));
  }

  activate(done: Done<void>): void {
    this.#step(done, (host) => host.activate());
  }

  takeState(done: Done<StateBytes>): void {
    this.#ask(done, (host) => host.takeState());
  }

  deliver(from: Peer, body: Uint8Array, done: Done<Uint8Array>): void {
    const { traffic } = this.#course;
    const spentMs = traffic?.left(body) ?? null;
    const told: Done<Uint8Array> = (outcome) => {
      if (spentMs !== null && 'value' in outcome) traffic?.came(outcome.value, spentMs);
      done(outcome);
    };
    this.#ask(told, (host) => host.deliver(from, body, ANSWER_MS));
  }

  request(content: Content, done: Done<Content>, by: ModuleName | null): void {
    const began = performance.now();
    const told: Done<Content> = (outcome) => {
      this.#course.requested('value' in outcome, performance.now() - began);
      done(outcome);
    };
    this.#ask(told, (host) => host.request(content, by));
  }

  lost(peer: Peer): void {
    if (!this.#giveUp.signal.aborted) this.#host?.tellLost(peer);
  }

  stop(reason: StopReason, done: () => void): void {
    void this.#stop(STOP_MS, reason).finally(done);
  }

  end(done: () => void): void {
    void this.#stop(0, 'shutdown').finally(done);
  }

  async #stop(graceMs: number, reason: StopReason): Promise<void> {
    this.#giveUp.abort();
    if (this.#host === null) await this.#started;
    await this.#host?.stop(graceMs, reason);
    await this.#asked.settled();
    this.#course.ended();
  }

  #step(done: Done<void>, step: (host: ModuleHost) => Promise<void>): void {
    const stepped: Done<void> = (outcome) => {
      if ('failure' in outcome && this.#host) this.#course.fell(outcome.failure, this.#host);
      done(outcome);
    };
    this.#ask(stepped, step);
  }

  #ask<T>(done: Done<T>, ask: (host: ModuleHost) => Promise<T>): void {
    const there = this.#giveUp.signal.aborted ? null : this.#host;
    const answer = there === null ? Promise.reject(new GossipError('GOSSIP_E_MODULE_ABSENT', 'it is not there')) : ask(there);
    void this.#asked.track(settle(answer, done));
  }
}

function keyOf({ module, generation }: Pick<StartOrder, 'module' | 'generation'>): string {
  return `${module}/${generation}`;
}
