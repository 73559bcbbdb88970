/** The lab of one `gossip module dev`: below a directory that it holds while it runs, so that what a killed one left can be told from what another one uses. */
import { existsSync } from 'node:fs';
import { readdir, rm, rmdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { lockDirectory } from '../../core/store/files/lock.ts';
import { makeDirectories } from '../../core/store/files/directories.ts';
import { onDisk } from '../../core/store/files/file-system.ts';
import { isLitter } from '../../core/store/files/litter.ts';
import { Lab } from '../../lab/lab.ts';
import { awaitTurn } from '../../lab/turn.ts';
import { GossipError } from '../../model/errors.ts';
import { startLab } from '../cluster/start-lab.ts';
import type { StartLabOptions } from '../cluster/start-lab.ts';
import type { Settings } from '../settings/settings.ts';

export type OwnLabOptions = Omit<StartLabOptions, 'directory' | 'rendezvous'>;

/** What the lock leaves beside it. */
const LOCK_FILES = ['lock', 'lock.holder'];
const LAB = 'lab';

/** Runs `act` with a lab that ends with it, whatever happens. What a run before left, that was killed, is taken down first. */
export async function withOwnLab<Result>(settings: Settings, options: OwnLabOptions, act: (lab: Lab) => Promise<Result>): Promise<Result> {
  const home = join(settings.home, 'labs', options.name);
  await settings.makeHome();
  const release = await hold(home, options.name);
  try {
    await takeDown(settings, home, options.name);
    const lab = await startLab(settings, { ...options, directory: join(home, LAB), rendezvous: 1 });
    try {
      return await act(lab);
    } finally {
      await takeDown(settings, home, options.name);
    }
  } finally {
    release();
    await tidy(home);
  }
}

async function hold(home: string, name: string): Promise<() => void> {
  await onDisk(makeDirectories(home), `make ${home}`);
  const there = (await onDisk(readdir(home), `look into ${home}`)).filter((entry) => !isLitter(entry));
  if (there.length > 0 && !there.includes('lock')) {
    throw new GossipError('GOSSIP_E_LAB', `${home} holds what no 'gossip module dev' has made`, { advice: 'Choose another --name.' });
  }
  try {
    const lock = lockDirectory(home);
    return () => lock.release();
  } catch (thrown) {
    if (!(thrown instanceof GossipError) || thrown.code !== 'GOSSIP_E_DATA_LOCKED') throw thrown;
    throw new GossipError('GOSSIP_E_LAB', `'${name}' is in use: ${thrown.message}`, {
      advice: 'End that one with Ctrl-C, or choose another --name.',
      cause: thrown,
    });
  }
}

/** Ends its nodes, and removes all that it kept. */
async function takeDown(settings: Settings, home: string, name: string): Promise<void> {
  const directory = join(home, LAB);
  const turn = await awaitTurn(directory);
  try {
    if (turn !== null) await (await Lab.open(directory)).down();
  } finally {
    turn?.release();
  }
  const entry = settings.clusters()[name];
  if (entry !== undefined && !relative(home, entry.directory).startsWith('..')) await settings.forget(name);
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
}

/** Of a lab that did not start the logs stay: they say why. */
async function tidy(home: string): Promise<void> {
  if (existsSync(join(home, LAB))) return;
  for (const file of LOCK_FILES) await rm(join(home, file), { force: true });
  await rmdir(home).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY') throw error;
  });
}
