/** Whoever waits for an answer of the protocol. */
import type { CallToken, EffectOf, Failure } from '../gossip/protocol.ts';

export type Answer = EffectOf<'respond' | 'injected' | 'module-reply' | 'app-reply'>;

export interface Waiting {
  readonly answer: (answer: Answer) => void;
  /** The protocol will not answer. */
  readonly refuse: (why: Failure) => void;
}

/** Takes it out, for it is answered once. */
export function take<T>(waiting: Map<CallToken, T>, token: CallToken): T | undefined {
  const found = waiting.get(token);
  waiting.delete(token);
  return found;
}
