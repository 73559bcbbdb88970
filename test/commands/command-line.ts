/** Runs command lines in this process, and keeps what they print. */
import { runProgram } from '../../src/commands/terminal/program.ts';
import { capture } from '../support/commands.ts';
import { requireValid } from '../support/json-schema.ts';

export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `gossip ARGV`, to its end. One at a time: the streams are the process's own. */
export async function gossip(...argv: readonly string[]): Promise<Outcome> {
  const out = capture(process.stdout);
  const err = capture(process.stderr);
  try {
    const exitCode = await runProgram(argv);
    return { exitCode, stdout: out.text(), stderr: err.text() };
  } finally {
    out.end();
    err.end();
  }
}

/** What the tests look at in the JSON of commands. */
export interface Printed {
  readonly [index: number]: Printed;
  readonly length: number;
  readonly deployment: string;
  readonly code: string;
  readonly cluster: string;
  readonly token: string;
  readonly id: string;
  readonly converged: unknown;
  readonly newest: Readonly<Record<string, unknown>>;
  readonly error: { readonly code: string };
}

/** The same with `--json`: what it printed, parsed. */
export async function gossipJson(...argv: readonly string[]): Promise<{ readonly exitCode: number; readonly json: Printed }> {
  const { exitCode, stdout, stderr } = await gossip(...argv, '--json');
  if (stderr !== '') throw new Error(`on stderr: ${stderr}`);
  const json = JSON.parse(stdout) as Printed;
  requireValid(argv, json);
  return { exitCode, json };
}
