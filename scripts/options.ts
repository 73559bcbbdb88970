/** Options of the scripts: `--help` explains them, and a wrong one costs one line and exit code 2. */
import { parseArgs } from 'node:util';
import type { ParseArgsConfig, ParseArgsOptionDescriptor } from 'node:util';

interface ScriptOption extends ParseArgsOptionDescriptor {
  /** What stands for the value in the help, such as `NAME`. */
  readonly value?: string;
  readonly help: string;
}

export interface Script extends ParseArgsConfig {
  /** The first line of the help: how it is called. */
  readonly usage: string;
  readonly options: Readonly<Record<string, ScriptOption>>;
}

/** What `parseArgs` makes of the command line; ends the process where that is asked for help, or wrong. */
export function readOptions<const Called extends Script>(script: Called): ReturnType<typeof parseArgs<Called>> {
  if (process.argv.includes('--help')) {
    process.stdout.write(helpOf(script));
    process.exit(0);
  }
  try {
    return parseArgs(script);
  } catch (error) {
    // The first sentence is the problem; the others tell how to pass what no script here takes.
    return wrongUsage(/^.*?(?=\.?$|\. )/m.exec((error as Error).message)?.[0] ?? '');
  }
}

export function wrongUsage(problem: string): never {
  process.stderr.write(`${problem} (--help explains the options)\n`);
  process.exit(2);
}

export function wholeNumber(option: string, text: string, min: number): number {
  const number = Number(text);
  return Number.isSafeInteger(number) && number >= min ? number : wrongUsage(`--${option} must be a whole number of at least ${min}`);
}

function helpOf({ usage, options }: Script): string {
  const rows = Object.entries(options).map(([name, { value, help, default: preset }]) => {
    const words = typeof preset === 'string' ? `${help} Default ${preset}.` : help;
    return [`--${name}${value === undefined ? '' : ` ${value}`}`, words] as const;
  });
  const width = Math.max(...rows.map(([option]) => option.length));
  return [usage, '', ...rows.map(([option, help]) => `  ${option.padEnd(width)}  ${help}`), ''].join('\n');
}
