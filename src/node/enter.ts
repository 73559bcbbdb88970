/** A process that is a node and nothing else: the edges of it, for its entries. */
import { toGossipError } from '../model/errors.ts';
import { safeJson } from '../model/safe-text.ts';
import { errorJson, errorLines } from '../process/error-text.ts';
import { standInForHome } from '../process/homeless.ts';
import { watchOutput } from '../process/output.ts';
import { runFromFlags } from './run.ts';
import type { NodeCommand } from './run.ts';
import { readWords } from './words.ts';

export interface Entering {
  /** Behind `node run`. */
  readonly words: readonly string[];
  /** Where they are no plain start of a node. */
  readonly otherwise: () => unknown;
  /** What the entry adds that no word can ask for. */
  readonly besides?: () => Promise<Pick<NodeCommand, 'inspection'>>;
}

/** Runs the node, and ends the process with it. */
export async function enter({ words, otherwise, besides }: Entering): Promise<void> {
  const read = readWords(words, process.env);
  if (read === null) return void (await otherwise());
  standInForHome();
  const output = watchOutput();
  process.exit(await output.end(await exitCodeOf({ ...read, words }, besides)));
}

async function exitCodeOf(command: NodeCommand, besides: Entering['besides']): Promise<number> {
  try {
    await runFromFlags(besides === undefined ? command : { ...command, ...(await besides()) });
    return 0;
  } catch (thrown) {
    const error = toGossipError(thrown);
    if (command.json) process.stdout.write(`${safeJson(errorJson(error), 2)}\n`);
    else process.stderr.write(`${errorLines(error, thrown).join('\n')}\n`);
    return error.exitCode;
  }
}
