/** Fault 16: nothing can be made durable. The node keeps what it had, says so and goes on gossiping; it catches up when the disk is well. */
import { expect, test } from 'vitest';
import { hasDebian } from '../support/debian.ts';
import { withCluster } from './cluster.ts';
import { healVictim, prepareVictim, sufferDeployment, VICTIM } from './disk-victim.ts';
import { findingsOf, ROW_MS } from './fault.ts';
import { withTampering } from './strace.ts';

test.skipIf(!hasDebian('strace'))('row 16: EIO on fsync', { timeout: ROW_MS }, async ({ task }) => {
  const findings = findingsOf(task);
  await withCluster({ nodes: 3, rendezvous: 1 }, async (cluster) => {
    const { lab } = cluster;
    const before = await prepareVictim(cluster);
    const pid = lab.node(VICTIM).process?.pid as number;
    const newest = await withTampering(pid, 'fsync,fdatasync:error=EIO', async () => {
      findings.inject();
      const suffered = await sufferDeployment(cluster, before);
      const refused = await lab.run('deploy', '--module', 'registry', '--to', VICTIM, '--json');
      expect(refused).toMatchObject({ code: 1, json: { error: { code: 'GOSSIP_E_DISK' } } });
      return suffered.newest;
    });
    const beganAt = performance.now();
    await healVictim(cluster, { ...before, newest });
    findings.figure('caught up after the disk was well', [performance.now() - beganAt]);
    expect(lab.node(VICTIM).process?.pid).toBe(pid);
    expect((await cluster.watcher.status(VICTIM)).incarnation).toBe(1);
    findings.outcome('every fsync failed: state kept, said in the status, gossip went on; caught up by itself');
  });
});
