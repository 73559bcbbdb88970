/** What operators and monitoring see of a real cluster: well, with a node that is dead, and when nobody is there. */
import { expect, test } from 'vitest';
import type { SpreadView } from '../../src/operator/status/spread.ts';
import { faultsOf } from '../support/json-schema.ts';
import { withLab } from '../support/lab.ts';

interface Rollout {
  readonly converged: { readonly outcome: string };
  readonly spread: SpreadView;
}

test('status, check and rollout say what is, to people and programs', async () => {
  await withLab({ nodes: 3, rendezvous: 1 }, async (lab) => {
    await lab.ask('deploy', '--module', 'membership', '--to', 'rendezvous1', '--wait');
    const rollout = await lab.ask<Rollout>('rollout', 'd1', '--tree');
    expect(faultsOf(rollout, 'rollout')).toEqual([]);
    expect(rollout.spread).toMatchObject({
      nodes: 3,
      source: 'nodes',
      recorded: 3,
      counts: { known: 3, fetched: 3, running: 3, healthy: 3 },
    });
    expect(rollout.spread.arrivals[0]).toMatchObject({ name: 'rendezvous1', via: 'injection', from: null, knownMs: 0 });
    const whole = await lab.converged();
    expect(faultsOf(whole, 'status')).toEqual([]);
    // Beside other tests a node may be behind for a while, and is told of then.
    const check = async (): Promise<[number | null, string]> => {
      const { code, stdout } = await lab.run('status', '--check');
      return [code, stdout.trimEnd()];
    };
    await expect
      .poll(check, { timeout: 60_000 })
      .toEqual([0, 'GOSSIP OK - lab: 3 of 3 nodes answered; membership d1 | known=3 answered=3 problems=0']);

    await lab.kill('node2');
    const warned = await lab.run('status', '--check', '--json');
    expect(warned).toMatchObject({
      code: 1,
      json: { check: { exitCode: 1 }, problems: expect.arrayContaining([expect.objectContaining({ kind: 'silent' })]) },
    });
    expect(faultsOf(warned.json, 'status')).toEqual([]);
    expect((await lab.run('status', '--state', 'unreachable')).stdout).toMatch(/^node2 .*unreachable/m);
    const missing = await lab.run('rollout', 'd1', '--skip-silent');
    expect(missing).toMatchObject({ code: 0, stdout: expect.stringMatching(/^known 2, fetched 2, running 2, healthy 2 of 3 nodes$/m) });

    for (const name of ['rendezvous1', 'node1']) await lab.kill(name);
    const nobody = await lab.run('status', '--check');
    expect([nobody.code, nobody.stdout]).toEqual([3, expect.stringMatching(/^GOSSIP UNKNOWN - no node answers; [^\n]*\n$/)]);
  });
});
