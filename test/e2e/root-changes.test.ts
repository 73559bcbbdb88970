/** The root of a running cluster changes: two operators on two homes who must both sign, and rendezvous nodes that move, are replaced and removed. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freePorts } from '../../src/lab/ports.ts';
import { colleague } from '../support/joined-operator.ts';
import { startNode, until, withDirectory } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';
import type { TestLab } from '../support/lab.ts';

const TIMEOUT_MS = 400_000;

test(
  'two operators on two homes change the root by files alone; who was taken out deploys nothing new',
  () =>
    withDirectory((directory) =>
      withLab({ nodes: 3, rendezvous: 2 }, async (ada) => {
        const file = (name: string): string => join(directory, name);
        const bob = await colleague(ada, directory, ['root', 'deploy']);

        // Alone one cannot raise the threshold to two keys: the other's has to sign the version that needs it.
        expect(await ada.run('cluster', 'set-threshold', 'root', '2', '--json')).toMatchObject({
          code: 6,
          json: { error: { code: 'GOSSIP_E_THRESHOLD' } },
        });
        expect(await ada.ask('cluster', 'set-threshold', 'root', '2', '--write', file('two'))).toMatchObject({
          from: 2,
          to: 3,
          missing: 1,
        });
        expect(await bob.ask('config', 'show', file('two'))).toMatchObject({
          changes: ['signatures for root: 1 of 2 -> 2 of 2'],
          missing: 1,
        });
        expect((await bob.run('config', 'inject', file('two'))).code).toBe(6);
        expect(await bob.ask('config', 'sign', file('two'))).toMatchObject({ complete: true });
        expect(await bob.ask('config', 'verify', file('two'))).toMatchObject({ valid: true });
        expect(await bob.ask('config', 'inject', file('two'))).toMatchObject({ outcome: 'applied', to: 3 });
        expect(await ada.ask('config', 'inject', file('two'))).toMatchObject({ outcome: 'known' });

        // Two files on top of one root: whichever comes second is stale.
        await ada.ask('cluster', 'rotate-key', '--name', 'ada', '--write', file('rotate'));
        await ada.ask('cluster', 'set-threshold', 'deploy', '2', '--write', file('stale'));
        await bob.ask('config', 'sign', file('stale'));
        await bob.ask('config', 'sign', file('rotate'));
        await bob.ask('config', 'inject', file('rotate'));
        for (const command of [
          ['config', 'inject'],
          ['config', 'sign'],
          ['config', 'show'],
        ]) {
          expect(await bob.run(...command, file('stale'), '--json')).toMatchObject({
            code: 8,
            json: { error: { code: 'GOSSIP_E_ROOT_VERSION', message: expect.stringContaining('another one is in force already') } },
          });
        }
        // Her key takes its place once the cluster knows it; what comes then is hers.
        await ada.ask('cluster', 'rotate-key');
        await ada.ask('deploy', '--module', 'membership', '--wait');
        await bob.ask('deploy', '--module', 'registry', '--wait');

        // Bob leaves. What he signed stays; nothing new of his is taken, whether his commands have heard of it or not.
        await bob.ask('deploy', '--module', 'registry', '--settings', '{}', '--write', file('late'));
        await ada.ask('cluster', 'set-threshold', 'root', '1', '--write', file('one'));
        await bob.ask('config', 'sign', file('one'));
        await ada.ask('config', 'inject', file('one'));
        expect(await ada.ask('cluster', 'remove-operator', 'bob')).toMatchObject({ from: 5, to: 6, missing: 0 });
        await until('every node holds it', async () => (await ada.ask<Shown>('cluster', 'show')).holding === 3);
        for (const words of [
          ['config', 'inject', file('late')],
          ['deploy', '--module', 'registry'],
        ])
          expect((await bob.run(...words, '--json')).json).toMatchObject({ error: { code: 'GOSSIP_E_SIGNATURE' } });
        const status = await ada.converged();
        expect(status.newest).toMatchObject({ registry: { deployment: 'd2' }, membership: { deployment: 'd1' } });

        const log = await ada.ask<readonly LogEntry[]>('cluster', 'log');
        expect(log.map(({ version, signers }) => [version, signers.map(({ name }) => name)])).toEqual([
          [6, ['ada']],
          [5, ['ada', 'bob']],
          [4, [null, 'bob', 'ada']],
          [3, [null, 'bob']],
          [2, [null]],
          [1, [null]],
        ]);
        expect(log[0]?.changes).toEqual(expect.arrayContaining([expect.stringMatching(/^key bob \(.*may sign for root, deploy no more$/)]));
      }),
    ),
  TIMEOUT_MS,
);

test(
  'rendezvous nodes move, are replaced and removed, until none of the first is left where it was',
  () =>
    withDirectory((directory) =>
      withLab({ nodes: 4, rendezvous: 3 }, async (lab) => {
        const ports = await freePorts(2);
        const [moved, replaced] = ports.map((port) => `127.0.0.1:${port}`) as [string, string];
        await lab.ask('deploy', '--module', 'membership', '--wait');
        await lab.stop('node1', 'rendezvous2');
        await lab.kill('rendezvous1');

        // The same node at another address.
        await lab.ask('cluster', 'rendezvous', 'move', 'rendezvous2', moved);
        const { directory: data } = lab.node('rendezvous2');
        await startNode(['--data', data, '--listen', moved, '--interval', '150ms'], { home: lab.home });
        // A new machine in the place of a dead one, elsewhere; and, for the third, at its address.
        const first = await newcomer(lab, directory, 'rendezvous1', replaced);
        await lab.kill('rendezvous3');
        const third = await newcomer(lab, directory, 'rendezvous3', lab.node('rendezvous3').address);
        expect((await lab.ask<Shown>('cluster', 'show')).rendezvous).toEqual([
          { name: 'rendezvous1', address: replaced, id: first },
          { name: 'rendezvous2', address: moved, id: lab.node('rendezvous2').id },
          { name: 'rendezvous3', address: lab.node('rendezvous3').address, id: third },
        ]);

        // It has slept through all of it, and nobody is where it knew him: it is told of one address, once.
        const sleeper = lab.node('node1');
        await startNode(['--data', sleeper.directory, '--listen', sleeper.address, '--peer', moved, '--interval', '150ms'], {
          home: lab.home,
        });
        await holding(lab, 4, 4);

        // One less: it stays a member.
        await lab.ask('cluster', 'rendezvous', 'remove', 'rendezvous2');
        await holding(lab, 5, 4);
        await lab.ask('deploy', '--module', 'registry', '--to', 'rendezvous2');
        await lab.untilStatus('all four run it', ({ nodes }) => {
          const running = nodes.filter(({ reachable, modules }) => reachable && modules.some(isRegistry));
          return running.length === 4;
        });
        // The others cannot all go.
        await lab.ask('cluster', 'rendezvous', 'remove', third.slice(0, 12));
        expect((await lab.run('cluster', 'rendezvous', 'remove', 'rendezvous1', '--json')).json).toMatchObject({
          error: { code: 'GOSSIP_E_ROOT_CHANGE' },
        });
      }),
    ),
  TIMEOUT_MS,
);

test(
  'a rendezvous node that listens elsewhere than the root says is named, and one that slept finds the cluster where one of them stayed',
  () =>
    withLab({ nodes: 3, rendezvous: 2 }, async (lab) => {
      await lab.stop('node1');
      const [port] = await freePorts(1);
      await lab.ask('cluster', 'rendezvous', 'move', 'rendezvous2', `127.0.0.1:${port}`);
      await lab.untilStatus('it says that it has moved', ({ nodes }) =>
        nodes.some(({ alarms }) => alarms.some(({ code }) => code === 'GOSSIP_E_MOVED')),
      );
      await lab.stop('rendezvous2');
      await lab.start('node1');
      await holding(lab, 2, 2);
      await startNode(['--data', lab.node('rendezvous2').directory, '--listen', `127.0.0.1:${port}`, '--interval', '150ms'], {
        home: lab.home,
      });
      await holding(lab, 2, 3);
      const { nodes } = await lab.untilStatus('nobody complains', (status) => status.nodes.every(({ alarms }) => alarms.length === 0));
      expect(nodes.every(({ reachable }) => reachable)).toBe(true);
    }),
  TIMEOUT_MS,
);

interface Shown {
  readonly version: number;
  readonly holding: number;
  readonly rendezvous: readonly { readonly name: string; readonly address: string; readonly id: string }[];
}

interface LogEntry {
  readonly version: number;
  readonly signers: readonly { readonly name: string | null }[];
  readonly changes: readonly string[];
}

function isRegistry({ name, state }: { readonly name: string; readonly state: string }): boolean {
  return name === 'registry' && state === 'running';
}

/** Waits until so many nodes hold that version. */
async function holding(lab: TestLab, version: number, nodes: number): Promise<void> {
  await until(`${nodes} nodes hold version ${version}`, async () => {
    const shown = await lab.ask<Shown>('cluster', 'show');
    return shown.version === version && shown.holding === nodes;
  });
}

/** A new machine in the place of a rendezvous node, with a token of the new root. Its id. */
async function newcomer(lab: TestLab, directory: string, name: string, address: string): Promise<string> {
  const data = join(directory, name);
  const { id } = await lab.ask<{ id: string }>('node', 'identity', '--data', data);
  await lab.ask('cluster', 'rendezvous', 'move', name, `${address}=${id}`);
  const token = join(directory, `${name}.token`);
  await writeFile(token, (await lab.ask<{ token: string }>('cluster', 'join-token')).token);
  await startNode(['--data', data, '--name', name, '--listen', address, '--join', `@${token}`, '--interval', '150ms'], { home: lab.home });
  return id;
}
