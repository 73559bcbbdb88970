/** The command line of a module host: what a module may do is decided here (attacks D2, D4, D5, D6, D8, D10). */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { getPriority, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { GossipError, toGossipError } from '../../../model/errors.ts';
import type { ModuleJson } from '../../../model/module-json.ts';
import { inheritedDescriptors, requireDescriptors } from './descriptors.ts';
import { forks, isolationCommand } from './isolation.ts';
import type { Isolation } from './isolation.ts';
import { readModuleJson } from '../module-directory.ts';
import { ProgramFiles } from './program-files.ts';
import { SHELL } from './wall.ts';

export interface LaunchRequest {
  /** The bundled host: one file, for a host may read no other. */
  readonly hostProgram: string;
  /** The module's code; all that the module may read. */
  readonly directory: string;
  readonly heapMb: number;
  readonly residentMb: number;
  readonly isolation: Isolation;
  /** Whether debuggers may come into it, by a second pipe. Default: no. */
  readonly inspected?: boolean;
}

export interface LaunchCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Descriptors that are covered with /dev/null. */
  readonly cover: readonly number[];
  /** Whether the host is a child of what is started. */
  readonly forks: boolean;
  /** Whether it has a second pipe, for debuggers. */
  readonly inspected?: boolean;
}

/** What a host maps besides its module's memory: most of it is V8's own and is never touched. */
const DATA_MARGIN_MB = 1_024;
/** Four pairs of pipes, and some to spare. */
const DESCRIPTORS_PER_START = 16;
/** A host is so much nicer than its core, and has a third of its claim to the processor: where there is too little of it, gossip and repair go before modules. */
const NICER = 5;
const LEAST_PRIORITY = 19;
/**
 * No core dumps on the operator's disk, and a wall for memory that grows faster than it is sampled (attack D8). Where the
 * system's memory ends, a host goes before its core. Where sessions share the processor (Linux's autogroups), the niceness of a process counts within its own alone.
 */
const LIMITS =
  'ulimit -c 0 2>/dev/null; ulimit -d "$1" 2>/dev/null; shift; ' +
  '[ ! -w /proc/self/oom_score_adj ] || echo 1000 2>/dev/null >/proc/self/oom_score_adj; ' +
  `{ [ ! -w /proc/self/autogroup ] || echo ${NICER} >/proc/self/autogroup; } 2>/dev/null; ` +
  'unset PWD OLDPWD SHLVL; exec "$@"';

/** Where the build puts the bundle of `src/host`. */
const HOST_PROGRAM = fileURLToPath(new URL('../../../host/host.mjs', import.meta.url));

/** As they were when this program was loaded. */
const PROGRAM_FILES = new ProgramFiles([HOST_PROGRAM, process.execPath]);

/** Real paths: the permission model grants those, and the host is told the same. */
export async function whatToRun(options: {
  readonly hostProgram?: string | undefined;
  readonly directory: string;
}): Promise<{ hostProgram: string; directory: string; manifest: ModuleJson }> {
  PROGRAM_FILES.requireUnchanged();
  const hostProgram = await realpath(options.hostProgram ?? HOST_PROGRAM).catch((cause: unknown) => {
    throw new GossipError('GOSSIP_E_PROGRAM', `the module host's program is missing: ${options.hostProgram ?? HOST_PROGRAM}`, { cause });
  });
  try {
    const directory = await realpath(options.directory);
    return { hostProgram, directory, manifest: await readModuleJson(directory) };
  } catch (error) {
    throw toGossipError(error, 'GOSSIP_E_MODULE_LOAD');
  }
}

export function hostCommand(request: LaunchRequest): LaunchCommand {
  const { hostProgram, directory, isolation } = request;
  for (const path of [hostProgram, directory]) refuseWildcard(path);
  const dataKb = (request.residentMb + DATA_MARGIN_MB) * 1_024;
  const shell = existsSync(SHELL) ? [SHELL, '-c', LIMITS, 'sh', String(dataKb)] : [];
  const inFront = isolationCommand(isolation, { files: [process.execPath, hostProgram], directories: [directory] });
  const [file, ...args] = [...shell, ...inFront, process.execPath, ...hostFlags(request), hostProgram];
  return { file, args, env: {}, cover: inheritedDescriptors(), forks: forks(isolation), ...(request.inspected && { inspected: true }) };
}

/** The host takes them from its module again before that is loaded (`src/host/inspection.ts`); Node's warnings of them would stand in the module's log. */
const FOR_DEBUGGERS = ['--allow-worker', '--allow-inspector', '--disable-warning=PERM0004', '--disable-warning=PERM0006'];

function hostFlags({ hostProgram, directory, heapMb, inspected = false }: LaunchRequest): string[] {
  return [
    '--permission',
    `--allow-fs-read=${hostProgram}`,
    `--allow-fs-read=${directory}`,
    `--max-old-space-size=${heapMb}`,
    // Errors show the place in the author's sources, where the code carries a map.
    '--enable-source-maps',
    '--disable-sigusr1',
    '--freeze-flags-after-init',
    '--disable-proto=delete',
    '--no-addons',
    '--no-experimental-sqlite',
    '--no-experimental-ffi',
    '--no-experimental-webstorage',
    '--no-experimental-websocket',
    '--no-global-search-paths',
    '--disable-warning=ExperimentalWarning',
    ...(inspected ? FOR_DEBUGGERS : []),
  ];
}

/** Detached: a group of its own, which is killed whole, and which no signal to the core's group reaches. */
export function launch(command: LaunchCommand): ChildProcess {
  try {
    // Where a start runs out of descriptors half-way, Node loses some of them for ever.
    requireDescriptors(DESCRIPTORS_PER_START);
    return start(command);
  } catch (cause) {
    throw new GossipError('GOSSIP_E_BUSY', `no host process can be started: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

function start({ file, args, env, cover, inspected = false }: LaunchCommand): ChildProcess {
  const nothing = openSync('/dev/null', 'r');
  try {
    const stdio: (number | 'ignore' | 'pipe')[] = ['ignore', 'pipe', 'pipe', 'pipe', ...(inspected ? (['pipe'] as const) : [])];
    // 'ignore' leaves a descriptor above 2 as it is: those that Node opened close by themselves, the others need a cover.
    for (let descriptor = stdio.length; descriptor <= Math.max(...cover); descriptor++) {
      stdio.push(cover.includes(descriptor) ? nothing : 'ignore');
    }
    const child = spawn(file, args, { env, stdio, detached: true, cwd: '/' });
    if (child.pid !== undefined) beNicer(child.pid);
    return child;
  } finally {
    closeSync(nothing);
  }
}

/** What it starts from now on inherits that; twice is as once. */
export function beNicer(pid: number): void {
  try {
    setPriority(pid, Math.min(LEAST_PRIORITY, getPriority() + NICER));
  } catch {
    // It has ended already, which its exit tells, or this system allows none; it runs as well without.
  }
}

/** The permission model reads `*` in a path as "anything that begins so". */
function refuseWildcard(path: string): void {
  if (path.includes('*')) throw new GossipError('GOSSIP_E_CODE_PATH', `a path with '*' cannot be confined: ${path}`);
}
