/** strace on a running node: system calls that fail or kill, from the moment it is attached until it is let go. */
import { spawn } from 'node:child_process';
import { tidily } from '../support/gossip.ts';

const LET_GO_MS = 1_000;

/** Runs `act` while the process's calls are tampered with, such as by `fsync,fdatasync:error=EIO`. Its hosts are left alone. */
export function withTampering<Result>(pid: number, injection: string, act: () => Promise<Result>): Promise<Result> {
  const calls = injection.slice(0, injection.indexOf(':'));
  const child = spawn('strace', ['-f', '-o', '/dev/null', '-e', `trace=${calls}`, '-e', `inject=${injection}`, '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const attached = new Promise<void>((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += String(chunk);
      if (said.includes('attached')) resolve();
    });
    child.once('error', reject);
    void ended.then(() => reject(new Error(`strace ended: ${said}`)));
  });
  return tidily(
    async () => {
      await attached;
      return act();
    },
    async () => {
      // In order, so that it lets the process go; killed, it would leave it stopped in a call.
      child.kill('SIGTERM');
      // Of a process that it has killed itself, it may wait for a thread for ever: then there is nothing to let go.
      const stuck = setTimeout(() => child.kill('SIGKILL'), LET_GO_MS);
      await ended;
      clearTimeout(stuck);
    },
  );
}
