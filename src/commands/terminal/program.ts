/** The program as oclif knows it: from the build with its manifest, or from the sources during development. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Config, Errors, run, settings } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import { safeJson } from '../../model/safe-text.ts';
import { givenSwitch } from '../../process/environment.ts';
import { errorJson, errorLines } from '../../process/error-text.ts';
import { codedError } from './coded-error.ts';
import { refuseUnknownCommand } from './unknown-command.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const FROM_SOURCES = import.meta.url.endsWith('.ts');

/** Loads the commands; those of the sources without any build. */
export async function loadProgram(): Promise<Config> {
  // oclif would look for a transpiler; Node strips the types by itself.
  settings.enableAutoTranspile = false;
  const pjson = JSON.parse(await readFile(`${ROOT}package.json`, 'utf8')) as Interfaces.PJSON;
  const folder = FROM_SOURCES ? './src/commands' : './dist/commands';
  const commands = {
    strategy: 'pattern' as const,
    target: folder,
    globPatterns: [`**/*.${FROM_SOURCES ? 'ts' : 'js'}`, '!**/*.d.ts', '!terminal/**'],
  };
  const config = new Config({
    root: ROOT,
    pjson: { ...pjson, oclif: { ...pjson.oclif, commands } },
    ignoreManifest: FROM_SOURCES,
    // Nothing runs here but what was installed; the folder of a user's plugins may be somebody else's, too.
    userPlugins: false,
  });
  await config.load();
  return config;
}

/** Runs one command line; resolves with the exit code. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  try {
    givenSwitch('GOSSIP_DEBUG');
    const config = await loadProgram();
    const line = withHelpFlag(argv);
    refuseUnknownCommand(line, config.commands);
    await run([...line], config);
    return 0;
  } catch (thrown) {
    if (thrown instanceof Errors.ExitError) return thrown.oclif.exit ?? 0;
    const error = codedError(thrown);
    if (argv.includes('--json')) process.stdout.write(`${safeJson(errorJson(error), 2)}\n`);
    else process.stderr.write(`${errorLines(error, thrown).join('\n')}\n`);
    return error.exitCode;
  }
}

/** `gossip help deploy` is `gossip deploy --help`. */
function withHelpFlag(argv: readonly string[]): readonly string[] {
  return argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv;
}
