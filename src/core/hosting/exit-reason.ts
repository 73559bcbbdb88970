/** Why a host ended, as an operator should read it. */
import type { ErrorCode } from '../../model/errors.ts';

export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
}

export interface HostEnd {
  /** Why the core ended it, when it did. */
  readonly verdict: Failure | undefined;
  /** The error that nobody in the host caught. */
  readonly crash: string | undefined;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines that it printed. */
  readonly tail: readonly string[];
  readonly booted: boolean;
}

const OUT_OF_MEMORY = /heap out of memory|Reached heap limit|OOM error/;
const FIRST_LINES = 3;

export function exitReason({ verdict, crash, exitCode, signal, tail, booted }: HostEnd): Failure {
  if (verdict !== undefined) return verdict;
  if (crash !== undefined) return { code: 'GOSSIP_E_MODULE_CRASH', message: `crashed: ${firstLines(crash)}` };
  const how = signal === null ? `exit code ${exitCode ?? 'unknown'}` : signal;
  if (!booted)
    return { code: 'GOSSIP_E_MODULE_LOAD', message: `the host process ended before it came up (${how}): ${firstLines(tail.join('\n'))}` };
  const outOfMemory = tail.find((line) => OUT_OF_MEMORY.test(line));
  if (outOfMemory !== undefined) return { code: 'GOSSIP_E_MODULE_MEMORY', message: `ran out of its heap (${how})` };
  return { code: 'GOSSIP_E_MODULE_CRASH', message: `its process ended (${how})` };
}

function firstLines(text: string): string {
  return text
    .split('\n', FIRST_LINES)
    .map((line) => line.trim())
    .join(' | ');
}
