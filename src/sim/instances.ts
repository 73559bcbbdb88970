/** The running module instances of one simulated node: carries out what the protocol wants of them, and reports how it went. */
import type { EffectOf, Failure, Generation, GossipEvent, ModuleReply, StateTaken, Token } from '../gossip/protocol.ts';
import { deploymentName } from '../model/deployment.ts';
import type { VerifiedDeployment } from '../model/deployment.ts';
import { stateOf, textOf } from '../model/state-bytes.ts';
import type { ContentHash, ModuleName, Peer } from '../model/names.ts';
import { ANSWER_MS } from '../sdk/limits.ts';
import { codeOf } from './codes.ts';
import type { Code } from './codes.ts';
import type { Running } from './happening.ts';
import { Host } from './host.ts';
import type { Done } from './host.ts';
import type { Provenance } from './provenance.ts';
import type { Random } from './random.ts';

/** From the start of a process to a constructed instance. */
const LOAD_MS = { min: 25, max: 120 };
/** One way through the pipe between core and host. Always the same: what was said first arrives first. */
const PIPE_MS = 0.5;

const CODE_ABSENT: Failure = { code: 'GOSSIP_E_CODE_ABSENT', message: 'the code is not on disk' };
const GONE: Failure = { code: 'GOSSIP_E_MODULE_ABSENT', message: 'the instance is gone' };
const CODE_SPOILED: Failure = { code: 'GOSSIP_E_CODE_MISMATCH', message: 'the code on disk is not what was signed' };

export interface InstancesOptions {
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
  readonly newToken: () => Token;
  readonly report: (event: GossipEvent) => void;
  readonly watch: InstanceWatch;
}

/** Told of what really happens to instances. */
export interface InstanceWatch {
  started(module: ModuleName, generation: Generation, record: VerifiedDeployment, code: ContentHash): void;
  active(module: ModuleName, instance: Running): void;
  ended(module: ModuleName, generation: Generation, why: 'stopped' | 'failed'): void;
  received(what: 'message' | 'state', module: ModuleName, from: Provenance, to: Provenance, generation: Generation, takenAt?: number): void;
}

interface Entry {
  readonly module: ModuleName;
  readonly generation: Generation;
  readonly record: VerifiedDeployment;
  readonly host: Host;
}

export class Instances {
  readonly #options: InstancesOptions;
  readonly #entries = new Map<string, Entry>();
  /** Exchanges that instances wait for, by the core's token. */
  readonly #waiting = new Map<Token, { readonly entry: Entry; readonly token: number }>();

  constructor(options: InstancesOptions) {
    this.#options = options;
  }

