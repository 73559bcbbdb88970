/** A module's project, with what `npm install` would bring it: from this checkout instead of the registry. */
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../../scripts/project.mjs';

export async function install(directory: string, ...packages: readonly string[]): Promise<void> {
  const modules = join(directory, 'node_modules');
  await mkdir(modules);
  await symlink(ROOT, join(modules, 'gossip'));
  const tools = ['.bin', '@types', 'esbuild', 'typescript', ...packages];
  for (const name of tools) await symlink(join(ROOT, 'node_modules', name), join(modules, name));
}
