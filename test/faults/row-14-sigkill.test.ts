/** Fault 14: a core that is killed at a random moment is up again soon, and knows what it had acknowledged (law 5). */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, inject, test } from 'vitest';
import { withCluster } from './cluster.ts';
import type { FaultCluster } from './cluster.ts';
import { findingsOf } from './fault.ts';

const KILLS = inject('everyFault') ? 200 : 4;
const GOAL_MS = 5_000;
/** Within this long after the beginning of a deployment the kill comes: before, during and after its writes. */
const WITHIN_MS = 500;

interface Life {
  readonly upMs: number;
  readonly runningMs: number;
  /** Whether the victim had acknowledged the deployment when it died. */
  readonly acknowledged: boolean;
}

test('row 14: SIGKILL at a random moment', { timeout: 1_800_000 }, async ({ task }) => {
  const findings = findingsOf(task);
  await withCluster({ nodes: 3, rendezvous: 1 }, async (cluster) => {
    await cluster.update();
    const lives: Life[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      const victim = cluster.names[kill % cluster.names.length] as string;
      lives.push(await killDuringDeployment(cluster, victim));
      findings.inject();
    }
    const status = await cluster.lab.converged();
    // Nobody but the killer ended a core.
    expect(status.nodes.reduce((sum, { incarnation }) => sum + (incarnation ?? 0), 0)).toBe(cluster.names.length + KILLS);
    const acknowledged = lives.filter((life) => life.acknowledged).length;
    findings.outcome(`same numbers after every start; ${acknowledged} deployments had been acknowledged, none was lost`);
    findings.figure(
      'up again',
      lives.map(({ upMs }) => upMs),
      { goal: GOAL_MS },
    );
    findings.figure(
      'running again',
      lives.map(({ runningMs }) => runningMs),
    );
  });
});

async function killDuringDeployment(cluster: FaultCluster, victim: string): Promise<Life> {
  const { lab, watcher } = cluster;
  const before = await watcher.status(victim);
  let acknowledged: string | null = null;
  // Through the victim itself; when it dies first, the command fails, and nothing was promised.
  const deploying = cluster.deploy(cluster.nextNotebook(), victim).then(
    (deployment) => (acknowledged = deployment),
    () => undefined,
  );
  await pause(Math.random() * WITHIN_MS);
  await lab.kill(victim);
  const promised = acknowledged as string | null;
  await deploying;
  const beganAt = performance.now();
  await lab.start(victim);
  const upMs = performance.now() - beganAt;
  const after = await watcher.status(victim);
  expect(after.incarnation).toBe(before.incarnation + 1);
  const sequence = promised === null ? before.highestSequence : Number(promised.slice(1));
  expect(after.highestSequence).toBeGreaterThanOrEqual(sequence);
  await cluster.allRun(`d${after.highestSequence}`);
  return { upMs, runningMs: performance.now() - beganAt, acknowledged: promised !== null };
}
