/**
 * What a service manager is told that asks for it (systemd's `Type=notify`): that the node is ready, alive, reads its configuration again, or ends.
 * Ready means that it listens and has what was on its disk, never that it has met anybody: a node that nobody reaches is as sound as any.
 */
import type { Life } from '../core/life.ts';
import type { RunningNode } from '../core/run.ts';
import type { Environment } from '../process/environment.ts';
import { Notifier } from './notify.ts';

/** So often within the time after which the manager takes the node for dead. */
const PINGS_PER_DEADLINE = 4;
const MICROSECONDS_PER_MS = 1_000;

export class ServiceManager {
  readonly #node: Pick<RunningNode, 'life'>;
  readonly #notifier: Pick<Notifier, 'tell' | 'isBusy'>;
  #timer: NodeJS.Timeout | undefined;
  #pulses: number;
  #isReloading = false;

  constructor(node: Pick<RunningNode, 'life'>, notifier: Pick<Notifier, 'tell' | 'isBusy'>) {
    this.#node = node;
    this.#notifier = notifier;
    this.#pulses = node.life().pulses;
  }

  /** Resolves when it was heard. */
  ready(watchdogMs: number | null): Promise<void> {
    if (watchdogMs !== null) this.#timer = setInterval(() => this.look(), watchdogMs / PINGS_PER_DEADLINE);
    return this.#notifier.tell({ READY: '1', STATUS: statusOf(this.#node.life()) });
  }

  /** Says that the node is alive, if its protocol has done something since the last look: a timer of this process that still fires says nothing of it. */
  look(): void {
    const life = this.#node.life();
    if (life.pulses === this.#pulses || this.#notifier.isBusy) return;
    this.#pulses = life.pulses;
    void this.#notifier.tell({ WATCHDOG: '1', STATUS: statusOf(life) });
  }

  /** Around `read`; one that comes meanwhile is part of the first. */
  async reload(read: () => Promise<void>): Promise<void> {
    if (this.#isReloading) return read();
    this.#isReloading = true;
    const said = this.#notifier.tell({ RELOADING: '1', MONOTONIC_USEC: String(process.hrtime.bigint() / 1_000n) });
    await Promise.all([said, read()]);
    // It hears that some time before it is known to have heard it, and may ask for the next one meanwhile.
    this.#isReloading = false;
    await this.#notifier.tell({ READY: '1', STATUS: statusOf(this.#node.life()) });
  }

  /** Not waited for: a manager that hangs holds up no end. */
  stopping(): void {
    clearInterval(this.#timer);
    void this.#notifier.tell({ STOPPING: '1', STATUS: 'ending: last checkpoints' });
  }
}

/** Null: nobody asked to be told. */
export function serviceManagerOf(node: Pick<RunningNode, 'life' | 'log'>, environment: Environment = process.env): ServiceManager | null {
  const { NOTIFY_SOCKET: socket } = environment;
  if (socket === undefined || socket === '') return null;
  return new ServiceManager(node, new Notifier(socket, node.log));
}

/** After what time without a sign of life the manager ends this process; null: never (sd_watchdog_enabled(3)). */
export function watchdogOf({ WATCHDOG_USEC: given, WATCHDOG_PID: whose }: Environment = process.env, pid = process.pid): number | null {
  if (whose !== undefined && whose !== String(pid)) return null;
  const microseconds = /^\d{1,15}$/.test(given ?? '') ? Number(given) : 0;
  return microseconds > 0 ? microseconds / MICROSECONDS_PER_MS : null;
}

function statusOf({ modules, running, known }: Life): string {
  return `${running} of ${modules} ${modules === 1 ? 'module' : 'modules'} running, ${known} other ${known === 1 ? 'node' : 'nodes'} known`;
}
