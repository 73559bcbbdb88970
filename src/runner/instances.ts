/** The running module instances of a node: carries out what the protocol asks of them, and reports the result. */
import type {
  Asker,
  CallToken,
  EffectOf,
  Failure,
  Generation,
  GossipEvent,
  ModuleReply,
  ModuleView,
  RequestReply,
} from '../gossip/protocol.ts';
import type { ModuleName, Peer } from '../model/names.ts';
import type { Content } from '../model/content.ts';
import type { StateBytes } from '../model/state-bytes.ts';
import { MAX_OPEN_CALLS } from '../sdk/limits.ts';
import type { StopReason } from '../sdk/module.ts';
import type { Done, Host, Hosts, Instance, Outcome } from './ports.ts';

export interface InstancesOptions {
  readonly hosts: Hosts;
  /** A token for an exchange; `done` is called with its outcome. */
  readonly wait: (done: (reply: ModuleReply) => void) => CallToken;
  /** Puts what an instance asks of another module to the protocol. */
  readonly ask: (module: ModuleName, content: Content, by: Asker, done: Done<Content>) => void;
  readonly report: (event: GossipEvent) => void;
}

interface Entry extends Instance {
  readonly host: Host;
  /** Messages that it has not answered. */
  open: number;
  /** Who waits for its state; the first has been asked for. */
  readonly states: Done<StateBytes>[];
}

const BUSY: Failure = { code: 'GOSSIP_E_BUSY', message: 'the module is behind with its messages' };

export class Instances {
  readonly #options: InstancesOptions;
  readonly #entries = new Map<string, Entry>();
  /** Ends under way: a node waits for them before it ends itself, or a module that hangs would outlive it. */
  readonly #ending = new Set<object>();
  #stopped = false;
  #whenEnded: (() => void) | null = null;

  constructor(options: InstancesOptions) {
    this.#options = options;
  }

  start({ module, generation, record }: EffectOf<'start-instance'>): void {
    if (this.#stopped) return;
    const key = keyOf({ module, generation });
    const { wait, ask } = this.#options;
    const host = this.#options.hosts.start(
      { module, generation, record },
      {
        loaded: () => this.#entries.has(key) && this.#options.report({ type: 'instance-loaded', module, generation }),
        failed: (failure) => this.#failed(key, failure),
        publish: (event) => this.#entries.has(key) && this.#options.report({ type: 'module-publish', module, generation, event }),
        use: (to, content, waitMs, done) => {
          if (this.#entries.has(key)) ask(to, content, { module, generation, waitMs }, done);
        },
        exchange: (to, body, done) => {
          if (this.#entries.has(key)) this.#options.report({ type: 'module-exchange', token: wait(done), module, generation, to, body });
        },
      },
    );
    this.#entries.set(key, { module, generation, host, open: 0, states: [] });
  }

  acceptState(effect: EffectOf<'accept-state'>): void {
    this.#step(effect, 'instance-accepted', (host, done) => host.accept(effect.state, done));
  }

  activate(effect: EffectOf<'activate'>): void {
    this.#step(effect, 'instance-active', (host, done) => host.activate(done));
  }

  takeState({ module, generation }: EffectOf<'take-state'>): void {
    const report = (taken: Outcome<StateBytes>): void =>
      this.#options.report({ type: 'state-taken', module, generation, taken: 'value' in taken ? { state: taken.value } : taken });
    const entry = this.#entries.get(keyOf({ module, generation }));
    if (entry) this.#takeState(entry, report);
    else report({ failure: notRunning(module) });
  }

  /** How its state is taken beside what the protocol asks; null for an instance that is not there. */
  takeLast({ name, generation }: Pick<ModuleView, 'name' | 'generation'>): Host['takeState'] | null {
    const entry = generation === null ? undefined : this.#entries.get(keyOf({ module: name, generation }));
    return entry ? (done) => this.#takeState(entry, done) : null;
  }

  /** One state after the other: what is asked for later is taken later, too. */
  #takeState(entry: Entry, done: Done<StateBytes>): void {
    entry.states.push(done);
    if (entry.states.length === 1) this.#nextState(entry);
  }

  #nextState(entry: Entry): void {
    const done = entry.states[0];
    if (!done) return;
    entry.host.takeState((outcome) => {
      done(outcome);
      entry.states.shift();
      this.#nextState(entry);
    });
  }

