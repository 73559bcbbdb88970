/** Why a host ended, as an operator should read it. */
import { constants } from 'node:os';
import type { Failure } from '../../../model/errors.ts';

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
  /** Whether `unshare` said that it stumbled. */
  readonly stumbled: boolean;
}

const OUT_OF_MEMORY = /heap out of memory|Reached heap limit|OOM error/;
const UNSHARE_STUMBLED = /^unshare: sigprocmask unblock failed/;
const KILLERS = 'which the core did not send: the system was out of memory, or somebody on this machine ended it';
const FIRST_LINES = 3;

export function exitReason({ verdict, crash, exitCode, signal, tail, booted, stumbled }: HostEnd): Failure {
  if (verdict !== undefined) return verdict;
  if (crash !== undefined) return { code: 'GOSSIP_E_MODULE_CRASH', message: `crashed: ${firstLines(crash)}` };
  const ended = signal ?? swallowedSignal(exitCode, stumbled);
  const how = ended === undefined ? `exit code ${exitCode ?? 'unknown'}` : ended;
  if (!booted) return stillborn(ended, how, tail);
  const outOfMemory = tail.find((line) => OUT_OF_MEMORY.test(line));
  if (outOfMemory !== undefined) return { code: 'GOSSIP_E_MODULE_MEMORY', message: `ran out of its heap (${how})` };
  if (ended === 'SIGKILL') return { code: 'GOSSIP_E_MODULE_CRASH', message: `its process was ended by SIGKILL, ${KILLERS}` };
  return { code: 'GOSSIP_E_MODULE_CRASH', message: `its process ended (${how})` };
}

/** Before a host is up no code of its module runs, but the module's limits hold: too little memory ends it by a signal. What ends by itself lacks something. */
function stillborn(ended: string | undefined, how: string, tail: readonly string[]): Failure {
  const code = ended === undefined ? 'GOSSIP_E_PROGRAM' : 'GOSSIP_E_MODULE_LOAD';
  return { code, message: `the host process ended before it came up (${how}): ${firstLines(tail.join('\n'))}` };
}

/** Wanting to end as its host did, `unshare` stumbles over SIGKILL, which nobody can take, and says so among the module's lines. */
export function isStumble(line: string): boolean {
  return UNSHARE_STUMBLED.test(line);
}

/** What stands in front of a host tells a signal as 128 and its number. */
function swallowedSignal(exitCode: number | null, stumbled: boolean): string | undefined {
  if (exitCode === 1 && stumbled) return 'SIGKILL';
  return Object.entries(constants.signals).find(([, number]) => exitCode === 128 + number)?.[0];
}

function firstLines(text: string): string {
  return text
    .split('\n', FIRST_LINES)
    .map((line) => line.trim())
    .join(' | ');
}
