/** What passes between a module and the applications on its node's machine. */
import type { Caller } from './module.ts';

/** A request or its answer: the text of a JSON value, or bytes that mean something to their two ends alone. */
export type Said = string | Uint8Array;

/** An event as it travels. */
export interface PublishedEvent {
  readonly topic: string;
  /** JSON, without line breaks. */
  readonly text: string;
}

const APPLICATION: Caller = Object.freeze({ kind: 'application' });

/** Who asks: the module of that name, or an application. */
export function callerOf(by: string | null): Caller {
  return by === null ? APPLICATION : Object.freeze({ kind: 'module', module: by });
}

/** The reason where a request said that it is JSON, and was none: the module never saw it. */
export const NOT_JSON = 'not-json';
/** The reason where a module has no `request`. */
export const NO_REQUESTS = 'no-requests';
