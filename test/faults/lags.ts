/** How late the event loops of a lab's cores are: the cores are started anew with a watch in them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunningNode } from '../support/gossip.ts';
import type { FaultCluster } from './cluster.ts';

const LAG = fileURLToPath(new URL('./loop-lag.ts', import.meta.url));

/** When a tick came, how late it was, and how long its thread was busy since the last one; in milliseconds. */
export type Lag = readonly [atMs: number, lateMs: number, busyMs: number];

/** All cores anew, each telling how late it is. */
export async function restartWatched({ lab, names }: Pick<FaultCluster, 'lab' | 'names'>): Promise<readonly RunningNode[]> {
  await lab.stop(...names);
  const env = (name: string) => ({ NODE_OPTIONS: `--import=${LAG}`, LOOP_LAG_FILE: lagFile(lab.node(name).directory) });
  return Promise.all(names.map((name) => lab.startWith(name, { env: env(name) })));
}

/** What one of them told so far. */
export async function lagsOf({ lab }: Pick<FaultCluster, 'lab'>, name: string): Promise<Lag[]> {
  const lines = (await readFile(lagFile(lab.node(name).directory), 'utf8')).trim().split('\n');
  return lines.map((line) => line.split(' ').map(Number) as unknown as Lag);
}

function lagFile(directory: string): string {
  return join(directory, '..', `${directory.split('/').at(-1)}.lag`);
}
