/** Fault 5: one node's link is half open, reset or very slow. Timeouts work, and the rounds of the others go on. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { withDirectory } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';
import type { TestLab } from '../support/lab.ts';
import { notebook, writeModule } from '../support/modules.ts';
import { findingsOf, ROW_MS } from './fault.ts';
import { spreadOf } from './journals.ts';
import { hasNamespaces, withNamespace } from './namespace.ts';
import type { Namespace } from './namespace.ts';
import { longestPause, pulse } from './pulse.ts';
import type { Pulse } from './pulse.ts';

const INTERVAL_MS = 500;
const VICTIM = 'node1';
const SUFFER_MS = 15_000;
const GOAL_SLIP_ROUNDS = 1;

interface BadLink {
  readonly how: string;
  readonly begin: (namespace: Namespace, port: string) => void;
  readonly end: (namespace: Namespace) => void;
}

const BAD_LINKS: readonly BadLink[] = [
  {
    how: 'half open: nothing arrives at it any more, and nothing says so',
    begin: (namespace, port) => namespace.filter(`tcp dport ${port} drop`, `tcp sport ${port} drop`),
    end: (namespace) => namespace.filter(),
  },
  {
    how: 'reset: each of its connections is',
    begin: (namespace, port) => namespace.filter(`tcp dport ${port} reject with tcp reset`),
    end: (namespace) => namespace.filter(),
  },
  {
    how: '64 kbit/s',
    begin: (namespace, port) => {
      const tc = (...args: readonly string[]) => namespace.exec('tc', ...args);
      // What belongs to no class passes at full speed.
      tc('qdisc', 'add', 'dev', 'lo', 'root', 'handle', '1:', 'htb', 'default', '0');
      tc('class', 'add', 'dev', 'lo', 'parent', '1:', 'classid', '1:1', 'htb', 'rate', '64kbit', 'burst', '16kb');
      for (const side of ['dport', 'sport'])
        tc('filter', 'add', 'dev', 'lo', 'parent', '1:', 'protocol', 'ip', 'u32', 'match', 'ip', side, port, '0xffff', 'flowid', '1:1');
    },
    end: (namespace) => void namespace.exec('tc', 'qdisc', 'delete', 'dev', 'lo', 'root'),
  },
];

test.skipIf(!hasNamespaces())('row 5: half-open, reset, 64 kbit/s link', { timeout: ROW_MS }, async ({ task }) => {
  const findings = findingsOf(task);
  await withDirectory((directory) =>
    withNamespace((namespace) =>
      withLab({ nodes: 4, rendezvous: 1, intervalMs: INTERVAL_MS, through: namespace.through }, async (lab) => {
        const deploy = async (path: string) =>
          (await lab.ask<{ deployment: string }>('deploy', path, '--no-check', '--to', 'rendezvous1')).deployment;
        const update = async (version: string) => deploy(await writeModule(directory, notebook(version)));
        const everybody = lab.nodes.map((node) => node.directory);
        const others = lab.nodes.filter(({ name }) => name !== VICTIM);
        const othersDirectories = others.map((node) => node.directory);
        await spreadOf(everybody, 'pulse', await deploy(await writeModule(directory, pulse)));
        const { address } = lab.node(VICTIM);
        for (const [index, { how, begin, end }] of BAD_LINKS.entries()) {
          const sinceMs = Date.now();
          begin(namespace, address.slice(address.lastIndexOf(':') + 1));
          findings.inject();
          const newest = await update(`1.${index}.0`);
          const { runningMs } = await spreadOf(othersDirectories, 'notebook', newest);
          await pause(SUFFER_MS);
          findings.figure(`${how}: rounds of the others slipped by`, await slips(lab, sinceMs), { unit: 'rounds', goal: GOAL_SLIP_ROUNDS });
          findings.figure(`${how}: an update ran on the others after`, [runningMs]);
          end(namespace);
          await spreadOf(everybody, 'notebook', newest);
        }
        expect((await lab.converged()).nodes.map(({ incarnation }) => incarnation)).toEqual(everybody.map(() => 1));
        findings.outcome('the others updated without it and kept their rounds; it caught up by itself');
      }),
    ),
  );

  async function slips(lab: TestLab, sinceMs: number): Promise<number[]> {
    const shown = await Promise.all(lab.nodes.filter(({ name }) => name !== VICTIM).map((node) => lab.inspect<Pulse>(node, 'pulse')));
    return shown.map(({ rounds }) => longestPause([sinceMs, ...rounds.filter((time) => time > sinceMs)]) / INTERVAL_MS - 1);
  }
});
