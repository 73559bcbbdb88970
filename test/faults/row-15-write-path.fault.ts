/** Fault 15: a core is killed at each fsync, rename and write of its way to disk. What it finds afterwards is the old state or the new one. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hasDebian } from '../support/debian.ts';
import { until } from '../support/gossip.ts';
import { withCluster } from './cluster.ts';
import type { FaultCluster } from './cluster.ts';
import { findingsOf } from './fault.ts';
import { descents } from './journals.ts';
import { withTampering } from './strace.ts';

const VICTIM = 'node1';

interface Path {
  readonly what: string;
  readonly calls: string;
  /** Where the path goes on for ever, because sockets and logs are written too: so many calls are tried. */
  readonly most: number;
}

const PATHS: readonly Path[] = [
  { what: 'fsync', calls: 'fsync,fdatasync', most: 80 },
  { what: 'rename', calls: 'rename,renameat,renameat2', most: 80 },
  { what: 'write', calls: 'write,pwrite64,writev', most: 30 },
];

test.skipIf(!hasDebian('strace'))('row 15: SIGKILL at each fsync, rename and write', { timeout: 2_400_000 }, async ({ task }) => {
  const findings = findingsOf(task);
  await withCluster({ nodes: 3, rendezvous: 1 }, async (cluster) => {
    await cluster.update();
    // From the hand-over of this one on, a checkpoint lies on every disk.
    await cluster.update();
    const born = await cluster.born();
    for (const { what, calls, most } of PATHS) {
      let at = 1;
      while (at <= most && (await killedAt(cluster, `${calls}:signal=SIGKILL:when=${at}`))) {
        findings.inject();
        at += 1;
        expect({ what, at, born: await cluster.born() }).toEqual({ what, at, born });
      }
      findings.figure(`${what}: calls it was killed at`, [at - 1], {
        unit: at > most ? '(the path goes on)' : '(then the update was over)',
      });
    }
    expect(descents(await cluster.journal(VICTIM))).toEqual([]);
    const damaged = (await cluster.journal(VICTIM)).filter(({ event }) => event === 'damaged');
    expect(damaged).toEqual([]);
    findings.outcome('after each, the old state or the new one, its own notebook, and the newest deployment');
  });
});

/** One update with a kill in it; false when it was over before its time came. Leaves the victim up, on the newest deployment. */
async function killedAt(cluster: FaultCluster, injection: string): Promise<boolean> {
  const { lab, watcher } = cluster;
  const before = await watcher.status(VICTIM);
  const pid = lab.node(VICTIM).process?.pid as number;
  const { newest, killed } = await withTampering(pid, injection, async () => {
    const deployment = await cluster.deploy(cluster.nextNotebook());
    const outcome = await until('it is killed, or runs the update', async () => {
      if (await hasEnded(pid)) return 'killed';
      const status = await watcher.status(VICTIM).catch(() => undefined);
      return status?.modules.some((module) => module.deployment === deployment && module.state === 'running') && 'runs';
    });
    return { newest: deployment, killed: outcome === 'killed' };
  });
  if (killed) await lab.start(VICTIM);
  expect((await watcher.status(VICTIM)).incarnation).toBe(before.incarnation + (killed ? 1 : 0));
  await cluster.allRun(newest);
  return killed;
}

async function hasEnded(pid: number): Promise<boolean> {
  const stat = await readFile(join('/proc', String(pid), 'stat'), 'utf8').catch(() => null);
  return stat === null || stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
}
