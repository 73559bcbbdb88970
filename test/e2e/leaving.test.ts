/** Nodes that leave and nodes that die, as an operator sees them. */
import { expect, test } from 'vitest';
import { withDirectory } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';
import type { ClusterStatus } from '../../src/operator/status/status.ts';

interface Members {
  readonly members: readonly { readonly name: string; readonly state: string }[];
}

test('a node that leaves is left, one that is killed does not answer; both come back by being started, and a name passes on', async () => {
  await withLab({ nodes: 4, rendezvous: 1 }, async (lab) => {
    await lab.ask('deploy', '--module', 'membership', '--to', 'rendezvous1', '--wait');
    await lab.untilInspected<Members>('membership', 'everybody knows everybody', (all) =>
      all.every(({ members }) => members.length === 4 && members.every(({ state }) => state === 'alive')),
    );
    const { directory } = lab.node('node3');
    expect(await lab.ask('node', 'leave', '--data', directory)).toMatchObject({
      data: directory,
      ended: true,
      told: 3,
      heard: 3,
      modules: [{ name: 'membership', saved: true }],
    });
    // Everybody has heard it by the time that the command ends, and no module took it for a failure.
    const left = await lab.untilStatus('node3 has left', ({ left: gone }) => gone.length === 1);
    expect(left).toMatchObject({ converged: true, answered: 3, silent: [], left: [{ name: 'node3' }] });
    expect((await lab.run('status')).stdout).toMatch(/^left: node3$/m);
    expect((await lab.run('status', '--all')).stdout).toMatch(/^node3 .* left .*has said goodbye/m);
    const { nodes } = await lab.ask<{ nodes: { name: string; state: string; token: string | null }[] }>('nodes');
    expect(nodes.find(({ name }) => name === 'node3')).toMatchObject({ state: 'left', token: null });
    expect(nodes.find(({ name }) => name === 'node1')).toMatchObject({ state: 'answers', token: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(await lab.ask('cluster', 'show')).toMatchObject({ holding: 3, silent: [], left: ['node3'] });
    const states = await lab.inspect<Members>(lab.node('node1'), 'membership');
    expect(states.members.find(({ name }) => name === 'node3')?.state).toBe('left');

    await lab.kill('node2');
    const killed = await lab.untilStatus('node2 does not answer', ({ silent }) => silent.length === 1);
    expect(killed).toMatchObject({ converged: false, silent: [{ name: 'node2' }], left: [{ name: 'node3' }] });

    expect(await lab.run('node', 'leave', '--data', lab.node('node2').directory)).toMatchObject({ code: 3 });
    await withDirectory(async (empty) => {
      expect(await lab.run('node', 'leave', '--data', empty)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('GOSSIP_E_NO_NODE'),
      });
    });

    // The name of the one that left is free for a node that was never there: commands find the living.
    const node = await lab.startWith('node2', { flags: ['--name', 'node3', '--leave-on-stop'] });
    await lab.untilStatus('the living node3 is found', (status) => rowsOf(status, 'node3').includes(true));
    expect((await lab.run('status', 'node3')).stdout).toContain('1 of 1 node reachable');

    node.signal('SIGTERM');
    await lab.untilStatus('it has left as well', ({ left: gone }) => gone.length === 2);
    await lab.start('node3');
    await lab.untilStatus('node3 is back', ({ left: gone, answered }) => answered === 3 && gone.length === 1);
    // Both have heard it, the one that it had not called yet from the other: dying now, it is dead.
    const { id } = lab.node('node3');
    await lab.untilStatus('the others know that it is back', ({ nodes: all }) =>
      ['rendezvous1', 'node1'].every((name) => all.some((other) => other.name === name && other.view?.some((seen) => seen === id))),
    );
    await lab.kill('node3');
    const dead = await lab.untilStatus('node3 is dead, and has not left', ({ silent }) => silent.some(({ name }) => name === 'node3'));
    expect(dead.left).toHaveLength(1);
  });
}, 300_000);

function rowsOf({ nodes }: ClusterStatus, name: string): boolean[] {
  return nodes.filter((node) => node.name === name).map(({ reachable }) => reachable);
}
