/** Fault 1: without any fault, ten nodes take a deployment within two seconds. */
import { expect, test } from 'vitest';
import { withCluster } from './cluster.ts';
import { findingsOf, ROW_MS } from './fault.ts';
import type { Spread } from './journals.ts';

const DEPLOYMENTS = 20;
const GOAL_MS = 2_000;

test('row 1: none', { timeout: ROW_MS }, async ({ task }) => {
  const findings = findingsOf(task);
  await withCluster({ nodes: 10, rendezvous: 2, intervalMs: 100 }, async (cluster) => {
    const spreads: Spread[] = [];
    for (let count = 0; count < DEPLOYMENTS; count += 1) {
      const deployment = await cluster.deploy(cluster.nextNotebook());
      spreads.push(await cluster.spread(deployment));
    }
    expect((await cluster.lab.converged()).newest['notebook']).toMatchObject({ deployment: `d${DEPLOYMENTS}` });
    findings.outcome(`${DEPLOYMENTS} deployments ran on all 10 nodes`);
    findings.figure(
      'known everywhere',
      spreads.map(({ knownMs }) => knownMs),
      { goal: GOAL_MS },
    );
    findings.figure(
      'running everywhere',
      spreads.map(({ runningMs }) => runningMs),
      { goal: GOAL_MS },
    );
  });
});
