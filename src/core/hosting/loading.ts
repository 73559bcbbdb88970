/** What comes before an instance is asked anything: its code is hashed once more (law 2), its settings are checked, and it is loaded. */
import { randomBytes } from 'node:crypto';
import { GossipError, toGossipError } from '../../model/errors.ts';
import type { ErrorCode, Failure } from '../../model/errors.ts';
import { hashCode } from './code-hash.ts';
import type { Housing } from './spare-host.ts';
import type { HostOptions } from './host-options.ts';
import { plainPeer } from './peer-lists.ts';

/** The instance that is loaded: when something fails, it is gone before the caller hears of it. */
export interface Loaded {
  /** What the module uses. */
  readonly uses: readonly string[];
  /** One step of its life. */
  readonly step: (what: string, failedCode: ErrorCode, send: (call: number) => void) => Promise<unknown>;
  readonly wait: <T>(step: Promise<T>) => Promise<T>;
  readonly fail: (failure: Failure) => Promise<never>;
}

/** Rejects with the coded reason. `begun`: from now on code of the module may run. */
export async function load(
  { process, directory }: Housing,
  entry: string,
  options: HostOptions,
  loaded: Loaded,
  begun: () => void,
): Promise<void> {
  const { module, deployment, incarnation, intervalMs, settings, expected, inspection } = options;
  // Here and not in the host, for which to load what hashes takes longer than to start.
  const code = hashCode(directory).catch((error: unknown) => toGossipError(error));
  await loaded.wait(process.booted);
  const found = await code;
  if (found !== expected) {
    const message = typeof found === 'string' ? `the code in ${directory} is not ${expected}` : found.message;
    await loaded.fail({ code: 'GOSSIP_E_CODE_MISMATCH', message });
  }
  const instanceId = randomBytes(16).toString('hex');
  // In the host, whose end is no harm: a schema may take for ever, or all memory.
  await loaded.step('checking the settings', 'GOSSIP_E_MODULE_SETTINGS', (call) =>
    process.send({ type: 'check-settings', call, directory, settings }),
  );
  const { debuggerPipe } = process;
  if (inspection !== undefined && debuggerPipe !== null) {
    const { sources } = inspection;
    await loaded.step('letting debuggers in', 'GOSSIP_E_PROGRAM', (call) =>
      process.send({ type: 'open-debugger', call, directory, sources }),
    );
    await inspection.enter(debuggerPipe);
  }
  begun();
  const placement = { module, deployment, incarnation, instanceId, intervalMs, settings, uses: [...loaded.uses] };
  await loaded.step('loading', 'GOSSIP_E_MODULE_LOAD', (call) =>
    process.send({ type: 'load', call, directory, entry, self: plainPeer(options.self), ...placement }),
  );
}

/** Whether a start in a host that waited may be tried in one of its own: what went wrong was no word of the host about the module. */
export function wasLost(error: unknown): boolean {
  return !(error instanceof GossipError && error.code === 'GOSSIP_E_MODULE_SETTINGS');
}
