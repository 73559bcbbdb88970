/** A machine was stolen: `gossip revoke` with real nodes, of one that runs and of one that was stopped meanwhile. */
import { expect, test } from 'vitest';
import { until } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';
import type { TestLab } from '../support/lab.ts';

async function row(lab: TestLab, name: string) {
  const { nodes } = await lab.status();
  return nodes.find((node) => node.name === name);
}

/** Which of the others speak with the node. */
async function knownTo(lab: TestLab, name: string, others: readonly string[]): Promise<string[]> {
  const { nodes } = await lab.status();
  const id = nodes.find((node) => node.name === name)?.id ?? '';
  return nodes.filter((node) => others.includes(node.name) && node.view?.some((other) => other === id)).map((node) => node.name);
}

test('nobody speaks with a revoked node, whether it runs or was stopped meanwhile; and the others go on', async () => {
  await withLab({ nodes: 4, rendezvous: 2 }, async (lab) => {
    await lab.ask('deploy', '--module', 'registry', '--to', 'rendezvous1', '--wait');
    const others = ['rendezvous1', 'node1'];
    await lab.stop('node2');

    const decided = await lab.ask<{ kind: string; name: string; outcome: string }>('revoke', 'node2', '--to', 'rendezvous1');
    expect(decided).toMatchObject({ kind: 'revoke', name: 'node2', outcome: 'entered' });
    expect(await lab.ask('revoke', 'rendezvous2')).toMatchObject({ kind: 'revoke', name: 'rendezvous2', outcome: 'entered' });
    await until('the others dropped both', async () => {
      const known = await Promise.all(['node2', 'rendezvous2'].map((name) => knownTo(lab, name, others)));
      return known.flat().length === 0;
    });
    await until('the one that runs says so', async () => (await row(lab, 'rendezvous2'))?.outside?.code === 'GOSSIP_E_REVOKED');

    await lab.start('node2');
    await until('the one that was stopped says so', async () => (await row(lab, 'node2'))?.outside?.code === 'GOSSIP_E_REVOKED');
    await lab.ask('deploy', '--module', 'membership', '--to', 'rendezvous1');
    await until('the others run what comes next', async () => {
      const { nodes } = await lab.status();
      const running = nodes.filter(({ modules }) => modules.some(({ name, state }) => name === 'membership' && state === 'running'));
      return others.every((name) => running.some((node) => node.name === name));
    });
    for (const name of ['node2', 'rendezvous2']) {
      const runs = (await row(lab, name))?.modules.filter(({ deployment }) => deployment !== null).map((module) => module.name);
      expect(runs).toEqual(['registry']);
    }
    expect(await knownTo(lab, 'node2', others)).toEqual([]);

    // Who was away hears of it from the disk of whoever kept it.
    await lab.kill('rendezvous1', 'node1');
    await lab.start('rendezvous1', 'node1');
    expect(await knownTo(lab, 'node2', others)).toEqual([]);
    await until('it is still refused', async () => (await row(lab, 'node2'))?.outside?.code === 'GOSSIP_E_REVOKED');

    // A stolen key ends with its trust epoch; what was decided of machines does not.
    await lab.ask('cluster', 'recover', '--until', 'd2');
    await until('the others are in the new trust epoch', async () => {
      const { epoch, holding } = await lab.ask<{ epoch: number; holding: number }>('cluster', 'show');
      return epoch === 2 && holding === others.length;
    });
    const { nodes } = await lab.ask<{ nodes: { name: string; state: string }[] }>('nodes');
    expect(
      nodes
        .filter(({ state }) => state === 'revoked')
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(['node2', 'rendezvous2']);
    expect(await knownTo(lab, 'node2', others)).toEqual([]);
    await lab.ask('admit', 'node2');
    await until('it is let in with the key of the new epoch', async () => (await knownTo(lab, 'node2', others)).length > 0);

    expect((await lab.run('revoke', 'nobody', '--json')).code).toBe(1);
    // Nothing enters where nobody hears it: not what was decided, not a deployment, not a root.
    await lab.ask('revoke', 'node2');
    expect(await lab.ask('revoke', 'node2')).toMatchObject({ kind: 'revoke', name: 'node2', outcome: 'known' });
    for (const args of [
      ['deploy', '--module', 'registry', '--to', 'node2'],
      ['revoke', 'node1', '--to', 'node2'],
    ])
      expect([args, await lab.run(...args, '--json')]).toMatchObject([args, { code: 6, json: { error: { code: 'GOSSIP_E_REVOKED' } } }]);
    expect(await lab.ask('cluster', 'show')).toMatchObject({ holding: others.length, behind: [], silent: [] });
    expect((await lab.run('revoke', 'node1', '--to', 'node1', '--json')).code).toBe(2);
  });
}, 300_000);

test('a mistaken revocation is taken back, and a node that is gone is forgotten until it lives', async () => {
  await withLab({ nodes: 4, rendezvous: 1 }, async (lab) => {
    const others = ['rendezvous1', 'node1'];
    await lab.ask('revoke', 'node2');
    await until('it says so', async () => (await row(lab, 'node2'))?.outside?.code === 'GOSSIP_E_REVOKED');
    expect(await lab.ask('admit', 'node2')).toMatchObject({ kind: 'admit', name: 'node2', outcome: 'entered' });
    await until(
      'it is let in',
      async () => (await row(lab, 'node2'))?.outside === null && (await knownTo(lab, 'node2', others)).length > 0,
    );

    expect((await lab.run('forget', 'node3', '--json')).code).toBe(2);
    expect((await lab.run('forget', 'rendezvous1', '--json')).code).toBe(2);
    await lab.kill('node3');
    expect(await lab.ask('forget', 'node3')).toMatchObject({ kind: 'forget', name: 'node3', outcome: 'entered' });
    await until('it is not listed', async () => (await row(lab, 'node3')) === undefined);
    expect(await lab.ask('forget', 'node3')).toMatchObject({ kind: 'forget', outcome: 'known' });
    const { nodes } = await lab.ask<{ nodes: { name: string; state: string; notes: { kind: string; author: string }[] }[] }>('nodes');
    expect(nodes.find(({ name }) => name === 'node3')).toMatchObject({ state: 'forgotten', notes: [{ kind: 'forget' }] });
    expect(nodes.find(({ name }) => name === 'node2')).toMatchObject({ state: 'answers', notes: [{ kind: 'admit' }] });
    await lab.start('node3');
    await until('it is back', async () => (await knownTo(lab, 'node3', others)).length > 0);
  });
}, 300_000);
