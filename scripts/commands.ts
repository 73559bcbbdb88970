/** The commands as oclif describes them: what the manifest, the man pages and their tests are made from. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { settings } from '@oclif/core';
import { Plugin } from '@oclif/core/config';
import type { Manifest, PJSON } from '@oclif/core/interfaces';
import { ROOT } from './project.mjs';

/** `./dist/commands` as built, or `./src/commands` as written, which Node 26 reads as it is. */
export async function describeCommands(folder: './dist/commands' | './src/commands'): Promise<Manifest> {
  settings.enableAutoTranspile = false;
  const pjson = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as PJSON;
  const plugin = new Plugin({
    root: ROOT,
    isRoot: true,
    pjson: { ...pjson, oclif: { ...pjson.oclif, commands: { ...(pjson.oclif.commands as object), target: folder } } } as PJSON,
    ignoreManifest: true,
    errorOnManifestCreate: true,
    respectNoCacheDefault: true,
  });
  await plugin.load();
  // oclif finds them in the order in which folders happen to be read, and the package must be the same bytes each time.
  const commands = Object.entries(plugin.manifest.commands).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { ...plugin.manifest, commands: Object.fromEntries(commands) };
}
