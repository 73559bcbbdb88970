/** The shipped modules of the previous release, from git's history: their sources alone, which need nothing that was built. */
import { execFile } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../scripts/project.mjs';
import type { ModuleClass } from '../../src/sdk/index.ts';
import { temporaryDirectory } from '../core/store/temporary-directory.ts';
import { PREVIOUS_COMMIT } from './previous-release.ts';

const run = promisify(execFile);

/** `commit`: as it stood there, in place of the previous release. */
export async function previousModule(name: 'membership' | 'registry', commit = PREVIOUS_COMMIT): Promise<ModuleClass> {
  const directory = await temporaryDirectory();
  await run('sh', ['-c', `git -C "$1" archive "$2" package.json src | tar -x -C "$3"`, 'sh', ROOT, commit, directory]);
  await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  const { default: Module } = (await import(join(directory, 'src', 'modules', name, 'index.ts'))) as { default: ModuleClass };
  return Module;
}
