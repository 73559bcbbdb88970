/** Runs `fixtures/core.ts` where even a signal to every process hurts nobody else: in a process namespace of its own. */
import { execFileSync, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CORE = fileURLToPath(new URL('./fixtures/core.ts', import.meta.url));
const UNSHARE = '/usr/bin/unshare';
const JAIL = ['--user', '--map-root-user', '--pid', '--mount', '--mount-proc', '--fork', '--kill-child'];

/** Whether attacks that reach far can be tried here at all. */
export const jailWorks = ((): boolean => {
  try {
    execFileSync(UNSHARE, [...JAIL, '/bin/bash', '-c', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    process.stdout.write('skipped: attacks by signals need bash and unprivileged user namespaces, which this system lacks\n');
    return false;
  }
})();

/** Waits up to three seconds for the hosts to be gone. */
const COUNT_HOSTS = `for i in 1 2 3 4 5 6 7 8 9 10; do
  left=$(ps -A -o args= | grep -c '[-]-permission'); [ "$left" = 0 ] && break; sleep 0.3
done; echo "{\\"hostsLeft\\":$left}"`;

export interface CoreRun {
  readonly lines: Record<string, unknown>[];
  readonly stderr: string;
  /** As the shell tells it: 128 and the signal for a core that was killed. */
  readonly exitCode: number;
}

export interface CoreOptions {
  /** Flags of the core's own process. */
  readonly flags?: readonly string[];
  /** Shell redirections for it, such as `20</some/file`. */
  readonly redirections?: string;
  /** The core is process 1 of the namespace, as in a container; nobody tells how it ended. */
  readonly first?: boolean;
}

/** The shell is process 1 of the namespace: no signal from within ends it, and it tells how the core ended. */
export async function runCore(orders: object, { flags = [], redirections = '', first = false }: CoreOptions = {}): Promise<CoreRun> {
  const script = first ? 'exec "$@"' : `"$@" ${redirections}; echo "{\\"exitCode\\":$?}"; ${COUNT_HOSTS}`;
  const args = [...JAIL, '/bin/bash', '-c', script, 'bash', process.execPath, ...flags, CORE, JSON.stringify(orders)];
  const child = spawn(UNSHARE, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 20_000, killSignal: 'SIGKILL' });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) child[name].on('data', (chunk: Buffer) => (output[name] += chunk.toString()));
  await new Promise((resolve) => child.on('close', resolve));
  const lines = output.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const exitCode = lines.find((line) => 'exitCode' in line)?.['exitCode'] as number;
  return { lines, stderr: output.stderr, exitCode };
}
