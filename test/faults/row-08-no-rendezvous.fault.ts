/** Fault 8: while all rendezvous nodes are down, modules go on and updates spread (law 8). */
import { expect, test } from 'vitest';
import type { Notebook } from '../support/modules.ts';
import { withCluster } from './cluster.ts';
import { findingsOf, ROW_MS } from './fault.ts';
import type { Spread } from './journals.ts';

const RENDEZVOUS = ['rendezvous1', 'rendezvous2'];
const OTHERS = ['node1', 'node2', 'node3', 'node4'];
const DEPLOYMENTS = 5;

test('row 8: all rendezvous nodes down', { timeout: ROW_MS }, async ({ task }) => {
  const findings = findingsOf(task);
  await withCluster({ nodes: 6, rendezvous: RENDEZVOUS.length }, async (cluster) => {
    const { lab, watcher } = cluster;
    await cluster.update();
    await lab.untilInspected<Notebook>('notebook', 'all know of all', (states) => states.every(({ words }) => words.length === 6));
    const before = await Promise.all(OTHERS.map((name) => watcher.status(name)));
    await lab.kill(...RENDEZVOUS);
    findings.inject(RENDEZVOUS.length);

    const spreads: Spread[] = [];
    for (let count = 0; count < DEPLOYMENTS; count += 1) {
      const deployment = await cluster.deploy(cluster.nextNotebook(), OTHERS[count % OTHERS.length]);
      spreads.push(await cluster.spread(deployment, OTHERS));
      // They gossip with each other as before: the words of the new deployment reach everybody.
      await lab.untilInspected<Notebook>('notebook', 'the modules gossip', (states) =>
        states.every(({ words }) => OTHERS.every((name) => words.includes(`${name} ${deployment}`))),
      );
    }
    const after = await Promise.all(OTHERS.map((name) => watcher.status(name)));
    expect(after.map(({ incarnation }) => incarnation)).toEqual(before.map(({ incarnation }) => incarnation));

    await lab.start(...RENDEZVOUS);
    await cluster.allRun(`d${DEPLOYMENTS + 1}`);
    findings.outcome(`${DEPLOYMENTS} updates spread without them; back, they caught up`);
    findings.figure(
      'running on the others',
      spreads.map(({ runningMs }) => runningMs),
    );
  });
});
