/** The previous release and this one: in one cluster, as command and node, and one after the other at one data directory. Nothing is lost. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import type { ClusterStatus } from '../../src/operator/status/status.ts';
import { endAllOf, gossip, gossipHere, startNode, tidily, until, withDirectory } from '../support/gossip.ts';
import type { Carried } from '../support/modules.ts';
import type { Printed, RunningNode } from '../support/gossip.ts';
import { carrier, notebook, writeModule } from '../support/modules.ts';
import { missingHistory, previousProgram } from '../support/previous-release.ts';

interface LabNode {
  readonly name: string;
  readonly address: string;
  readonly directory: string;
  readonly process: { readonly pid: number } | null;
}

const absent = await missingHistory();
if (absent !== null) process.stderr.write(`skipped: old and new together: ${absent}\n`);

test.skipIf(absent !== null)(
  'previous release and this one run together, in either role, and each takes over the data of the other',
  async () => {
    const previous = await previousProgram();
    await withDirectory(async (directory) => {
      const home = join(directory, 'home');
      await mkdir(home);
      const old = { home, program: previous };
      const ask = async <Json = Printed>(settings: { home: string; program?: string }, ...args: string[]): Promise<Json> => {
        const { home: at, program } = settings;
        const line = [...args, '--json'];
        const ran = await (program === undefined ? gossipHere<Json>(line, at) : gossip<Json>(line, { home: at, program }));
        if (ran.code !== 0) throw new Error(`gossip ${args.join(' ')} ended with ${ran.code}: ${ran.stdout}${ran.stderr}`);
        return ran.json;
      };
      const born = async (to: string): Promise<Printed | undefined> =>
        (await ask(settings(), 'module', 'inspect', 'notebook', '--to', to))['state']?.['born'];
      const settings = (): { home: string } => ({ home });
      const run = (number: string, nodes: number): Promise<ClusterStatus> =>
        until(`${number} runs on ${nodes} nodes`, async () => {
          const status = await ask<ClusterStatus>(settings(), 'status');
          const rows = status.nodes.filter(({ modules }) =>
            modules.some(({ name, deployment, state }) => name === 'notebook' && deployment === number && state === 'running'),
          );
          return rows.length === nodes && status;
        });

      // A cluster of the previous release, commanded by this one.
      const { dir } = await ask<{ dir: string }>(old, 'lab', 'up', '--nodes', '2', '--rendezvous', '1', '--interval', '150ms');
      await tidily(
        async () => {
          const lab = JSON.parse(await readFile(join(dir, 'lab.json'), 'utf8')) as { nodes: LabNode[] };
          const rendezvous = lab.nodes.find(({ name }) => name === 'rendezvous1') as LabNode;
          const place = ['--data', rendezvous.directory, '--listen', rendezvous.address, '--interval', '150ms'];
          await ask(settings(), 'deploy', await writeModule(directory, notebook('1.0.0')), '--to', 'rendezvous1', '--wait');
          const before = await born('rendezvous1');
          expect(before).toMatch(/^d1 /);

          // This release's node joins it; the previous release's command deploys there.
          const { token } = await ask<{ token: string }>(old, 'cluster', 'join-token', '--valid', '1h');
          const join1 = await joining('newcomer', settings(), join(directory, 'newcomer'), token);
          await run('d1', 3);
          await ask(old, 'deploy', await writeModule(directory, notebook('2.0.0')), '--to', join1.address, '--wait');
          await run('d2', 3);

          // The rendezvous node is upgraded: state, configuration and code are there.
          await end(rendezvous);
          const upgraded = await startNode(place, settings());
          await run('d2', 3);
          expect(await born('rendezvous1')).toBe(before);

          // A node of the previous release joins the upgraded one, and all get what the upgraded one is given.
          await joining('latecomer', old, join(directory, 'latecomer'), token);
          await run('d2', 4);
          await ask(settings(), 'deploy', await writeModule(directory, notebook('3.0.0')), '--to', 'rendezvous1', '--wait');
          await run('d3', 4);

          // And back: the previous release takes over what this one wrote.
          expect(await upgraded.stop()).toMatchObject({ code: 0 });
          await startNode(place, old);
          await run('d3', 4);
          expect(await born('rendezvous1')).toBe(before);
          const numbers = (entries: readonly { deployment: string }[]): string[] => entries.map(({ deployment }) => deployment);
          expect(numbers(await ask(old, 'history'))).toEqual(['d3', 'd2', 'd1']);
          expect(numbers(await ask(settings(), 'history'))).toEqual(['d3', 'd2', 'd1']);

          // Bytes reach who knows them as they are; the previous release refuses them, whatever they spell, and hears JSON as ever.
          await joining('newest', settings(), join(directory, 'newest'), token);
          await run('d3', 5);
          await ask(settings(), 'deploy', await writeModule(directory, carrier), '--to', 'newest', '--wait');
          const shown = async (to: string): Promise<Carried> =>
            (await ask<{ state: Carried }>(settings(), 'module', 'inspect', 'carrier', '--to', to)).state;
          // Each is asked in every round: the first may come before the others run it, and any may be late on a machine that has much to do.
          const outcomes = { newcomer: ['bytes 49', 'string'], rendezvous1: ['failed', 'string'], latecomer: ['failed', 'string'] };
          await until('the newest has heard from each what it makes of bytes and JSON', async () => {
            const { told } = await shown('newest');
            return Object.entries(outcomes).every(([name, outcome]) => isDeepStrictEqual(told[name], outcome));
          });
          expect([(await shown('latecomer')).heard, (await shown('newcomer')).heard]).toEqual([['string'], ['bytes', 'string']]);
        },
        async () => {
          // The node that took a lab's place by hand must not write there while its directory is removed.
          await endAllOf(directory);
          // This release's command ends the previous release's lab.
          await ask(settings(), 'lab', 'down');
        },
      );
    });
  },
  600_000,
);

async function joining(name: string, run: { home: string; program?: string }, data: string, token: string): Promise<RunningNode> {
  return startNode(['--name', name, '--join', token, '--data', data, '--listen', '127.0.0.1:0', '--interval', '150ms'], run);
}

/** Ends a node that a lab started, in order. */
async function end({ name, process: started }: LabNode): Promise<void> {
  const pid = started?.pid as number;
  process.kill(pid, 'SIGTERM');
  await until(`${name} has ended`, async () => {
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  });
}
