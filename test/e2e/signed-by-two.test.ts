/** What two operators on two homes must sign goes from one to the other as a file: what is decided of nodes, and the way back from a stolen key. */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { colleague, writeKeyPair } from '../support/joined-operator.ts';
import { gossip, until, withDirectory } from '../support/gossip.ts';
import { notebook, writeModule } from '../support/modules.ts';
import { withLab } from '../support/lab.ts';
import type { TestLab } from '../support/lab.ts';

const TIMEOUT_MS = 400_000;

interface Listed {
  readonly nodes: readonly { readonly name: string; readonly state: string }[];
}

/** Why nobody lets the node in; null: it is in. */
async function outsideOf(lab: TestLab, name: string): Promise<string | null> {
  const { nodes } = await lab.status();
  return nodes.find((node) => node.name === name)?.outside?.code ?? null;
}

test(
  'two must sign what is decided of nodes: each refusal says how, whoever has the last signature injects, and what was decided meanwhile wins',
  () =>
    withDirectory((directory) =>
      withLab({ nodes: 4, rendezvous: 1 }, async (ada) => {
        const file = (name: string): string => join(directory, name);
        const bob = await colleague(ada, directory, ['root', 'admit']);
        await ada.ask('cluster', 'set-threshold', 'admit', '2');

        expect(await ada.run('revoke', 'node2', '--json')).toMatchObject({
          code: 6,
          json: { error: { code: 'GOSSIP_E_THRESHOLD', advice: expect.stringContaining('--write FILE') } },
        });
        expect(await ada.ask('revoke', 'node2', '--write', file('revoke'))).toMatchObject({ kind: 'revoke', missing: 1, complete: false });
        expect(await bob.ask('config', 'show', file('revoke'))).toMatchObject({ kind: 'revoke', name: 'node2', missing: 1 });
        expect((await bob.run('config', 'verify', file('revoke'))).code).toBe(6);
        expect((await bob.run('config', 'inject', file('revoke'), '--json')).json).toMatchObject({ error: { code: 'GOSSIP_E_THRESHOLD' } });
        expect(await outsideOf(ada, 'node2')).toBeNull();
        expect(await bob.ask('config', 'sign', file('revoke'))).toMatchObject({ missing: 0, complete: true });
        expect(await bob.ask('config', 'verify', file('revoke'))).toMatchObject({ valid: true });
        // Written anew it would lose bob's signature.
        expect(await ada.run('revoke', 'node2', '--write', file('revoke'), '--json')).toMatchObject({
          code: 1,
          json: { error: { code: 'GOSSIP_E_FILE', message: expect.stringContaining('holds a change that was written before') } },
        });
        await ada.ask('revoke', 'node2', '--write', file('again'));
        await bob.ask('config', 'sign', file('again'));
        expect(await bob.ask('config', 'inject', file('revoke'))).toMatchObject({ kind: 'revoke', outcome: 'entered' });
        await until('it is revoked', async () => (await outsideOf(ada, 'node2')) === 'GOSSIP_E_REVOKED');
        expect(await ada.ask('config', 'inject', file('revoke'))).toMatchObject({ outcome: 'known' });
        // Who decided it first, and when, stays: nothing of the kind is written, and what was written before is not entered.
        expect(await ada.ask('revoke', 'node2', '--write', file('late'))).toMatchObject({ outcome: 'known', file: null });
        const held = await ada.ask<{ time: string }>('config', 'inject', file('revoke'));
        expect(await bob.ask('config', 'inject', file('again'))).toMatchObject({ outcome: 'known', time: held.time });

        // It is taken back by bob; and the file of before changes nothing any more.
        await bob.ask('admit', 'node2', '--write', file('admit'));
        await ada.ask('config', 'sign', file('admit'));
        expect(await ada.ask('config', 'inject', file('admit'))).toMatchObject({ kind: 'admit', outcome: 'entered' });
        await until('it is let in', async () => (await outsideOf(ada, 'node2')) === null);
        expect(await bob.run('config', 'inject', file('revoke'), '--json')).toMatchObject({
          code: 8,
          json: { error: { code: 'GOSSIP_E_EXPECT' } },
        });

        // Of a node that has come back meanwhile the file is refused; of one that is gone it holds.
        await ada.stop('node3');
        await ada.ask('forget', 'node3', '--write', file('forget'));
        await bob.ask('config', 'sign', file('forget'));
        await ada.start('node3');
        await until('it answers', async () => (await ada.status()).nodes.some(({ name, reachable }) => name === 'node3' && reachable));
        expect(await bob.run('config', 'inject', file('forget'), '--json')).toMatchObject({
          code: 2,
          json: { error: { code: 'GOSSIP_E_USAGE' } },
        });
        await ada.stop('node3');
        await bob.ask('config', 'inject', file('forget'));
        const { nodes } = await ada.ask<Listed>('nodes');
        expect(nodes.find(({ name }) => name === 'node3')?.state).toBe('forgotten');
      }),
    ),
  TIMEOUT_MS,
);

