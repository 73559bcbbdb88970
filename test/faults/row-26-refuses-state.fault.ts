/** Fault 26: a new module that cannot accept the state is held with a reason; the old instance goes on; the next deployment heals. */
import { expect, test } from 'vitest';
import type { Notebook } from '../support/modules.ts';
import { broken } from './broken-modules.ts';
import { withCluster } from './cluster.ts';
import type { FaultCluster } from './cluster.ts';
import { findingsOf, ROW_MS } from './fault.ts';
import { moduleOf } from './watcher.ts';

const REFUSALS = {
  'throws an error': { accepting: `throw new Error('cannot read that');` },
  'never ends': { accepting: 'return new Promise(() => {});' },
  'ends its process': { accepting: 'process.exit(3);' },
};

test('row 26: new module cannot accept the state', { timeout: ROW_MS }, async ({ task }) => {
  const findings = findingsOf(task);
  await withCluster({ nodes: 4, rendezvous: 1 }, async (cluster) => {
    const { watcher, names } = cluster;
    let running = await cluster.update();
    const born = await bornOf(cluster);
    for (const [index, [how, breakage]] of Object.entries(REFUSALS).entries()) {
      const refused = await cluster.deploy(broken(`2.0.${index}`, breakage));
      for (const name of names) {
        const status = await watcher.until(name, `it is held: acceptState ${how}`, (seen) => {
          const row = moduleOf(seen, 'notebook');
          return row?.newest === refused && row.state === 'held' && row.why !== null;
        });
        expect({ how, runs: moduleOf(status, 'notebook')?.deployment }).toEqual({ how, runs: running });
      }
      findings.inject(names.length);
      expect(await bornOf(cluster)).toEqual(born);
      running = await cluster.update();
      expect(await bornOf(cluster)).toEqual(born);
    }
    findings.outcome('held with a reason; the old instances kept state and place; each next deployment healed');
  });
});

/** What only a state that was handed over can have. */
function bornOf({ watcher, names }: FaultCluster): Promise<(string | undefined)[]> {
  return Promise.all(names.map(async (name) => (await watcher.inspect<Notebook>(name, 'notebook'))?.born));
}
