/** What `gossip module dev` tells, one event at a time: a line for people, a line of JSON for programs. */
import type { Failure } from '../../model/errors.ts';
import type { NodeLine } from '../logs/follow.ts';
import { logJson } from '../render/log-text.ts';
import type { LostLine, PrintedLine } from '../render/log-text.ts';

export type DevEvent =
  | {
      readonly event: 'lab';
      readonly cluster: string;
      readonly directory: string;
      readonly nodes: readonly string[];
      readonly project: string;
    }
  /** Where debuggers find the module on one node, whatever is deployed: the address stays the same. */
  | { readonly event: 'inspector'; readonly node: string; readonly module: string; readonly url: string }
  | { readonly event: 'building' }
  | { readonly event: 'built'; readonly ok: boolean; readonly elapsedMs: number; readonly output: string }
  /** The build gave the code that was deployed last. */
  | { readonly event: 'unchanged'; readonly deployment: string; readonly code: string }
  /** The build gave nothing that can be deployed, or it could not be brought to the lab. */
  | { readonly event: 'refused'; readonly error: Failure & { readonly advice: string } }
  | (OfDeployment & { readonly event: 'deployed' })
  /** A module that comes with the program, which the author's uses. */
  | (OfDeployment & { readonly event: 'used' })
  /** All nodes run it. `elapsedMs` counts from the deployment on, `sinceSaveMs` from the first save that led to it. */
  | (OfDeployment & {
      readonly event: 'running';
      readonly nodes: number;
      readonly of: number;
      readonly elapsedMs: number;
      readonly sinceSaveMs: number;
    })
  /** Nodes do not run it, and do not come to it by themselves. */
  | (OfDeployment & { readonly event: 'stuck'; readonly nodes: number; readonly of: number; readonly stragglers: readonly Stuck[] })
  /** Somebody else deployed the same module to the lab. */
  | (OfDeployment & { readonly event: 'replaced' })
  /** A line of a module's log, or that some are missing. */
  | { readonly event: 'log'; readonly line: NodeLine }
  | { readonly event: 'remark'; readonly text: string };

export interface OfDeployment {
  /** `d3` */
  readonly deployment: string;
  readonly module: string;
  readonly version: string;
  readonly code: string;
}

export interface Stuck {
  readonly node: string;
  readonly why: string;
  /** The code of the reason, where the node gives one. */
  readonly code: string | null;
}

/** An event as it is printed; `at` is when it was told. */
export type DevLine =
  | (Exclude<DevEvent, { readonly event: 'log' }> & { readonly at: string })
  | ({ readonly event: 'log'; readonly at: string } & (Omit<PrintedLine, 'at'> | LostLine));

/** For programs; `now` is when it is told. */
export function eventJson(event: DevEvent, now: Date): DevLine {
  const at = now.toISOString();
  if (event.event !== 'log') return { at, ...event };
  // When it was told, and not the place in the node's log.
  return { event: event.event, ...logJson(event.line), at };
}
