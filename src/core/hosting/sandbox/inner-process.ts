/** The process behind `unshare --fork`: it is the host, and what was started only waits for it. */
import { readFileSync } from 'node:fs';

/** The only child of a process, if it has one by now. */
export function innerOf(pid: number): number | undefined {
  try {
    const child = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
    return child > 0 ? child : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Ends what was started, and all that it started. From the inside: whoever waits for the inner process then collects it and ends
 * by itself. Ended together, the inner one would be left to process 1, and where that is the core, as in containers, it would stay
 * a zombie. It stands still meanwhile, so that it starts nothing that is not seen.
 */
export function endByForce(pid: number, forks: boolean): void {
  if (forks) signal(pid, 'SIGSTOP');
  const inner = forks ? innerOf(pid) : undefined;
  if (inner === undefined) return void (signal(-pid, 'SIGKILL') || signal(pid, 'SIGKILL'));
  signal(inner, 'SIGKILL');
  signal(pid, 'SIGCONT');
}

/** Whether there was somebody to take it: a process may end at any moment by itself. */
function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
