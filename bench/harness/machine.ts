/** The machine and the program that were measured. */
import { execFileSync } from 'node:child_process';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { ROOT } from '../../scripts/project.mjs';

export interface Machine {
  readonly processors: number;
  readonly model: string;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
  /** With `+` where the files are not those of the commit. */
  readonly commit: string;
}

export function thisMachine(): Machine {
  return {
    processors: availableParallelism(),
    model: cpus()[0]?.model.trim() ?? 'unknown',
    memoryBytes: totalmem(),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    commit: commit(),
  };
}

/** Unknown where this is no checkout. */
function commit(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return git('rev-parse', '--short=10', 'HEAD') + (git('status', '--porcelain') === '' ? '' : '+');
  } catch {
    return 'unknown';
  }
}
