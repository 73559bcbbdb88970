/** The hosts of one simulated node: instances of modules at the other end of a pipe, as real ones are. */
import type { Failure } from '../../gossip/protocol.ts';
import { deploymentName } from '../../model/deployment.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { ContentHash, ModuleName, Peer } from '../../model/names.ts';
import type { Done, Host as HostPort, HostEvents, Hosts, Instance, StartOrder } from '../../runner/ports.ts';
import type { StateBytes } from '../../model/state-bytes.ts';
import type { Content } from '../../model/content.ts';
import type { StopReason } from '../../sdk/module.ts';
import { codeOf } from '../world/codes.ts';
import type { Code } from '../world/codes.ts';
import { COSTS } from '../world/costs.ts';
import type { Thread } from '../world/machines.ts';
import type { Running } from '../laws/happening.ts';
import { Host } from './host.ts';
import type { HostOptions } from './host.ts';
import { PipedHost } from './piped-host.ts';
import type { Provenance } from './provenance.ts';
import { SpareProcess } from './spare-process.ts';
import type { Random } from '../../sdk/virtual/random.ts';
import type { PeerChoice } from '../../sdk/peer-choice.ts';

/** From the start of a process to a constructed instance, where processors are not simulated. */
const LOAD_MS = { min: 25, max: 120 };
const CODE_ABSENT: Failure = { code: 'GOSSIP_E_CODE_ABSENT', message: 'the code is not on disk' };
const CODE_SPOILED: Failure = { code: 'GOSSIP_E_CODE_MISMATCH', message: 'the code on disk is not what was signed' };
const NOT_STARTED: Failure = { code: 'GOSSIP_E_MODULE_ABSENT', message: 'it could not be started' };

export interface ModuleHostsOptions {
  readonly self: Peer;
  readonly incarnation: number;
  readonly intervalMs: number;
  readonly random: Random;
  readonly wallMs: () => number;
  /** The true time. */
  readonly now: () => number;
  readonly after: (delayMs: number, run: () => void) => void;
  /** Another process on the node's machine; null where processors are not simulated. */
  readonly thread: () => Thread | null;
  readonly promising: () => void;
  readonly peers: () => PeerChoice;
  readonly strain: () => number;
  /** Hashes the code on disk; spoiled bytes are thrown away. */
  readonly check: (code: ContentHash) => 'whole' | 'spoiled' | 'absent';
  /** What the instance really is, as far as the laws are concerned. */
  readonly provenance: (order: StartOrder) => Provenance;
  readonly watch: HostWatch;
}

/** Told of what really happens to instances. */
export interface HostWatch {
  started(module: ModuleName, generation: number, record: VerifiedDeployment, code: ContentHash): void;
  active(module: ModuleName, instance: Running): void;
  ended(module: ModuleName, generation: number, why: 'stopped' | 'failed'): void;
  received(what: 'message' | 'state', module: ModuleName, from: Provenance, to: Provenance, generation: number, takenAt?: number): void;
}

/** A host that is there. */
interface Present extends Instance {
  readonly host: Host;
}

export class ModuleHosts implements Hosts {
  readonly #options: ModuleHostsOptions;
  readonly #present = new Set<Present>();
  readonly #spare: SpareProcess;

  constructor(options: ModuleHostsOptions) {
    this.#options = options;
    this.#spare = new SpareProcess({ ...options, random: options.random.fork('spare process') });
  }

  start(order: StartOrder, events: HostEvents): HostPort {
    const { check, after, random, watch, thread: newThread } = this.#options;
    const reference = order.record.deployment.code;
    const code = reference === null ? undefined : codeOf(reference.hash);
    const onDisk = code === undefined ? 'absent' : check(code.reference.hash);
    if (code === undefined || onDisk !== 'whole') {
      return new Absent(onDisk === 'spoiled' ? CODE_SPOILED : CODE_ABSENT, events, after);
    }
    const { module, generation, record } = order;
    const provenance = this.#options.provenance(order);
    const thread = newThread();
    const inHost: typeof after = thread === null ? after : (delayMs, run) => after(delayMs, () => thread.spend(COSTS.hostTurnMs, run));
    const host = this.#host(order, code, provenance, {
      after: inHost,
      exchange: (token, to, body) => instance.exchange(token, to, body),
      publish: (event) => instance.publish(event),
      failed: (failure) => instance.failed(failure),
    });
    const instance: PipedHost = new PipedHost({
      after: inHost,
      host,
      events,
      active: () => watch.active(module, { generation, record, provenance }),
      ended: (why) => {
        this.#present.delete(present);
        watch.ended(module, generation, why);
      },
    });
    const present: Present = { module, generation, host };
    this.#present.add(present);
    watch.started(module, generation, record, code.reference.hash);
    const loadMs = random.between(LOAD_MS.min, LOAD_MS.max);
    if (thread === null) after(loadMs, () => instance.load());
    else after(COSTS.updateMs, () => thread.spend(this.#spare.take(), () => instance.load()));
    return instance;
  }

  /** The node went down, and its hosts with it. */
  endAll(): void {
    for (const { host } of this.#present) host.end();
    this.#present.clear();
  }

  /** The hosts that are there, in the order of their start. */
  present(): readonly Present[] {
    return [...this.#present];
  }

  #host(
    { module, generation, record }: StartOrder,
    code: Code,
    provenance: Provenance,
    { after, exchange, publish, failed }: Pick<HostOptions, 'after' | 'exchange' | 'publish' | 'failed'>,
  ): Host {
    const { self, incarnation, intervalMs, random, wallMs, now, promising, peers, strain, watch } = this.#options;
    return new Host({
      module,
      generation,
      code,
      provenance,
      self,
      incarnation,
      instanceId: random.fork(`${module}/${generation}/instance`).hex(32),
      intervalMs,
      deployment: deploymentName(record.deployment),
      settings: record.deployment.settings,
      random: random.fork(`${module}/${generation}`),
      wallMs,
      monotonic: now,
      after,
      promising,
      peers,
      strain,
      exchange,
      publish,
      failed,
      received: (what, from, takenAt) => watch.received(what, module, from, provenance, generation, takenAt),
    });
  }
}

/** What could not even be started: it is gone before anything is asked of it. */
class Absent implements HostPort {
  readonly #after: (delayMs: number, run: () => void) => void;
  #leaving = false;

  constructor(failure: Failure, events: HostEvents, after: (delayMs: number, run: () => void) => void) {
    this.#after = after;
    after(0, () => {
      if (!this.#leaving) events.failed(failure);
    });
  }

  accept(_state: StateBytes, done: Done<void>): void {
    this.#fail(done);
  }

  activate(done: Done<void>): void {
    this.#fail(done);
  }

  takeState(done: Done<StateBytes>): void {
    this.#fail(done);
  }

  deliver(_from: Peer, _body: Uint8Array, done: Done<Uint8Array>): void {
    this.#fail(done);
  }

  request(_content: Content, done: Done<Content>): void {
    this.#fail(done);
  }

  lost(): void {
    // Nobody is there to hear it.
  }

  stop(_reason: StopReason, done: () => void): void {
    this.end(done);
  }

  end(done: () => void): void {
    this.#leaving = true;
    this.#after(0, done);
  }

  #fail(done: (outcome: { readonly failure: Failure }) => void): void {
    this.#after(0, () => done({ failure: NOT_STARTED }));
  }
}
