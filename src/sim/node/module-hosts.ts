/** The hosts of one simulated node: instances of modules at the other end of a pipe, as real ones are. */
import type { Failure, ModuleReply } from '../../gossip/protocol.ts';
import { deploymentName } from '../../model/deployment.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { ContentHash, ModuleName, Peer } from '../../model/names.ts';
import type { Done, Host as HostPort, HostEvents, Hosts, Instance, Outcome, StartOrder } from '../../runner/ports.ts';
import { stateOf, textOf } from '../../model/state-bytes.ts';
import type { StateBytes } from '../../model/state-bytes.ts';
import { ANSWER_MS } from '../../sdk/limits.ts';
import type { StopReason } from '../../sdk/module.ts';
import { codeOf } from '../world/codes.ts';
import type { Code } from '../world/codes.ts';
import type { Running } from '../laws/happening.ts';
import { Host } from './host.ts';
import type { Provenance } from './provenance.ts';
import type { Random } from '../world/random.ts';

/** From the start of a process to a constructed instance. */
const LOAD_MS = { min: 25, max: 120 };
/** One way through the pipe between core and host. Always the same: what was said first arrives first. */
const PIPE_MS = 0.5;

const CODE_ABSENT: Failure = { code: 'GOSSIP_E_CODE_ABSENT', message: 'the code is not on disk' };
const CODE_SPOILED: Failure = { code: 'GOSSIP_E_CODE_MISMATCH', message: 'the code on disk is not what was signed' };
const LATE: Failure = { code: 'GOSSIP_E_TIMEOUT', message: 'the module did not answer in time' };

export interface ModuleHostsOptions {
  readonly self: Peer;
  readonly incarnation: number;
  readonly intervalMs: number;
  readonly random: Random;
  readonly wallMs: () => number;
  /** The true time. */
  readonly now: () => number;
  readonly after: (delayMs: number, run: () => void) => void;
  readonly promising: () => void;
  readonly peers: () => readonly Peer[];
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

  constructor(options: ModuleHostsOptions) {
    this.#options = options;
  }

  start(order: StartOrder, events: HostEvents): HostPort {
    const { check, after, random, watch } = this.#options;
    const reference = order.record.deployment.code;
    const code = reference === null ? undefined : codeOf(reference.hash);
    const onDisk = code === undefined ? 'absent' : check(code.reference.hash);
    if (code === undefined || onDisk !== 'whole') {
      after(0, () => events.failed(onDisk === 'spoiled' ? CODE_SPOILED : CODE_ABSENT));
      return NOBODY;
    }
    const { module, generation, record } = order;
    const provenance = this.#options.provenance(order);
    const instance: PipedHost = new PipedHost({
      after,
      host: this.#host(order, code, provenance, { events, failed: (failure) => instance.failed(failure) }),
      events,
      active: () => watch.active(module, { generation, record, provenance }),
      ended: (why) => {
        this.#present.delete(present);
        watch.ended(module, generation, why);
      },
    });
    const present: Present = { module, generation, host: instance.host };
    this.#present.add(present);
    watch.started(module, generation, record, code.reference.hash);
    after(random.between(LOAD_MS.min, LOAD_MS.max), () => instance.load());
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
    { events, failed }: { readonly events: HostEvents; readonly failed: (failure: Failure) => void },
  ): Host {
    const { self, incarnation, intervalMs, random, wallMs, now, after, promising, peers, watch } = this.#options;
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
      now,
      after,
      promising,
      peers,
      exchange: (token, to, body) => after(PIPE_MS, () => events.exchange(token, to, body)),
      failed,
      received: (what, from, takenAt) => watch.received(what, module, from, provenance, generation, takenAt),
    });
  }
}

interface PipedHostOptions {
  readonly host: Host;
  readonly events: HostEvents;
  readonly after: (delayMs: number, run: () => void) => void;
  readonly active: () => void;
  readonly ended: (why: 'stopped' | 'failed') => void;
}

/** One host behind its pipe. What is on the way when it ends is never heard of. */
class PipedHost implements HostPort {
  readonly host: Host;
  readonly #options: PipedHostOptions;
  readonly #whenGone: (() => void)[] = [];
  #gone = false;

  constructor(options: PipedHostOptions) {
    this.#options = options;
    this.host = options.host;
  }

  load(): void {
    this.host.load(
      this.#back((outcome) => {
        if ('value' in outcome) return this.#options.events.loaded();
        this.host.end();
        return this.failed(outcome.failure);
      }),
    );
  }

  /** It ended by itself. */
  failed(failure: Failure): void {
    if (this.#gone) return;
    this.#end('failed');
    this.#options.events.failed(failure);
  }

  accept(state: StateBytes, done: Done<void>): void {
    this.#tell(() => this.host.accept(textOf(state), this.#back(done)));
  }

  activate(done: Done<void>): void {
    const active = (outcome: Outcome<void>): void => {
      if ('value' in outcome) this.#options.active();
      done(outcome);
    };
    this.#tell(() => this.host.activate(this.#back(active)));
  }

  takeState(done: Done<StateBytes>): void {
    const back = this.#back(done);
    this.#tell(() => this.host.takeState((outcome) => back('value' in outcome ? { value: stateOf(outcome.value) } : outcome)));
  }

  deliver(from: Peer, body: Uint8Array, done: Done<Uint8Array>): void {
    let open = true;
    const answer = (outcome: Outcome<Uint8Array>): void => {
      if (open) done(outcome);
      open = false;
    };
    this.#options.after(ANSWER_MS, () => answer({ failure: LATE }));
    this.#tell(() => this.host.deliver(from, body, (outcome) => this.#options.after(PIPE_MS, () => answer(outcome))));
  }

  reply(token: number, reply: ModuleReply): void {
    this.#tell(() => this.host.reply(token, reply));
  }

  stop(reason: StopReason, done: () => void): void {
    if (this.#gone) return done();
    this.#whenGone.push(done);
    if (this.#whenGone.length > 1) return;
    const how = this.host.hangs ? 'failed' : 'stopped';
    this.host.stop(reason, () => this.#end(how));
  }

  end(done: () => void): void {
    this.host.end();
    this.#end('failed');
    done();
  }

  #end(how: 'stopped' | 'failed'): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#options.ended(how);
    for (const done of this.#whenGone) done();
  }

  #tell(run: () => void): void {
    this.#options.after(PIPE_MS, () => {
      if (!this.#gone) run();
    });
  }

  #back<T>(done: Done<T>): Done<T> {
    return (outcome) =>
      this.#options.after(PIPE_MS, () => {
        if (!this.#gone) done(outcome);
      });
  }
}

/** What could not even be started: it is gone before anything is asked of it. */
const NOBODY: HostPort = {
  accept: () => undefined,
  activate: () => undefined,
  takeState: (done) => done({ failure: CODE_ABSENT }),
  deliver: (_from, _body, done) => done({ failure: CODE_ABSENT }),
  reply: () => undefined,
  stop: (_reason, done) => done(),
  end: (done) => done(),
};
