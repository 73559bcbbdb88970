/** An operator's home in one file, and back: clusters with their keys as they lie there, and the operator's settings. */
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectories } from '../../core/store/files/directories.ts';
import { onDisk } from '../../core/store/files/file-system.ts';
import { isLitter } from '../../core/store/files/litter.ts';
import { writeFileDurably } from '../../core/store/files/writer.ts';
import { GossipError, toGossipError } from '../../model/errors.ts';
import { isSealed } from '../../trust/sealed-key.ts';
import { openEntry } from '../cluster/clusters.ts';
import { readGiven } from '../files/given-file.ts';
import { isThere } from '../files/is-there.ts';
import { faultOfKept } from '../settings/own-settings.ts';
import type { ClusterEntry, Settings } from '../settings/settings.ts';
import { FILE_NAME, MOST_FILES } from './backup-file.ts';
import type { BackupContent } from './backup-file.ts';

/** Held for a moment by whoever writes. */
const LOCKS: ReadonlySet<string> = new Set(['lock', 'lock.holder']);
const PRIVATE_KEY = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/;

/** What is in a backup, told without its secrets. */
export interface BackupView {
  readonly clusters: readonly { readonly name: string; readonly cluster: string; readonly files: readonly string[] }[];
  /** Files with a key that no passphrase protects, as `production/operator.key`. */
  readonly open: readonly string[];
}

/** Reads the home; refuses a cluster that does not open, for a backup that cannot be restored is none. */
export async function takeBackup(settings: Settings): Promise<BackupContent> {
  const { current, own, clusters } = settings.everything();
  const kept: BackupContent['clusters'] = {};
  for (const [name, { cluster, directory, nodes }] of Object.entries(clusters)) {
    await openEntry({ name, cluster, directory, nodes });
    kept[name] = {
      cluster,
      nodes: nodes.map(({ id, address, name: called }) => ({ id, address, name: called })),
      files: await filesOf(directory),
    };
  }
  return { current, own: { ...own }, clusters: kept };
}

export function viewOfBackup({ clusters }: BackupContent): BackupView {
  const entries = Object.entries(clusters);
  const open = entries.flatMap(([name, { files }]) =>
    Object.entries(files)
      .filter(([, content]) => isOpenKey(content))
      .map(([file]) => `${name}/${file}`),
  );
  return { clusters: entries.map(([name, { cluster, files }]) => ({ name, cluster, files: Object.keys(files) })), open };
}

export interface Restored {
  /** Clusters that were added, and those that took the place of others. */
  readonly added: readonly string[];
  readonly replaced: readonly { readonly name: string; /** Where what was there lies still. */ readonly kept: string }[];
  readonly current: string | null;
}

/**
 * Restores all of it or nothing: each cluster is written into a directory of its own and opened there, and one write of the settings then makes them count. What was there
 * stays on the disk. Without `replace` a cluster of a name that is taken is refused (`GOSSIP_E_FILE`), as are settings that say something else.
 */
export async function restoreBackup(settings: Settings, content: BackupContent, replace: boolean): Promise<Restored> {
  const fault = faultOfKept(content.own);
  if (fault !== null) throw new GossipError('GOSSIP_E_BACKUP', `the backup holds what no home does: ${fault}`);
  await settings.makeHome();
  const there = settings.everything();
  const names = Object.keys(content.clusters);
  const taken = names.filter((name) => Object.hasOwn(there.clusters, name));
  const otherwise = Object.entries(content.own).filter(([key, value]) => (there.own[key] ?? value) !== value);
  if (!replace && taken.length + otherwise.length > 0)
    throw wouldReplace(
      settings.home,
      taken,
      otherwise.map(([key]) => key),
    );
  const made: string[] = [];
  try {
    const entries: Record<string, ClusterEntry> = {};
    for (const [name, { cluster, nodes, files }] of Object.entries(content.clusters)) {
      const directory = await freeDirectory(settings.home, name);
      made.push(directory);
      await onDisk(makeDirectories(directory), `make ${directory}`);
      for (const [file, bytes] of Object.entries(files))
        await writeFileDurably(join(directory, file), Buffer.from(bytes, 'base64'), { mode: 0o600 });
      entries[name] = { cluster, directory, nodes };
      await openEntry({ name, ...entries[name] }).catch((thrown: unknown) => {
        throw doesNotOpen(name, directory, thrown);
      });
    }
    await settings.takeOver({ clusters: entries, own: content.own, current: content.current }, { replace, expected: there });
  } catch (thrown) {
    for (const directory of made) await rm(directory, { recursive: true, force: true });
    throw thrown;
  }
  return {
    added: names.filter((name) => !taken.includes(name)),
    replaced: taken.map((name) => ({ name, kept: there.clusters[name]?.directory ?? '' })),
    current: settings.everything().current,
  };
}

/** Everything that lies in a cluster's directory by a plain name: what a later version adds is kept too. */
async function filesOf(directory: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const names = (await onDisk(readdir(directory), `read ${directory}`)).filter(
    (name) => FILE_NAME.test(name) && !LOCKS.has(name) && !isLitter(name),
  );
  if (names.length > MOST_FILES)
    throw new GossipError('GOSSIP_E_BACKUP', `${directory} holds ${names.length} files, and ${MOST_FILES} at most are kept`);
  for (const name of names.toSorted()) {
    const path = join(directory, name);
    if ((await onDisk(lstat(path), `look at ${path}`)).isDirectory()) continue;
    files[name] = (await readGiven(path, 'steps')).toString('base64');
  }
  return files;
}

function isOpenKey(content: string): boolean {
  const pem = Buffer.from(content, 'base64').toString('latin1');
  return PRIVATE_KEY.test(pem) && !isSealed(pem);
}

/** `clusters/NAME`, or a numbered one beside it: what lies there is nobody's to overwrite. */
async function freeDirectory(home: string, name: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const directory = join(home, 'clusters', number === 1 ? name : `${name}-restored-${number}`);
    if (!(await isThere(directory))) return directory;
  }
}

/** Told without the place that it was to have: nothing lies there afterwards. */
function doesNotOpen(name: string, directory: string, thrown: unknown): GossipError {
  const why = toGossipError(thrown).message.replaceAll(`${directory}/`, '');
  return new GossipError('GOSSIP_E_BACKUP', `the cluster '${name}' of the backup does not open: ${why}; nothing was restored`, {
    cause: thrown,
  });
}

function wouldReplace(home: string, clusters: readonly string[], own: readonly string[]): GossipError {
  const what = [...clusters.map((name) => `cluster '${name}'`), ...own.map((key) => `setting '${key}'`)].join(', ');
  return new GossipError('GOSSIP_E_FILE', `${home} has already: ${what}; nothing was restored`, {
    advice: 'With --replace the backup takes their place; or restore it into a home of its own (GOSSIP_HOME).',
  });
}
