/**
 * The lean entry: `gossip node run` without the libraries of the command line. Anything but a plain start of a node goes to the full
 * program.
 */
import { toGossipError } from './model/errors.ts';
import { safeJson } from './model/safe-text.ts';
import { readWords } from './node/words.ts';
import { runFromFlags } from './node/run.ts';
import type { NodeCommand } from './node/run.ts';
import { errorJson, errorLines } from './process/error-text.ts';
import { standInForHome } from './process/homeless.ts';
import { watchOutput } from './process/output.ts';

const [, , ...argv] = process.argv;
void main();

async function main(): Promise<void> {
  const words = argv.slice(2);
  const read = readWords(words, process.env);
  if (read === null) return void (await import('./cli.ts'));
  standInForHome();
  const output = watchOutput();
  process.exit(await output.end(await exitCodeOf({ ...read, words })));
}

async function exitCodeOf(command: NodeCommand): Promise<number> {
  try {
    await runFromFlags(command);
    return 0;
  } catch (thrown) {
    const error = toGossipError(thrown);
    if (command.json) process.stdout.write(`${safeJson(errorJson(error), 2)}\n`);
    else process.stderr.write(`${errorLines(error, thrown).join('\n')}\n`);
    return error.exitCode;
  }
}
