/** A node's data directory on this machine: whose it is, whether its node runs, whether there is room. Nothing is changed in it. */
import { access, constants, readFile, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { isNodeData } from '../../core/store/data-directory.ts';
import { holderOfDirectory } from '../../core/store/files/lock.ts';
import { formatSize } from '../units/quantity.ts';
import { isThere } from '../files/is-there.ts';
import { failed, ok, problem, warning } from './finding.ts';
import type { Finding } from './finding.ts';
import { openToOthers } from './home.ts';

/** Less than what an update of large code may need. */
const LITTLE_BYTES = 256 * 1024 * 1024;

export async function dataFindings(directory: string): Promise<readonly Finding[]> {
  const found = await stat(directory).catch((thrown: unknown) => thrown as Error);
  if (found instanceof Error)
    return [
      problem('data', `${directory} cannot be looked at: ${found.message}`, 'Name the directory of a node with --data.', 'GOSSIP_E_FILE'),
    ];
  if (!found.isDirectory())
    return [problem('data', `${directory} is no directory`, 'Name the directory of a node with --data.', 'GOSSIP_E_FILE')];
  try {
    return [
      ...(await nodeFindings(directory)),
      ...(await openToOthers('data', directory)),
      ...(await ownerFindings(directory)),
      ...(await roomFindings(directory)),
      ...(await damageFindings(directory)),
    ];
  } catch (thrown) {
    return [failed('data', thrown)];
  }
}

async function nodeFindings(directory: string): Promise<readonly Finding[]> {
  if (!(await isNodeData(directory))) {
    return [
      problem(
        'data',
        `no node has run in ${directory} yet`,
        "Join a cluster: 'gossip node run --data DIR --join TOKEN'.",
        'GOSSIP_E_NO_CLUSTER',
      ),
    ];
  }
  if (!(await isJson(join(directory, 'cluster.json'))))
    return [
      problem(
        'data',
        `${directory} does not say to which cluster its node belongs`,
        'Join again with a fresh token; what is here stays.',
        'GOSSIP_E_DATA_CORRUPT',
      ),
    ];
  // The lock ends with its holder, so that there is no stale one.
  const holder = (await isThere(join(directory, 'lock'))) ? holderOfDirectory(directory) : null;
  return holder === null
    ? [warning('data', `no node runs with ${directory}`, `Start it: gossip node run --data ${directory}`)]
    : [ok('data', `a node runs with ${directory} (process ${holder})`)];
}

/** Read here and not by the store, which would set a damaged one aside. */
async function isJson(path: string): Promise<boolean> {
  try {
    JSON.parse(await readFile(path, 'utf8'));
    return true;
  } catch {
    return false;
  }
}

async function ownerFindings(directory: string): Promise<readonly Finding[]> {
  const { uid } = await stat(directory);
  const isMine = await access(directory, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (isMine) return [];
  return [
    problem(
      'data',
      `${directory} belongs to user ${uid}, and user ${process.getuid?.() ?? '?'} may not write into it`,
      'Run as its owner, or give it to the user of the node: chown -R.',
      'GOSSIP_E_DISK',
    ),
  ];
}

async function roomFindings(directory: string): Promise<readonly Finding[]> {
  const { bavail, bsize, ffree, files } = await statfs(directory);
  const free = bavail * bsize;
  if (files > 0 && ffree === 0)
    return [problem('disk', `the file system of ${directory} has no inodes left`, 'Remove files there.', 'GOSSIP_E_DISK')];
  if (free === 0)
    return [problem('disk', `the file system of ${directory} is full`, 'Make room there; the node goes on by itself.', 'GOSSIP_E_DISK')];
  if (free < LITTLE_BYTES)
    return [warning('disk', `${formatSize(free)} are free for ${directory}`, 'Make room there, or bound what code may take with --quota.')];
  return [ok('disk', `${formatSize(free)} are free for ${directory}`)];
}

async function damageFindings(directory: string): Promise<readonly Finding[]> {
  const damaged: string[] = [];
  for (const file of [
    'cluster.json.damaged',
    'hints.json.damaged',
    'admissions.json.damaged',
    'configuration.0.damaged',
    'configuration.1.damaged',
  ]) {
    if (await isThere(join(directory, file))) damaged.push(file);
  }
  if (damaged.length === 0) return [];
  return [
    warning(
      'data',
      `damaged files were set aside in ${directory}: ${damaged.join(', ')}`,
      'The node has it again from its peers; look after the disk, then remove them.',
      'GOSSIP_E_DATA_CORRUPT',
    ),
  ];
}
