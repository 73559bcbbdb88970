/** Finds the best isolation that this system lets an unprivileged core give to its module hosts (attack D1). */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { endByForce } from './inner-process.ts';
import { SHELL, wallCommand } from './wall.ts';
import type { Visible, Wall } from './wall.ts';

/**
 * `own-root`: namespaces, and a read-only root that shows only what a host needs; no capabilities, no new privileges.
 * `namespaces`: own processes, network, mounts and IPC; no signal reaches anything outside. `permission-model`: Node's
 * permission model and the sealed process alone.
 */
export type IsolationLevel = 'own-root' | 'namespaces' | 'permission-model';

export interface Isolation {
  readonly level: IsolationLevel;
  /** What stands in front of the host's command line. */
  readonly prefix: readonly string[];
  /** Stands behind the prefix. */
  readonly wall?: Wall;
  /** Whether a host ends with its core even when its event loop is stuck. */
  readonly endsWithCore: boolean;
}

/** No search along PATH: who sets the environment must not choose what is started. */
const DIRECTORIES = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];
/** A machine that has too much to do must not take a wall for one that cannot be built: a start takes less, also where a hundred wait for two processors. */
const PROBE_DEADLINE_MS = 30_000;

const END_WITH_CORE = ['--pdeathsig', 'KILL'];
const NAMESPACES = ['--user', '--map-root-user', '--pid', '--net', '--ipc', '--mount', '--fork', '--kill-child'];

/** From best to least. A private /proc cannot be mounted inside some containers. */
export function isolationCandidates(find: (tool: string) => string | undefined = findTool): Isolation[] {
  const unshare = find('unshare');
  const setpriv = find('setpriv');
  const ends = setpriv === undefined ? [] : [setpriv, ...END_WITH_CORE];
  const candidates: Isolation[] = [];
  const offer = (level: IsolationLevel, first: readonly string[], rest: readonly string[], wall?: Wall): void => {
    candidates.push({ level, prefix: [...first, ...rest], ...(wall && { wall }), endsWithCore: first.length > 0 });
  };
  if (unshare !== undefined && setpriv !== undefined) {
    for (const proc of ['own', 'outer'] as const) offer('own-root', ends, [unshare, ...NAMESPACES], { setpriv, proc });
  }
  for (const first of ends.length === 0 ? [ends] : [ends, []]) {
    if (unshare === undefined) break;
    offer('namespaces', first, [unshare, ...NAMESPACES, '--mount-proc']);
    offer('namespaces', first, [unshare, ...NAMESPACES]);
  }
  if (ends.length > 0) offer('permission-model', ends, []);
  offer('permission-model', [], []);
  return candidates;
}

/** The first candidate under which a program really runs. */
export async function findIsolation(candidates = isolationCandidates()): Promise<Isolation> {
  for (const candidate of candidates) {
    if (candidate.prefix.length === 0 || (await works(candidate))) return candidate;
  }
  return { level: 'permission-model', prefix: [], endsWithCore: false };
}

let found: Promise<Isolation> | undefined;

/** The isolation of this machine, looked for once. */
export function bestIsolation(): Promise<Isolation> {
  found ??= findIsolation();
  return found;
}

/** What stands in front of a host that may see these files. */
export function isolationCommand({ prefix, wall }: Isolation, visible: Visible): string[] {
  return [...prefix, ...(wall === undefined ? [] : wallCommand(wall, visible))];
}

/** A process cannot enter a process namespace itself, only its child can. */
export function forks({ level }: Isolation): boolean {
  return level !== 'permission-model';
}

/**
 * Ends well only behind a wall: nothing can be written, nothing of the system is seen, a process can look at itself, and Node runs. Done by a shell, for a whole start of
 * Node would cost each core's start as much again.
 */
const LOOK_AROUND = `[ ! -e /etc ] && read -r _ </proc/self/statm || exit 1
for at in / /tmp /usr/lib /proc; do if true >"$at/.gossip-probe"; then exit 1; fi; done
exec "$0" --version`;

function works(isolation: Isolation): Promise<boolean> {
  const node = process.execPath;
  const tried = isolation.wall === undefined ? [node, '--version'] : [SHELL, '-c', LOOK_AROUND, node];
  const [file = node, ...args] = [...isolationCommand(isolation, { files: [SHELL, node], directories: [] }), ...tried];
  return new Promise((resolve) => {
    const probe = execFile(file, args, { env: {} }, (error) => {
      clearTimeout(deadline);
      resolve(error === null);
    });
    const deadline = setTimeout(() => probe.pid !== undefined && endByForce(probe.pid, forks(isolation)), PROBE_DEADLINE_MS);
  });
}

export function findTool(tool: string): string | undefined {
  return DIRECTORIES.map((directory) => join(directory, tool)).find((path) => existsSync(path));
}