interface Shown {
  readonly version: number;
  readonly epoch: number;
  readonly holding: number;
}

test(
  'two must sign for every role, and one key is stolen: root, configuration and revocations are signed by both in one file',
  () =>
    withDirectory((directory) =>
      withLab({ nodes: 3, rendezvous: 1 }, async (ada) => {
        const file = (name: string): string => join(directory, name);
        const bob = await colleague(ada, directory, ['root', 'deploy', 'admit']);
        await ada.ask('deploy', await writeModule(directory, notebook('1.0.0')), '--wait');
        await ada.ask('deploy', '--module', 'membership', '--wait');
        await ada.ask('revoke', 'node2');
        await until('it is revoked', async () => (await outsideOf(ada, 'node2')) === 'GOSSIP_E_REVOKED');
        await ada.ask('cluster', 'set-threshold', 'admit', '2');
        await ada.ask('cluster', 'set-threshold', 'deploy', '2');
        await ada.ask('cluster', 'set-threshold', 'root', '2', '--write', file('two'));
        await bob.ask('config', 'sign', file('two'));
        await bob.ask('config', 'inject', file('two'));
        await ada.ask('cluster', 'show');

        // Alone she can do nothing, and a plan does not promise it.
        for (const flags of [[], ['--dry-run']]) {
          expect(await ada.run('cluster', 'recover', '--until', 'd1', ...flags, '--json')).toMatchObject({
            code: 6,
            json: { error: { code: 'GOSSIP_E_THRESHOLD', advice: expect.stringContaining('--write FILE') } },
          });
        }
        expect(await ada.ask('cluster', 'recover', '--until', 'd1', '--write', file('recovery'))).toMatchObject({
          complete: false,
          epoch: 2,
        });
        await copyFile(file('recovery'), file('late'));
        expect(await bob.ask('config', 'show', file('recovery'))).toMatchObject({
          epoch: 2,
          modules: [
            { module: 'membership', state: 'removed' },
            { module: 'notebook', version: '1.0.0', state: 'kept' },
          ],
          parts: [
            { part: 'root', missing: 1 },
            { part: 'deployments', missing: 1 },
            { part: 'notes', missing: 1 },
          ],
        });
        expect(await ada.run('config', 'inject', file('recovery'), '--json')).toMatchObject({
          code: 6,
          json: { error: { code: 'GOSSIP_E_THRESHOLD', message: expect.stringContaining('2 deployments') } },
        });
        expect(await ada.ask<Shown>('cluster', 'show')).toMatchObject({ epoch: 1 });
        expect(await bob.ask('config', 'sign', file('recovery'))).toMatchObject({ complete: true });
        expect(await bob.ask('config', 'verify', file('recovery'))).toMatchObject({ valid: true });
        expect(await bob.ask('config', 'inject', file('recovery'))).toMatchObject({ epoch: 2, outcome: 'applied' });
        await until('both nodes are in the new epoch', async () => {
          const { epoch, holding } = await ada.ask<Shown>('cluster', 'show');
          return epoch === 2 && holding === 2;
        });
        await until('they run what was wanted, and nothing else', async () => {
          const { nodes } = await ada.status();
          const runs = nodes
            .filter(({ name }) => name !== 'node2')
            .map(({ modules }) => modules.filter(({ state }) => state === 'running').map(({ name }) => name));
          return JSON.stringify(runs) === '[["notebook"],["notebook"]]';
        });
        const { nodes } = await ada.ask<Listed>('nodes');
        expect(nodes.find(({ name }) => name === 'node2')?.state).toBe('revoked');

        // The same file again: ada's new key takes its place, and signs with bob's what comes next.
        expect(await ada.ask('config', 'inject', file('recovery'))).toMatchObject({ outcome: 'known', old: expect.any(String) });
        await ada.ask('deploy', await writeModule(directory, notebook('2.0.0')), '--write', file('next'));
        expect(await bob.ask('config', 'sign', file('next'))).toMatchObject({ complete: true });
        await bob.ask('config', 'inject', file('next'));
        // What was not signed in time is of no use to anybody.
        expect(await bob.run('config', 'sign', file('late'), '--json')).toMatchObject({
          code: 8,
          json: { error: { code: 'GOSSIP_E_ROOT_VERSION' } },
        });
      }),
    ),
  TIMEOUT_MS,
);

