/** Fault 11: half of the nodes are replaced by empty ones, which pull everything. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ClusterStatus } from '../../src/operator/status/status.ts';
import { startNode } from '../support/gossip.ts';
import { whatRuns } from '../support/lab.ts';
import { shippedModule } from '../support/modules.ts';
import { withCluster } from './cluster.ts';
import type { FaultCluster } from './cluster.ts';
import { findingsOf, ROW_MS } from './fault.ts';

/** The root names them: they keep their keys, and lose all the rest. */
const EMPTIED = ['rendezvous1', 'rendezvous2'];
/** New nodes at the addresses of old ones. */
const NEW = ['node1', 'node2', 'node3'];
const KEYS = new Set(['identity.key', 'cluster.json']);

test('row 11: half of the nodes replaced by empty ones', { timeout: ROW_MS }, async ({ task }) => {
  const findings = findingsOf(task);
  await withCluster({ nodes: 10, rendezvous: EMPTIED.length }, async (cluster) => {
    const { lab } = cluster;
    await cluster.update();
    await lab.ask('deploy', shippedModule('registry'), '--wait');
    await cluster.update();
    const { token } = await lab.ask<{ token: string }>('cluster', 'join-token');
    await lab.kill(...EMPTIED, ...NEW);
    const beganAt = Date.now();
    await Promise.all(EMPTIED.map((name) => empty(cluster, name, KEYS)));
    await lab.start(...EMPTIED);
    const newcomers = await Promise.all(
      NEW.map(async (name) => {
        await empty(cluster, name, new Set());
        const { directory, address } = lab.node(name);
        const flags = ['--name', `${name}-new`, '--data', directory, '--listen', address, '--interval', '150ms'];
        return startNode([...flags, '--join', token], { home: lab.home });
      }),
    );
    try {
      findings.inject(EMPTIED.length + NEW.length);
      const status = await lab.untilStatus('all ten run everything', (seen) => alive(seen).length === 10 && allRunNewest(seen));
      findings.figure('replaced and running', await Promise.all([...EMPTIED, ...NEW].map((name) => ranAfter(cluster, name, beganAt))));
      for (const [module, deployment] of [['notebook', 'd3'] as const, ['registry', 'd2'] as const]) {
        const runs = { deployment, code: status.newest[module]?.code, state: 'running' };
        expect(whatRuns({ ...status, nodes: alive(status) }, module)).toEqual(Array.from({ length: 10 }, () => runs));
      }
      findings.outcome('2 came back without their data, 3 as new nodes at old addresses; all pulled everything');
    } finally {
      await Promise.all(newcomers.map((node) => node.stop('SIGKILL')));
    }
  });
});

function alive({ nodes }: ClusterStatus): ClusterStatus['nodes'] {
  return nodes.filter(({ reachable }) => reachable);
}

/** Those that were replaced are missed for ten minutes yet, so that the cluster does not count as converged. */
function allRunNewest(status: ClusterStatus): boolean {
  return Object.entries(status.newest).every(([module, { deployment }]) =>
    whatRuns({ ...status, nodes: alive(status) }, module).every((row) => row.deployment === deployment && row.state === 'running'),
  );
}

/** How long after that moment the node ran all modules, by its journal, which is as new as its disk: the looks of the test take time of their own. */
async function ranAfter(cluster: FaultCluster, name: string, moment: number): Promise<number> {
  const running = (await cluster.journal(name)).filter(({ event, state }) => event === 'module-state' && state === 'running');
  const first = new Map(running.toReversed().map(({ module, atMs }) => [module, atMs]));
  return Math.max(...first.values()) - moment;
}

async function empty({ lab }: FaultCluster, name: string, kept: ReadonlySet<string>): Promise<void> {
  const { directory } = lab.node(name);
  for (const file of await readdir(directory)) if (!kept.has(file)) await rm(join(directory, file), { recursive: true });
}
