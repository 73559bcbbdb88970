/** Fault 16: a node's disk is full. It says so, keeps what it had and goes on gossiping; with room again it catches up by itself. Needs root. */
import { expect, test } from 'vitest';
import { withCluster } from './cluster.ts';
import { healVictim, prepareVictim, sufferDeployment, VICTIM } from './disk-victim.ts';
import { findingsOf, ROW_MS } from './fault.ts';
import { SmallDisk } from './small-disk.ts';

test('row 16: full disk', { timeout: ROW_MS }, async ({ task, skip }) => {
  const findings = findingsOf(task);
  await withCluster({ nodes: 3, rendezvous: 1 }, async (cluster) => {
    const { lab } = cluster;
    // What it writes while its directory is copied may be gone by then.
    await lab.kill(VICTIM);
    const disk = await SmallDisk.under(lab.node(VICTIM).directory, cluster.directory).catch((error: Error) => error);
    if (disk instanceof Error) {
      process.stdout.write(`skipped: a tmpfs cannot be mounted here (${disk.message})\n`);
      return skip(disk.message);
    }
    try {
      await lab.start(VICTIM);
      const before = await prepareVictim(cluster);
      await disk.fill();
      findings.inject();

      const { newest } = await sufferDeployment(cluster, before);
      expect((await lab.run('status')).stdout).toContain('GOSSIP_E_DISK');
      expect(await lab.run('deploy', '--module', 'registry', '--to', VICTIM, '--json')).toMatchObject({
        code: 1,
        json: { error: { code: 'GOSSIP_E_DISK' } },
      });
      expect(await lab.ask('history')).toHaveLength(3);
      const beganAt = performance.now();
      await disk.free();
      await healVictim(cluster, { ...before, newest });
      findings.figure('caught up after there was room', [performance.now() - beganAt]);

      await disk.fill();
      findings.inject();
      await lab.kill(VICTIM);
      // What a write left half done is swept away at the start, and may be room enough to start with.
      const outcome = await lab.start(VICTIM).then(
        () => 'started',
        (error: { code?: string }) => error.code,
      );
      expect(['started', 'GOSSIP_E_DISK']).toContain(outcome);
      await disk.free();
      await lab.start(VICTIM);
      await healVictim(cluster, { ...before, newest });
      findings.outcome('state kept, said in the status, gossip went on; caught up by itself with room again');
    } finally {
      await lab.kill(VICTIM);
      disk.unmount();
    }
  });
});
