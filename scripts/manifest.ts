/** Writes oclif.manifest.json from the built commands, so that starting the program loads only the command that is asked for. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeCommands } from './commands.ts';
import { ROOT } from './project.mjs';

const manifest = await describeCommands('./dist/commands');
await writeFile(join(ROOT, 'oclif.manifest.json'), `${JSON.stringify(manifest)}\n`);