  /** `provenance`: what the instance really is, as far as the laws are concerned. */
  start({ module, generation, record }: EffectOf<'start-instance'>, provenance: Provenance): void {
    const code = record.deployment.code === null ? undefined : codeOf(record.deployment.code.hash);
    const onDisk = code === undefined ? 'absent' : this.#options.check(code.reference.hash);
    if (code === undefined || onDisk !== 'whole') {
      const failure = onDisk === 'spoiled' ? CODE_SPOILED : CODE_ABSENT;
      this.#options.report({ type: 'instance-failed', module, generation, failure });
      return;
    }
    const entry: Entry = { module, generation, record, host: this.#host({ module, generation, record, code, provenance }) };
    this.#entries.set(keyOf(entry), entry);
    this.#options.watch.started(module, generation, record, code.reference.hash);
    this.#options.after(this.#options.random.between(LOAD_MS.min, LOAD_MS.max), () =>
      entry.host.load(this.#step(entry, () => this.#options.report({ type: 'instance-loaded', module, generation }))),
    );
  }

  acceptState(effect: EffectOf<'accept-state'>): void {
    const { module, generation, state } = effect;
    this.#tell(effect, (entry) => {
      entry.host.accept(
        textOf(state),
        this.#step(entry, () => this.#options.report({ type: 'instance-accepted', module, generation })),
      );
    });
  }

  activate(effect: EffectOf<'activate'>): void {
    const { module, generation } = effect;
    this.#tell(effect, (entry) => {
      const active = (): void => {
        this.#options.watch.active(module, { generation, record: entry.record, provenance: entry.host.provenance });
        this.#options.report({ type: 'instance-active', module, generation });
      };
      entry.host.activate(this.#step(entry, active));
    });
  }

  takeState(effect: EffectOf<'take-state'>): void {
    const { module, generation } = effect;
    const report = (taken: StateTaken): void => this.#options.report({ type: 'state-taken', module, generation, taken });
    if (!this.#entries.has(keyOf(effect))) return this.#options.after(PIPE_MS, () => report({ failure: GONE }));
    const back = (outcome: Parameters<Done<string>>[0]): void =>
      this.#back(() => report('value' in outcome ? { state: stateOf(outcome.value) } : { failure: outcome.failure }));
    this.#tell(effect, ({ host }) => host.takeState(back));
  }

  deliver(effect: EffectOf<'deliver'>): void {
    let open = true;
    const answer = (reply: ModuleReply): void => {
      if (open) this.#options.report({ type: 'delivered', token: effect.token, reply });
      open = false;
    };
    const fail = (code: Failure['code'], message: string): void => answer({ failure: { code, message } });
    if (!this.#entries.has(keyOf(effect))) return this.#back(() => fail(GONE.code, GONE.message));
    this.#options.after(ANSWER_MS, () => fail('GOSSIP_E_TIMEOUT', 'the module did not answer in time'));
    this.#tell(effect, ({ host }) =>
      host.deliver(effect.from, effect.body, (outcome) =>
        this.#back(() => answer('value' in outcome ? { body: outcome.value } : { failure: outcome.failure })),
      ),
    );
  }

  reply({ token, reply }: EffectOf<'module-reply'>): void {
    const waiting = this.#waiting.get(token);
    this.#waiting.delete(token);
    if (waiting !== undefined) this.#back(() => waiting.entry.host.reply(waiting.token, reply));
  }

  stop(effect: EffectOf<'stop-instance'>): void {
    const entry = this.#entries.get(keyOf(effect));
    if (entry === undefined) return;
    const how = entry.host.hangs ? 'failed' : 'stopped';
    entry.host.stop(effect.reason, () => this.#forget(entry, how));
  }

  /** The node went down, and its hosts with it. */
  endAll(): void {
    for (const { host } of this.#entries.values()) host.end();
    this.#entries.clear();
    this.#waiting.clear();
  }

  /** The hosts that are there, in the order of their start. */
  hosts(): { readonly module: ModuleName; readonly generation: Generation; readonly host: Host }[] {
    return [...this.#entries.values()];
  }

  #host({ module, generation, record, code, provenance }: Omit<Entry, 'host'> & { code: Code; provenance: Provenance }): Host {
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
      exchange: (token, to, body) => this.#back(() => this.#exchange(module, generation, { token, to, body })),
      failed: (failure) => this.#failed(keyOf({ module, generation }), failure),
      received: (what, from, takenAt) => watch.received(what, module, from, provenance, generation, takenAt),
    });
  }

  #exchange(module: ModuleName, generation: Generation, ask: { token: number; to: Peer; body: Uint8Array }): void {
    const entry = this.#entries.get(keyOf({ module, generation }));
    if (entry === undefined) return;
    const token = this.#options.newToken();
    this.#waiting.set(token, { entry, token: ask.token });
    this.#options.report({ type: 'module-exchange', token, module, generation, to: ask.to, body: ask.body });
  }

  /** Passes something on to a host, if it is still there when it arrives. */
  #tell(target: { readonly module: ModuleName; readonly generation: Generation }, run: (entry: Entry) => void): void {
    const key = keyOf(target);
    this.#options.after(PIPE_MS, () => {
      const entry = this.#entries.get(key);
      if (entry !== undefined) run(entry);
    });
  }

  /** Passes something back from a host. */
  #back(run: () => void): void {
    this.#options.after(PIPE_MS, run);
  }

  /** One step of an instance's life: whoever cannot do it is gone. */
  #step(entry: Entry, done: () => void): Done<void> {
    return (outcome) =>
      this.#back(() => {
        if (this.#entries.get(keyOf(entry)) !== entry) return;
        if ('value' in outcome) return done();
        entry.host.end();
        this.#failed(keyOf(entry), outcome.failure);
      });
  }

  #failed(key: string, failure: Failure): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#forget(entry, 'failed');
    const { module, generation } = entry;
    this.#options.report({ type: 'instance-failed', module, generation, failure });
  }

  #forget(entry: Entry, why: 'stopped' | 'failed'): void {
    this.#entries.delete(keyOf(entry));
    for (const [token, waiting] of this.#waiting) if (waiting.entry === entry) this.#waiting.delete(token);
    this.#options.watch.ended(entry.module, entry.generation, why);
  }
}

function keyOf({ module, generation }: { readonly module: ModuleName; readonly generation: Generation }): string {
  return `${module}/${generation}`;
}
