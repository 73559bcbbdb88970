/** Fault 9: every module crash-loops on every node, and backup gossip alone brings the repair (law 4). */
import { expect, test } from 'vitest';
import { moduleOf } from './watcher.ts';
import { crashLooping } from './broken-modules.ts';
import { withCluster } from './cluster.ts';
import type { FaultCluster } from './cluster.ts';
import { findingsOf, ROW_MS } from './fault.ts';
import type { Spread } from './journals.ts';

const REPEATS = 3;
const INTERVAL_MS = 200;
const GOAL_ROUNDS = 10;

test('row 9: every module crash-loops everywhere', { timeout: ROW_MS }, async ({ task }) => {
  const findings = findingsOf(task);
  await withCluster({ nodes: 10, rendezvous: 2, intervalMs: INTERVAL_MS }, async (cluster) => {
    await cluster.update();
    const repairs: Spread[] = [];
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      await cluster.deploy(crashLooping(`2.0.${repeat}`));
      await Promise.all(cluster.names.map((name) => untilBroken(cluster, name)));
      findings.inject(cluster.names.length);
      // Through any node: backup gossip needs no rendezvous node to begin with.
      const repair = await cluster.deploy(cluster.nextNotebook(), cluster.names[repeat * 3]);
      repairs.push(await cluster.spread(repair));
    }
    const { nodes } = await cluster.lab.converged();
    expect(nodes.map(({ incarnation }) => incarnation)).toEqual(nodes.map(() => 1));
    findings.outcome('every repair arrived and healed all 10 nodes; no core ended');
    const rounds = repairs.map(({ knownMs }) => knownMs / INTERVAL_MS);
    findings.figure('repair known everywhere', rounds, { unit: 'rounds', goal: GOAL_ROUNDS });
    findings.figure(
      'healed everywhere',
      repairs.map(({ runningMs }) => runningMs),
    );
  });
});

async function untilBroken({ watcher }: FaultCluster, name: string): Promise<void> {
  await watcher.until(name, 'nothing runs, and its core gossips fast', (status) => {
    const row = moduleOf(status, 'notebook');
    return row?.state === 'failed' && row.restarts > 0 && status.backup.rate === 'fast';
  });
}
