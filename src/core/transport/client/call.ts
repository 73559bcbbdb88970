/** What is asked of a peer, and within which bounds. */
import type { Address, NodeId } from '../../../model/names.ts';
import type { Answer } from './answer.ts';

export interface Callee {
  readonly id: NodeId;
  readonly address: Address;
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Longest answer. */
  readonly maxBytes: number;
  /** Ends the call when aborted. */
  readonly signal?: AbortSignal;
}

export interface RequestCall extends Call {
  /** From the call to the head of its answer, connecting included. Default: `timeoutMs` is all there is. */
  readonly headMs?: number;
  /** From the head, or from the call where `headMs` is not given, to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Slowest answer, as of a stream, where `timeoutMs` is that of a slow link. Default: any. */
  readonly minBytesPerSecond?: number;
  /** Is given the answer when it comes after all, within `lateAnswerMs` of the deadline for its head. Default: it is thrown away. */
  readonly onLate?: (answer: Answer<Uint8Array>) => void;
}

export interface StreamCall extends Call {
  /** From the call to the head of its answer, connecting included. */
  readonly headMs: number;
  /** Slowest answer, measured over each `rateWindowMs` (attack A7). */
  readonly minBytesPerSecond: number;
  /** From the head of the answer to its last byte; also when nobody reads it. */
  readonly totalMs: number;
  /** The peer said that its answer takes a while (102, RFC 9110 section 15.2), once: how much longer its head may take, in milliseconds; 0: no longer. */
  readonly onProcessing?: () => number;
}
