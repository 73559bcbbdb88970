/** Every address changes at once (fault 35): each node is given one that runs, and so is a new one; then all know all. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runNode } from '../../../src/core/run.ts';
import type { ReadyInfo, RunningNode } from '../../../src/core/run.ts';
import type { Address } from '../../../src/model/names.ts';
import { makeOneNodeCluster, rememberMove } from '../../../src/operator/cluster/one-node-cluster.ts';
import { openSettings } from '../../../src/operator/settings/settings.ts';
import { gossipJson } from '../../commands/command-line.ts';

let home: string;
let nodes: RunningNode[] = [];
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'gossip-moved-'));
  process.env['GOSSIP_HOME'] = home;
});
afterEach(async () => {
  await stopAll();
  await rm(home, { recursive: true, force: true });
});

async function stopAll(): Promise<void> {
  await Promise.all(nodes.map((node) => node.stop()));
  nodes = [];
}

async function start(name: string, options: { listen?: string; token?: string; peers?: readonly Address[] }): Promise<ReadyInfo> {
  const { promise, resolve } = Promise.withResolvers<ReadyInfo>();
  const fixed = { intervalMs: 100, modules: [], logLevel: 'silent', logFormat: 'json', onReady: resolve } as const;
  nodes.push(await runNode({ name, dataDir: join(home, name), listen: '127.0.0.1:0', ...fixed, ...options }));
  return promise;
}

interface Shown {
  readonly nodes: readonly { readonly name: string; readonly reachable: boolean; readonly alarms: readonly { readonly code: string }[] }[];
}

/** What the cluster says of itself once it holds these nodes and each answers. */
async function untilAll(names: readonly string[]): Promise<Shown> {
  for (;;) {
    const { json, exitCode } = await gossipJson('status');
    const shown = json as unknown as Shown;
    const reachable = exitCode === 0 ? shown.nodes.filter(({ reachable: answers }) => answers).map(({ name }) => name) : [];
    if (names.every((name) => reachable.includes(name))) return shown;
    await setTimeout(50);
  }
}

test('all nodes on new ports, and one that joins only now, find each other through any one of them', { timeout: 60_000 }, async () => {
  const wishes = { name: 'first', dataDir: join(home, 'first'), listen: '127.0.0.1:0', advertise: undefined };
  const { token, listen } = await makeOneNodeCluster(openSettings(), wishes);
  const before = await start('first', { listen, token });
  for (const name of ['second', 'third']) await start(name, { token });
  await untilAll(['first', 'second', 'third']);
  await stopAll();

  const second = await start('second', {});
  const first = await start('first', { peers: [second.address] });
  await start('third', { peers: [second.address] });
  await start('new', { token, peers: [second.address] });
  expect(first.address).not.toBe(before.address);
  await rememberMove(openSettings(), first);
  const shown = await untilAll(['first', 'second', 'third', 'new']);
  // The root, which is in every token, still names the old address.
  expect(shown.nodes.find(({ name }) => name === 'first')?.alarms.map(({ code }) => code)).toEqual(['GOSSIP_E_MOVED']);
});
