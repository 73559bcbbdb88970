/** What two operators on two homes must sign goes from one to the other as a file: what is decided of nodes. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { colleague } from '../support/colleague.ts';
import { until, withDirectory } from '../support/gossip.ts';
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
        expect(await bob.ask('config', 'inject', file('revoke'))).toMatchObject({ kind: 'revoke', outcome: 'entered' });
        await until('it is revoked', async () => (await outsideOf(ada, 'node2')) === 'GOSSIP_E_REVOKED');
        expect(await ada.ask('config', 'inject', file('revoke'))).toMatchObject({ outcome: 'known' });

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
