/** Programs of others to compare with: found on this machine, or brought into a directory that goes again. Nothing is installed into the system. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

export interface Tool {
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Why a program cannot be had here, for whoever reads the report. */
export class Missing extends Error {
  override readonly name = 'Missing';
}

const FETCH_MS = 120_000;
const run = promisify(execFile);

/** The program of this name in PATH, or out of these packages of Debian. */
export async function fromDebian(program: string, packages: readonly string[], { directory, signal }: Place): Promise<Tool> {
  const there = inPath(program);
  if (there !== null) return { program: there, env: process.env };
  const root = join(directory, 'debian');
  await mkdir(root, { recursive: true });
  const settings = { cwd: root, timeout: FETCH_MS, signal };
  try {
    await run('apt-get', ['download', ...packages], settings);
    for (const file of readdirSync(root).filter((name) => name.endsWith('.deb'))) await run('dpkg', ['-x', file, root], settings);
  } catch (cause) {
    signal.throwIfAborted();
    throw new Missing(`${program} is not here, and cannot be had of Debian: ${firstLine(cause)}`, { cause });
  }
  const unpacked = join(root, 'usr', 'bin', program);
  if (!existsSync(unpacked)) throw new Missing(`${packages.join(', ')} of Debian hold no ${program}`);
  return { program: unpacked, env: { ...process.env, LD_LIBRARY_PATH: libraries(root) } };
}

/** A command of a package of npm, in exactly this version. */
export async function fromNpm(name: string, version: string, { directory, signal }: Place): Promise<Tool> {
  const prefix = join(directory, 'npm');
  try {
    const args = ['install', '--prefix', prefix, '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', `${name}@${version}`];
    await run('npm', args, { timeout: FETCH_MS, signal });
  } catch (cause) {
    signal.throwIfAborted();
    throw new Missing(`${name} ${version} cannot be had of npm: ${firstLine(cause)}`, { cause });
  }
  return { program: join(prefix, 'node_modules', '.bin', name), env: process.env };
}

export interface Place {
  readonly directory: string;
  readonly signal: AbortSignal;
}

function inPath(program: string): string | null {
  const paths = (process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, program));
  return paths.find((path) => existsSync(path)) ?? null;
}

/** Each machine has a folder of its own name. */
function libraries(root: string): string {
  const base = join(root, 'usr', 'lib');
  return existsSync(base)
    ? readdirSync(base)
        .map((name) => join(base, name))
        .join(delimiter)
    : '';
}

function firstLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  return (stderr?.trim() || message).split('\n', 1)[0] ?? '';
}
