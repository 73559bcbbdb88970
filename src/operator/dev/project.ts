/** An author's project: what its module is called, and how it is built. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { readModuleJson } from '../../core/hosting/module-directory.ts';
import { readRegularFile } from '../../core/store/files/regular-file.ts';
import { GossipError } from '../../model/errors.ts';
import type { ModuleName } from '../../model/names.ts';
import { OUTPUT } from './sources.ts';

export interface Project {
  readonly directory: string;
  readonly module: ModuleName;
  /** For the shell, in the project's directory. */
  readonly build: string;
  /** Where the built code lies. */
  readonly output: string;
}

const MAX_PACKAGE_BYTES = 1024 * 1024;
const NPM_BUILD = 'npm run --silent build';
const packageSchema = v.object({ scripts: v.object({ build: v.string() }) });

/** Refuses a directory that is no project with a build. */
export async function openProject(path: string, build: string | undefined): Promise<Project> {
  const directory = resolve(path);
  // The build copies it from there; a project that makes it has one once it was built.
  const withModuleJson = [directory, join(directory, OUTPUT)].find((place) => existsSync(join(place, 'module.json')));
  if (withModuleJson === undefined) {
    throw new GossipError('GOSSIP_E_CODE_PATH', `there is no module.json in ${directory}, nor in its ${OUTPUT}`, {
      advice: "Give the directory of a module's project; 'gossip module init' makes one.",
    });
  }
  const { name } = await readModuleJson(withModuleJson);
  if (build === undefined) requireBuildScript(directory);
  return { directory, module: name, build: build ?? NPM_BUILD, output: join(directory, OUTPUT) };
}

function requireBuildScript(directory: string): void {
  const path = join(directory, 'package.json');
  const advice = "Say how it is built with --build 'COMMAND'; it writes the code into dist.";
  if (!existsSync(path)) throw new GossipError('GOSSIP_E_CODE_PATH', `there is no package.json in ${directory}`, { advice });
  try {
    v.parse(packageSchema, JSON.parse(readRegularFile(path, { maxBytes: MAX_PACKAGE_BYTES, code: 'GOSSIP_E_FILE' }).toString('utf8')));
  } catch (cause) {
    if (cause instanceof GossipError) throw cause;
    throw new GossipError('GOSSIP_E_CODE_PATH', `${path} has no script 'build'`, { advice, cause });
  }
}
