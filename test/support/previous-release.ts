/** The previous release, built from git's history: once, and kept where the next run finds it. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../scripts/project.mjs';

/** 0.1.0 as it stood on 2026-11-23 and the days after. The first change after a release moves this on to that one: see CONTRIBUTING.md. */
export const PREVIOUS_COMMIT = '3a88d93f66374d1b5e18c462ebce89376fafdf51';

const KEPT = join(ROOT, '.previous-release');
const run = promisify(execFile);

/** Why it cannot be had here, or null: a clone without history holds no earlier commit. */
export async function missingHistory(): Promise<string | null> {
  const found = await run('git', ['cat-file', '-e', `${PREVIOUS_COMMIT}^{commit}`], { cwd: ROOT }).then(
    () => true,
    () => false,
  );
  return found ? null : `git's history here does not reach back to ${PREVIOUS_COMMIT.slice(0, 7)}: clone it whole`;
}

/** Its `bin/gossip`. */
export async function previousProgram(): Promise<string> {
  const kept = join(KEPT, PREVIOUS_COMMIT);
  if (!existsSync(kept)) await build(kept);
  return join(kept, 'bin', 'gossip');
}

/** Aside, and put in place whole: a run that is broken off leaves nothing that looks built. */
async function build(kept: string): Promise<void> {
  await mkdir(KEPT, { recursive: true });
  const made = await mkdtemp(join(KEPT, 'making-'));
  try {
    await run('sh', ['-c', `git -C "$1" archive "$2" | tar -x -C "$3"`, 'sh', ROOT, PREVIOUS_COMMIT, made]);
    await run('npm', ['run', 'setup'], { cwd: made, env: withoutNpm(process.env), maxBuffer: 16 * 1024 * 1024 });
    await rename(made, kept).catch((error: NodeJS.ErrnoException) => {
      // Another run was first; its build is as good.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}

/** What npm tells its scripts of this project must not reach the other one. */
function withoutNpm(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(npm_(lifecycle|package)_|VITEST|NODE_OPTIONS)/.test(name)));
}