test(
  'a third operator comes where two must admit: by the id of his commands, which both sign for, and then signs with one of them',
  () =>
    withDirectory((directory) =>
      withLab({ nodes: 2, rendezvous: 1 }, async (ada) => {
        const file = (name: string): string => join(directory, name);
        const bob = await colleague(ada, directory, ['root', 'deploy', 'admit']);
        const carol = (...args: readonly string[]) => gossip([...args, '--json'], { home: join(ada.home, 'carol'), cwd: directory });
        const { privateFile, publicFile } = await writeKeyPair(directory, 'carol');
        await ada.ask('cluster', 'add-operator', 'carol', publicFile, '--role', 'deploy');
        await ada.ask('cluster', 'set-threshold', 'admit', '2');
        await ada.ask('cluster', 'set-threshold', 'deploy', '2');
        expect(await ada.run('cluster', 'join-token', '--json')).toMatchObject({
          code: 6,
          json: { error: { code: 'GOSSIP_E_THRESHOLD', advice: expect.stringContaining('gossip admit ID --write') } },
        });
        await ada.ask('cluster', 'export', file('shared'));

        const { json } = await carol('cluster', 'import', file('shared'), '--key', privateFile);
        expect(json).toMatchObject({ admitted: false, signs: true, operator: expect.stringMatching(/^[0-9a-f]{64}$/) });
        const { operator } = json as unknown as { readonly operator: string };
        const refused = { code: 6, json: { error: { code: 'GOSSIP_E_NOT_ADMITTED', advice: expect.stringContaining(operator) } } };
        expect(await carol('status')).toMatchObject(refused);

        expect(await ada.ask('admit', operator, '--write', file('admit'))).toMatchObject({ missing: 1 });
        expect(await carol('config', 'sign', file('admit'))).toMatchObject({ code: 6 });
        expect((await bob.run('config', 'inject', file('admit'), '--json')).code).toBe(6);
        expect(await carol('status')).toMatchObject(refused);
        await bob.ask('config', 'sign', file('admit'));
        await bob.ask('config', 'inject', file('admit'));
        await until('every node knows her', async () => {
          const seen = await carol('status');
          return (seen.json as { answered?: number }).answered === 2;
        });

        // What she asks for is signed by her and another, and by nobody for her.
        expect((await carol('deploy', await writeModule(directory, notebook('1.0.0')), '--write', file('next'))).code).toBe(0);
        expect(await carol('config', 'inject', file('next'))).toMatchObject({ code: 6, json: { error: { code: 'GOSSIP_E_THRESHOLD' } } });
        await bob.ask('config', 'sign', file('next'));
        expect((await carol('config', 'inject', file('next'))).code).toBe(0);
        await until('it runs', async () => {
          const { nodes } = await ada.status();
          return nodes.every(({ modules }) => modules.some(({ name, state }) => name === 'notebook' && state === 'running'));
        });

        // Revoked by both she is heard no more.
        await ada.ask('revoke', operator, '--write', file('revoke'));
        await bob.ask('config', 'sign', file('revoke'));
        await bob.ask('config', 'inject', file('revoke'));
        await until('no node hears her', async () => (await carol('status')).code === 6);
      }),
    ),
  TIMEOUT_MS,
);
