/** Runs the build of an author's project: a command of his own, with everything that it starts. */
import { spawn } from 'node:child_process';
import { formatDuration } from '../../model/duration.ts';

export interface Built {
  readonly ok: boolean;
  readonly elapsedMs: number;
  /** What it printed, on both streams, in the order in which it came; the end of it where that is much. */
  readonly output: string;
}

const MAX_OUTPUT_CHARACTERS = 64 * 1024;
/** A build that watches by itself never ends. */
const BUILD_MS = 300_000;

/** Runs `command` by the shell in `directory`. Once it has ended, nothing that it began in its group of processes runs any more; an abort ends it at once, and rejects. */
export async function build(command: string, directory: string, signal: AbortSignal): Promise<Built> {
  signal.throwIfAborted();
  const beganAt = performance.now();
  // In a group of its own: Ctrl-C is for the command that runs it, and it is ended as a whole.
  const child = spawn(command, { cwd: directory, shell: true, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output = `${output}${text}`.slice(-MAX_OUTPUT_CHARACTERS)));
  }
  const endAll = (): void => endGroup(child.pid);
  let late = false;
  const deadline = setTimeout(() => ((late = true), endAll()), BUILD_MS);
  signal.addEventListener('abort', endAll, { once: true });
  try {
    const ok = await new Promise<boolean>((resolve) => {
      let code: number | null = null;
      child.once('exit', (exitCode) => {
        code = exitCode;
        // Whoever is left holds the pipes open.
        endAll();
      });
      child.once('close', () => resolve(code === 0));
      child.once('error', (error) => {
        output += `${error.message}\n`;
        resolve(false);
      });
    });
    signal.throwIfAborted();
    if (late)
      output += `It had not ended after ${formatDuration(BUILD_MS)}, and was ended: a build that watches by itself is none for this command.\n`;
    return { ok: ok && !late, elapsedMs: Math.round(performance.now() - beganAt), output: output.trimEnd() };
  } finally {
    clearTimeout(deadline);
    signal.removeEventListener('abort', endAll);
  }
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}