  deliver({ module, generation, token, from, body }: EffectOf<'deliver'>): void {
    const report = (reply: ModuleReply): void => this.#options.report({ type: 'delivered', token, reply });
    const entry = this.#entries.get(keyOf({ module, generation }));
    if (!entry) return report({ failure: notRunning(module) });
    if (entry.open >= MAX_OPEN_CALLS) return report({ failure: BUSY });
    entry.open += 1;
    return entry.host.deliver(from, body, (outcome) => {
      entry.open -= 1;
      report('value' in outcome ? { body: outcome.value } : outcome);
    });
  }

  /** How many an instance has open is the protocol's affair: it waits for their answers. */
  serve({ module, generation, token, content, by }: EffectOf<'serve'>): void {
    const report = (reply: RequestReply): void => this.#options.report({ type: 'served', token, reply });
    const entry = this.#entries.get(keyOf({ module, generation }));
    if (!entry) return report({ failure: notRunning(module) });
    return entry.host.request(content, (outcome) => report('value' in outcome ? { content: outcome.value } : outcome), by);
  }

  /** A hint to every instance. */
  lost(peer: Peer): void {
    for (const { host } of this.#entries.values()) host.lost(peer);
  }

  /** Until it has ended, the instance may say goodbye, and hears the answers. */
  stop(effect: EffectOf<'stop-instance'>): void {
    const entry = this.#entries.get(keyOf(effect));
    if (entry) this.#stop(entry, effect.reason);
  }

  /** Ends all instances, also those that are starting or ending already; no other starts afterwards. */
  stopAll(done: () => void): void {
    this.#stopped = true;
    this.#whenEnded = done;
    for (const entry of this.#entries.values()) this.#stop(entry, 'shutdown');
    this.#endedAll();
  }

  #stop(entry: Entry, reason: StopReason): void {
    this.#end(entry, (done) => entry.host.stop(reason, done));
  }

  /** Forgets the instance once it has ended. */
  #end(entry: Entry, end: (done: () => void) => void): void {
    const ending = {};
    this.#ending.add(ending);
    end(() => {
      this.#ending.delete(ending);
      this.#forget(entry);
      this.#endedAll();
    });
  }

  #endedAll(): void {
    if (this.#ending.size > 0) return;
    this.#whenEnded?.();
    this.#whenEnded = null;
  }

  /** One step of an instance's life: whoever cannot do it is gone. */
  #step(
    { module, generation }: Instance,
    done: 'instance-accepted' | 'instance-active',
    step: (host: Host, done: Done<void>) => void,
  ): void {
    const entry = this.#entries.get(keyOf({ module, generation }));
    if (!entry) return;
    step(entry.host, (outcome) => {
      if (!this.#has(entry)) return;
      if ('value' in outcome) return this.#options.report({ type: done, module, generation });
      this.#forget(entry);
      this.#end(entry, (ended) => entry.host.end(ended));
      return this.#options.report({ type: 'instance-failed', module, generation, failure: outcome.failure });
    });
  }

  #failed(key: string, failure: Failure): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#forget(entry);
    const { module, generation } = entry;
    this.#options.report({ type: 'instance-failed', module, generation, failure });
  }

  #has(entry: Entry): boolean {
    return this.#entries.get(keyOf(entry)) === entry;
  }

  #forget(entry: Entry): void {
    if (this.#has(entry)) this.#entries.delete(keyOf(entry));
  }
}

function keyOf({ module, generation }: { readonly module: ModuleName; readonly generation: Generation }): string {
  return `${module}/${generation}`;
}

export function notRunning(module: ModuleName): Failure {
  return { code: 'GOSSIP_E_MODULE_ABSENT', message: `${module} does not run here now` };
}
