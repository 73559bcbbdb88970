/** `gossip module init`: writes a new module in TypeScript that builds, tests and deploys as it is. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import * as v from 'valibot';
import { makeDirectories } from '../core/store/directories.ts';
import { isLitter } from '../core/store/litter.ts';
import { GossipError } from '../model/errors.ts';
import { parseModuleName } from '../model/names.ts';
import { moduleTemplate } from './module-template.ts';
import type { ToolVersions } from './module-template.ts';

export interface Scaffold {
  readonly name: string;
  /** Where to write; made if absent, refused if it holds anything. */
  readonly directory: string;
  /** The installed gossip package's folder: the new module's SDK. */
  readonly sdkPath: string;
}

/** Writes the files and returns their paths, relative to the directory. */
export async function scaffoldModule({ name, directory, sdkPath }: Scaffold): Promise<{ files: string[] }> {
  const versions = await toolVersions(sdkPath);
  const files = moduleTemplate({ name: parseModuleName(name), sdkPath: resolve(sdkPath), versions });
  try {
    await makeDirectories(resolve(directory), { mode: 0o777 });
    if (!(await readdir(directory)).every(isLitter)) {
      throw new GossipError('GOSSIP_E_FILE', `${directory} is not empty`, { advice: 'Give a new or an empty directory.' });
    }
    for (const [path, content] of files) {
      await makeDirectories(dirname(resolve(directory, path)), { mode: 0o777 });
      await writeFile(join(directory, path), content, { flag: 'wx' });
    }
  } catch (cause) {
    if (cause instanceof GossipError) throw cause;
    throw new GossipError('GOSSIP_E_FILE', `cannot write the module into ${directory}: ${(cause as Error).message}`, { cause });
  }
  return { files: files.map(([path]) => path) };
}

const dependencies = v.optional(v.record(v.string(), v.string()), {});
const packageSchema = v.object({ dependencies, devDependencies: dependencies, optionalDependencies: dependencies });

/** The versions that this very gossip was built and tested with. */
async function toolVersions(sdkPath: string): Promise<ToolVersions> {
  const path = join(sdkPath, 'package.json');
  try {
    const parsed = v.parse(packageSchema, JSON.parse(await readFile(path, 'utf8')));
    const all = { ...parsed.dependencies, ...parsed.devDependencies };
    const version = (tool: string): string => all[tool] ?? '*';
    const node = Object.fromEntries(Object.entries(parsed.optionalDependencies).filter(([name]) => name.startsWith('node-')));
    return { esbuild: version('esbuild'), node, nodeTypes: version('@types/node'), typescript: version('typescript') };
  } catch (cause) {
    throw new GossipError('GOSSIP_E_FILE', `${path} is not the package of gossip`, { cause });
  }
}
