/** Fault 20: a core that stands still is gone round by its peers, and what it wakes up with wins nowhere (laws 1 and 3). */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, inject, test } from 'vitest';
import type { Notebook } from '../support/modules.ts';
import { withCluster } from './cluster.ts';
import { findingsOf, ROW_MS } from './fault.ts';
import { descents } from './journals.ts';

const FROZEN_MS = inject('everyFault') ? 60_000 : 2_000;
const FROZEN = 'node3';
const OTHERS = ['rendezvous1', 'node1', 'node2'];

test('row 20: SIGSTOP core', { timeout: ROW_MS }, async ({ task }) => {
  const findings = findingsOf(task);
  await withCluster({ nodes: 4, rendezvous: 1 }, async (cluster) => {
    const { lab, watcher } = cluster;
    await cluster.update();
    const knowsAll = ({ words }: Notebook): boolean => words.length === 4;
    await watcher.untilInspected<Notebook>(cluster.names, 'notebook', 'all know of all', (states) => states.every(knowsAll));

    const beganAt = performance.now();
    await lab.signal(FROZEN, 'SIGSTOP');
    findings.inject();
    // The state that the frozen node holds is thrown away everywhere else.
    const scrub = await cluster.spread(await cluster.deploy(cluster.nextNotebook(), 'rendezvous1', '--scrub'), OTHERS);
    const newest = await cluster.deploy(cluster.nextNotebook(), 'node1');
    const next = await cluster.spread(newest, OTHERS);
    await pause(Math.max(0, FROZEN_MS - (performance.now() - beganAt)));
    await lab.signal(FROZEN, 'SIGCONT');

    const wokeAt = performance.now();
    await watcher.runs(FROZEN, 'notebook', newest);
    findings.figure('running the newest after waking', [performance.now() - wokeAt]);
    const hasNewest = ({ words }: Notebook): boolean => cluster.names.every((name) => words.includes(`${name} ${newest}`));
    const states = await watcher.untilInspected<Notebook>(cluster.names, 'notebook', 'all gossip again', (shown) => shown.every(hasNewest));
    expect(states.flatMap(({ words }) => words.filter((word) => word.endsWith(' d1')))).toEqual([]);
    for (const name of cluster.names) expect({ name, descents: descents(await cluster.journal(name)) }).toEqual({ name, descents: [] });
    // It was not restarted, only late.
    expect((await watcher.status(FROZEN)).incarnation).toBe(1);
    findings.outcome(`stood still for ${FROZEN_MS / 1_000} s; the others updated without it; no old word came back`);
    findings.figure('running on the others meanwhile', [scrub.runningMs, next.runningMs]);
  });
});
