/** Fault 31: the disk's quota is full, with the repair still to come. Old code gives way, and the repair gets in. */
import { expect, test } from 'vitest';
import type { ModuleSource } from '../support/modules.ts';
import { writeModule } from '../support/modules.ts';
import { broken } from './broken-modules.ts';
import { withCluster } from './cluster.ts';
import { findingsOf, ROW_MS } from './fault.ts';
import { moduleOf } from './watcher.ts';

const QUOTA_MIB = 1;
const QUOTA_BYTES = QUOTA_MIB * 1024 * 1024;
/** Twice that on the disk, for a host reads a copy: two versions fit, and no third. */
const BALLAST_BYTES = 220_000;
const UPDATES = 4;

const heavy = (source: ModuleSource): ModuleSource => ({ ...source, ballastBytes: BALLAST_BYTES });

test('row 31: quota full, with the repair still to come', { timeout: ROW_MS }, async ({ task }) => {
  const findings = findingsOf(task);
  await withCluster({ nodes: 3, rendezvous: 1 }, async (cluster) => {
    const { lab, watcher, names } = cluster;
    await lab.stop(...names);
    await Promise.all(names.map((name) => lab.startWith(name, { flags: ['--quota', String(QUOTA_MIB)] })));
    const usedBytes = (): Promise<number[]> => Promise.all(names.map(async (name) => (await watcher.status(name)).disk.contentBytes));
    for (let count = 1; count <= UPDATES; count += 1) {
      await cluster.allRun(await cluster.deploy(heavy(cluster.nextNotebook())));
      expect(Math.max(...(await usedBytes()))).toBeLessThanOrEqual(QUOTA_BYTES);
    }
    // What runs and what should run fill the quota, and neither may give way.
    const bad = await cluster.deploy(heavy(broken('2.0.0', { starting: `throw new Error('not today');` })));
    for (const name of names)
      await watcher.until(name, 'the old instance goes on', (status) => {
        const row = moduleOf(status, 'notebook');
        return row?.newest === bad && row.state === 'held';
      });
    const other = await writeModule(cluster.directory, { ...heavy(broken('1.0.0', {})), name: 'other' });
    const refused = await lab.run('deploy', other, '--no-check', '--to', 'rendezvous1', '--json');
    expect(refused).toMatchObject({ code: 1, json: { error: { code: 'GOSSIP_E_QUOTA' } } });
    await cluster.allRun(await cluster.deploy(heavy(cluster.nextNotebook())));
    const used = await usedBytes();
    expect(Math.max(...used)).toBeLessThanOrEqual(2 * QUOTA_BYTES);
    findings.inject(names.length * (UPDATES + 1));
    findings.outcome('old code gave way to each update; the repair got in beside what it repaired, a new module did not');
    const most = used.map((bytes) => bytes / QUOTA_BYTES);
    findings.figure('most of the quota used', most, { unit: 'times' });
  });
});
