/** Fault 22: modules that crash at their start, one way or the other, restart no core; a deployment repairs them (law 4). */
import { expect, test } from 'vitest';
import { broken } from './broken-modules.ts';
import { withCluster } from './cluster.ts';
import { findingsOf, ROW_MS } from './fault.ts';
import { moduleOf } from './watcher.ts';

const CRASHES = {
  'while it is loaded': { loading: `throw new Error('not today');` },
  'in start': { starting: `throw new Error('not today');` },
  'by ending its process': { starting: 'process.exit(7);' },
  'by a signal': { starting: `process.kill(process.pid, 'SIGSEGV');` },
};

test('row 22: all modules crash at start', { timeout: ROW_MS }, async ({ task }) => {
  const findings = findingsOf(task);
  await withCluster({ nodes: 3, rendezvous: 1 }, async (cluster) => {
    const { lab, watcher, names } = cluster;
    const cores = names.map((name) => lab.node(name).process?.pid);
    for (const [index, [how, breakage]] of Object.entries(CRASHES).entries()) {
      // The first of them has no older code to go on with, the others have: nothing good, then held.
      const deployment = await cluster.deploy(broken(`2.0.${index}`, breakage));
      for (const name of names) {
        await watcher.until(name, `it says that the module crashes ${how}`, (status) => {
          const row = moduleOf(status, 'notebook');
          return row?.newest === deployment && (row.state === 'held' || row.state === 'failed') && row.why !== null;
        });
      }
      findings.inject(names.length);
      await cluster.update();
    }
    const after = await Promise.all(names.map((name) => watcher.status(name)));
    expect(after.map(({ incarnation }) => incarnation)).toEqual(names.map(() => 1));
    expect(lab.nodes.map(({ process }) => process?.pid)).toEqual(cores);
    findings.outcome('no core restarted; each deployment after it repaired all nodes');
  });
});
