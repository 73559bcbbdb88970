/** Who takes and who speaks while one instance of a module follows another. */
import type { Attempt, Instance } from './hand-over.ts';
import type { Generation } from './protocol.ts';
import { stampOf } from './stamp.ts';
import type { Stamp } from './stamp.ts';

export interface Instances {
  readonly active: Instance | null;
  readonly next: Attempt | null;
  /** It was removed, and may say goodbye until it has ended. */
  readonly leaving: Instance | null;
}

/** Of a module that is not known here. */
const NONE: Instances = { active: null, next: null, leaving: null };

/** The instance that takes peers' messages now. */
export function servingOf({ active, next }: Instances = NONE):
  | { readonly generation: Generation; readonly stamp: Stamp }
  | 'handing-over'
  | null {
  if (active === null) return null;
  return isHandingOver(next) ? 'handing-over' : { generation: active.generation, stamp: stampOf(active.record, active.stateEpoch) };
}

/**
 * The instance that takes applications' requests now; `soon` where one is on its way. The old one takes none once its successor is loaded: what
 * it has taken it answers before its state is asked for, so that nothing that was answered is missing there.
 */
export function takingOf({ active, next }: Instances = NONE): Generation | 'soon' | null {
  if (next !== null && (active === null || next.stage !== 'starting')) return 'soon';
  return active === null ? null : active.generation;
}

/**
 * The stamp of an instance that may send now. Whoever has handed its state over is silent: what it
 * would learn from now on is lost. The new one may speak from its start.
 */
export function speakingOf({ active, next, leaving }: Instances = NONE, generation: Generation): Stamp | undefined {
  const candidates = [isHandingOver(next) ? null : active, next?.stage === 'activating' ? next : null, leaving];
  const speaker = candidates.find((instance) => instance?.generation === generation);
  return speaker ? stampOf(speaker.record, speaker.stateEpoch) : undefined;
}

/** Whether the instance has been told to start, and has not said that it did. */
export function isStarting({ next }: Instances = NONE, generation: Generation): boolean {
  return next?.stage === 'activating' && next.generation === generation;
}

/** Whether the old instance's state has been asked for. */
export function isHandingOver(next: Attempt | null): boolean {
  return next !== null && next.stage !== 'starting' && next.stage !== 'draining';
}
