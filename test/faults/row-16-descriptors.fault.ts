/** Fault 16: a node has no file descriptor left. It keeps what it had, says so and goes on gossiping; it catches up when it has some again. */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { hasDebian } from '../support/debian.ts';
import { withCluster } from './cluster.ts';
import { healVictim, prepareVictim, sufferDeployment, VICTIM } from './disk-victim.ts';
import { findingsOf, ROW_MS } from './fault.ts';
import { openDescriptors } from './vitals.ts';

const PLENTY = 4_096;

test.skipIf(!hasDebian('util-linux'))('row 16: no file descriptors', { timeout: ROW_MS }, async ({ task }) => {
  const findings = findingsOf(task);
  await withCluster({ nodes: 3, rendezvous: 1 }, async (cluster) => {
    const { lab } = cluster;
    const before = await prepareVictim(cluster);
    const pid = lab.node(VICTIM).process?.pid as number;
    const mayOpen = (count: number): void => void execFileSync('prlimit', ['--pid', String(pid), `--nofile=${count}:`], { stdio: 'pipe' });
    mayOpen(await lowestFree(pid));
    findings.inject();
    const { newest } = await sufferDeployment(cluster, before);
    mayOpen(PLENTY);
    const beganAt = performance.now();
    await healVictim(cluster, { ...before, newest });
    findings.figure('caught up with descriptors again', [performance.now() - beganAt]);
    expect((await cluster.watcher.status(VICTIM)).incarnation).toBe(1);
    findings.outcome('state kept, said in the status, gossip went on over open connections; caught up by itself');
  });
});

/** The first number that is no open descriptor: with it as the limit, none can be opened. */
async function lowestFree(pid: number): Promise<number> {
  const open = new Set(await openDescriptors(pid));
  let free = 0;
  while (open.has(free)) free += 1;
  return free;
}
