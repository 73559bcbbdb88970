/** The package as a user gets it: packed, and installed globally into a prefix. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

export interface Place {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** What it printed. @throws an error with that where it failed */
export function run({ cwd, env }: Place, program: string, ...args: readonly string[]): string {
  const { status, stdout, error } = spawnSync(program, args, {
    cwd,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`'${program} ${args.join(' ')}' ended with ${status ?? error?.message}\n${stdout ?? ''}`);
  return stdout;
}

/** Packs the project in `place.cwd` into `folder`: the path of the package. */
export function pack(place: Place, folder: string): string {
  mkdirSync(folder, { recursive: true });
  return join(folder, run(place, 'npm', 'pack', '--silent', '--pack-destination', folder).trim().split('\n').at(-1) ?? '');
}

/** Installs it: the path of `bin/gossip`. Needs the registry. */
export function install(place: Place, packed: string, prefix: string): string {
  mkdirSync(prefix, { recursive: true });
  run(place, 'npm', 'install', '--global', '--silent', '--prefix', prefix, packed);
  return join(prefix, 'bin', 'gossip');
}
