/** `gossip module init`: writes a new module, in TypeScript or in plain JavaScript, that builds, tests and deploys as it is. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import * as v from 'valibot';
import { makeDirectories } from '../../core/store/files/directories.ts';
import { isLitter } from '../../core/store/files/litter.ts';
import { GossipError } from '../../model/errors.ts';
import { inJavaScript } from './javascript-template.ts';
import { moduleTemplate, SDK_FOLDER } from './module-template.ts';
import type { ToolVersions } from './module-template.ts';
import { parseNewName } from './new-name.ts';

export interface Scaffold {
  readonly name: string;
  /** Where to write; made if absent, refused if it holds anything. */
  readonly directory: string;
  /** The installed gossip package's folder, whose SDK the new module takes along. */
  readonly sdkPath: string;
  /** In plain JavaScript; by default in TypeScript. */
  readonly javascript?: boolean;
}

/** Writes the files and returns their paths, relative to the directory. */
export async function scaffoldModule({ name, directory, sdkPath, javascript = false }: Scaffold): Promise<{ files: string[] }> {
  const { versions, sdkVersion } = await packageFacts(sdkPath);
  const template = moduleTemplate({ name: parseNewName(name), sdkVersion, versions });
  const files = [...(javascript ? inJavaScript(template) : template), ...(await sdkFiles(sdkPath))];
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

/** What authors import, for the project's own copy. */
async function sdkFiles(sdkPath: string): Promise<(readonly [path: string, content: string])[]> {
  const folder = join(sdkPath, 'dist', 'sdk');
  try {
    const names = (await readdir(folder, { recursive: true })).filter((name) => /\.(?:d\.ts|js)$/.test(name)).toSorted();
    return await Promise.all(names.map(async (name) => [`${SDK_FOLDER}/sdk/${name}`, await readFile(join(folder, name), 'utf8')] as const));
  } catch (cause) {
    throw new GossipError('GOSSIP_E_FILE', `${folder} does not hold the SDK of gossip: ${(cause as Error).message}`, { cause });
  }
}

const dependencies = v.optional(v.record(v.string(), v.string()), {});
const packageSchema = v.object({ version: v.string(), dependencies, devDependencies: dependencies, optionalDependencies: dependencies });

/** The versions of this very gossip, and of what it was built and tested with. */
async function packageFacts(sdkPath: string): Promise<{ sdkVersion: string; versions: ToolVersions }> {
  const path = join(sdkPath, 'package.json');
  try {
    const parsed = v.parse(packageSchema, JSON.parse(await readFile(path, 'utf8')));
    const all = { ...parsed.dependencies, ...parsed.devDependencies };
    const version = (tool: string): string => all[tool] ?? '*';
    const node = Object.fromEntries(Object.entries(parsed.optionalDependencies).filter(([name]) => name.startsWith('node-')));
    const versions = { esbuild: version('esbuild'), node, nodeTypes: version('@types/node'), typescript: version('typescript') };
    return { sdkVersion: parsed.version, versions };
  } catch (cause) {
    throw new GossipError('GOSSIP_E_FILE', `${path} is not the package of gossip`, { cause });
  }
}
