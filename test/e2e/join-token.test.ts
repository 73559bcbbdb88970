/** A join token got into wrong hands: it is revoked, and whoever shows it is let in nowhere; another one lets the same machine in. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startNode, until, withDirectory } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';
import type { TestLab } from '../support/lab.ts';

interface Made {
  readonly token: string;
  readonly fingerprint: string;
}

const FLAGS = ['--listen', '127.0.0.1:0', '--interval', '150ms'];

/** What the operator hears of the node, whether others know it or not. */
async function seen(lab: TestLab, address: string): Promise<{ readonly outside: { readonly code: string } | null } | undefined> {
  const { nodes } = await lab.ask<{ nodes: { outside: { code: string } | null }[] }>('status', address);
  return nodes[0];
}

async function isKnown(lab: TestLab, id: string): Promise<boolean> {
  const { nodes } = await lab.status();
  return lab.nodes.every(({ name }) => nodes.find((node) => node.name === name)?.view?.some((other) => other === id) === true);
}

/** Each that some node has of its configuration, which notes are part of. */
async function digestsOf(lab: TestLab): Promise<unknown[]> {
  const { nodes } = await lab.status();
  return [...new Set(nodes.map(({ digest }) => digest))];
}

test('a revoked token admits nobody new, and those who came with it stay; the refused machine comes in with another', async () => {
  await withDirectory((machine) =>
    withLab({ nodes: 2, rendezvous: 1 }, async (lab) => {
      const leaked = await lab.ask<Made>('cluster', 'join-token', '--valid', '1h');
      const early = await startNode(['--name', 'early', '--data', join(machine, 'early'), '--join', leaked.token, ...FLAGS], {
        home: machine,
      });
      await until('it is let in with the token while that is good', () => isKnown(lab, early.id));

      const before = await digestsOf(lab);
      expect(before).toHaveLength(1);
      expect(await lab.ask('cluster', 'revoke-token', leaked.fingerprint.slice(0, 8))).toMatchObject({
        kind: 'revoke-token',
        token: leaked.fingerprint,
        outcome: 'entered',
      });
      await until('every node has heard of it', async () => {
        const digests = await digestsOf(lab);
        return digests.length === 1 && digests[0] !== before[0];
      });

      const data = ['--data', join(machine, 'late')];
      const refused = await startNode(['--name', 'late', '--join', leaked.token, ...data, ...FLAGS], { home: machine });
      await until(
        'the newcomer says why nobody lets it in',
        async () => (await seen(lab, refused.address))?.outside?.code === 'GOSSIP_E_TOKEN_REVOKED',
      );
      expect(await isKnown(lab, refused.id)).toBe(false);
      expect(await refused.stop()).toMatchObject({ code: 0 });

      const fresh = await lab.ask<Made>('cluster', 'join-token', '--valid', '30m');
      const taken = await startNode(['--join', fresh.token, ...data, ...FLAGS], { home: machine });
      expect([taken.id, taken.name]).toEqual([refused.id, 'late']);
      await until('it is let in with another token', () => isKnown(lab, taken.id));
      await until('and the one that came before the revocation is there still', () => isKnown(lab, early.id));

      const { tokens } = await lab.ask<{ tokens: { fingerprint: string; state: string }[] }>('cluster', 'tokens');
      expect(tokens).toMatchObject([
        { fingerprint: fresh.fingerprint, state: 'admits' },
        { fingerprint: leaked.fingerprint, state: 'revoked' },
      ]);
      expect(await taken.stop()).toMatchObject({ code: 0 });
      expect(await early.stop()).toMatchObject({ code: 0 });
    }),
  );
}, 300_000);
