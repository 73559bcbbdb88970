/** A module's project, with what `npm install` would bring it: from this checkout instead of the registry. */
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ROOT } from '../../scripts/project.mjs';

export async function install(directory: string, ...packages: readonly string[]): Promise<void> {
  const modules = join(directory, 'node_modules');
  await mkdir(modules);
  await symlink(ROOT, join(modules, 'gossip'));
  const tools = ['.bin', '@types', 'esbuild', 'typescript', ...packages];
  for (const name of tools) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(ROOT, 'node_modules', name), join(modules, name));
  }
}

/** The packages that a project bundles, each with its version: those of this checkout, which a stranger gets too. */
export async function packagesOf(parent: string, name: string): Promise<Readonly<Record<string, string>>> {
  const [{ dependencies }, { devDependencies }] = (await Promise.all(
    [join(parent, name), ROOT].map(async (directory) => JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as object),
  )) as [{ dependencies: Record<string, string> }, { devDependencies: Record<string, string> }];
  const bundled = Object.keys(dependencies).filter((each) => each !== 'gossip');
  return Object.fromEntries(bundled.map((each) => [each, devDependencies[each] ?? 'not installed here']));
}
