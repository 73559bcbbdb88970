/** What one instance asks of other modules, and watches of them: as its module.json says, within bounds, and each answered once. */
import { GossipError, failureOf } from '../../model/errors.ts';
import type { Failure } from '../../model/errors.ts';
import type { ModuleName } from '../../model/names.ts';
import { boundedText } from '../../host/messages.ts';
import type { FromHost, ToHost } from '../../host/messages.ts';
import { whole } from '../../host/frames.ts';
import type { FrameBody } from '../../host/frames.ts';
import { MAX_MESSAGE_BYTES, MAX_OPEN_USES, MAX_WATCHES } from '../../sdk/limits.ts';
import type { HostOptions } from './host-options.ts';
import type { HostProcess } from './process/process.ts';
import type { UseOutcome, UsesOfHost } from './uses-port.ts';

export interface UsesOptions {
  readonly process: Pick<HostProcess, 'send' | 'congested'>;
  /** Whether the instance may speak now. */
  readonly mayUse: () => boolean;
}

interface Watch {
  stop: () => void;
  /** Called when the module has taken what it was given. */
  taken: (() => void) | null;
}

const TOO_MUCH: Failure = { code: 'GOSSIP_E_TOO_LARGE', message: 'the answer was larger than the module can be given now' };
const NOT_SERVING: Failure = { code: 'GOSSIP_E_MODULE_ABSENT', message: 'the instance that asks does not serve' };

export class Uses {
  readonly names: readonly ModuleName[];
  readonly #others: UsesOfHost | undefined;
  readonly #options: UsesOptions;
  readonly #open = new Set<number>();
  readonly #watches = new Map<number, Watch>();

  /** `names`: `uses` of module.json. */
  constructor({ module, events }: Pick<HostOptions, 'module' | 'events'>, names: readonly ModuleName[], options: UsesOptions) {
    // Deployed under a name that its code uses, it would ask itself.
    this.names = names.filter((name) => name !== module);
    this.#others = events.uses;
    this.#options = options;
  }

  take(header: Extract<FromHost, { type: 'use' | 'watch' | 'taken' | 'unwatch' }>, body: FrameBody): void {
    switch (header.type) {
      case 'use':
        return this.#use(header, whole(body));
      case 'watch':
        return this.#watch(header);
      case 'taken':
        return this.#taken(header.watch);
      case 'unwatch':
        return this.#unwatch(header.watch);
    }
  }

  /** The instance is gone. */
  end(): void {
    this.#open.clear();
    for (const { stop } of this.#watches.values()) stop();
    this.#watches.clear();
  }

  #use({ use, module, form, timeoutMs }: Extract<FromHost, { type: 'use' }>, bytes: Uint8Array): void {
    if (this.#open.has(use)) throw new GossipError('GOSSIP_E_MODULE_PROTOCOL', `request ${use} is open already`);
    const refusal = this.#refusal(module, this.#open.size < MAX_OPEN_USES ? null : `${MAX_OPEN_USES} requests to other modules are open`);
    if (refusal !== null) return this.#failed(use, refusal);
    this.#open.add(use);
    const answered = (outcome: UseOutcome): void => {
      if (this.#open.delete(use)) this.#answer(use, outcome);
    };
    return this.#others?.request(module as ModuleName, { form, bytes }, timeoutMs, answered);
  }

  #answer(use: number, outcome: UseOutcome): void {
    if ('failure' in outcome) return this.#failed(use, outcome.failure);
    const { form, bytes } = outcome.value;
    const { process } = this.#options;
    if (bytes.length > MAX_MESSAGE_BYTES || process.congested) return this.#failed(use, TOO_MUCH);
    return process.send({ type: 'used', use, form, failure: null }, [bytes]);
  }

  #watch({ watch, module, topic }: Extract<FromHost, { type: 'watch' }>): void {
    if (this.#watches.has(watch)) throw new GossipError('GOSSIP_E_MODULE_PROTOCOL', `watch ${watch} is open already`);
    const refusal = this.#refusal(module, this.#watches.size < MAX_WATCHES ? null : `${MAX_WATCHES} watches are open`);
    if (refusal !== null) return this.#ended(watch, refusal);
    const entry: Watch = { stop: () => undefined, taken: null };
    this.#watches.set(watch, entry);
    try {
      entry.stop =
        this.#others?.watch(module as ModuleName, topic, {
          write: (bytes, taken) => {
            entry.taken = taken;
            this.#options.process.send({ type: 'watched', watch }, [typeof bytes === 'string' ? Buffer.from(bytes) : bytes]);
          },
          end: (message) => {
            if (this.#watches.delete(watch)) this.#ended(watch, { code: 'GOSSIP_E_MODULE_ABSENT', message });
          },
        }) ?? entry.stop;
    } catch (error) {
      this.#watches.delete(watch);
      this.#ended(watch, failureOf(error));
    }
    return undefined;
  }

  #taken(watch: number): void {
    const entry = this.#watches.get(watch);
    const taken = entry?.taken;
    if (entry) entry.taken = null;
    taken?.();
  }

  #unwatch(watch: number): void {
    const entry = this.#watches.get(watch);
    this.#watches.delete(watch);
    entry?.stop();
    // What is on its way is for nobody: the other side forgets how far it had read.
    if (entry) this.#ended(watch, null);
  }

  /** Why the module may not be used now; null when it may. */
  #refusal(module: string, full: string | null): Failure | null {
    if (!this.names.includes(module as ModuleName))
      return { code: 'GOSSIP_E_MODULE_UNDECLARED', message: `module.json does not name '${module}' in 'uses'` };
    if (!this.#options.mayUse()) return NOT_SERVING;
    if (full !== null) return { code: 'GOSSIP_E_BUSY', message: full };
    return this.#others === undefined ? { code: 'GOSSIP_E_MODULE_UNKNOWN', message: `no module '${module}' is deployed here` } : null;
  }

  #failed(use: number, failure: Failure): void {
    this.#options.process.send({ type: 'used', use, form: 'json', failure: told(failure) });
  }

  #ended(watch: number, failure: Failure | null): void {
    this.#options.process.send({ type: 'unwatched', watch, failure: failure && told(failure) });
  }
}

function told({ code, message, reason }: Failure): NonNullable<Extract<ToHost, { type: 'used' }>['failure']> {
  return { code, message: boundedText(message), ...(reason !== undefined && { reason }) };
}
