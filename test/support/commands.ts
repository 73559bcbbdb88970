/** Commands of the built program within the test's own process: one costs milliseconds there, and a quarter of a second as a process. */
import type * as ProgramModule from '../../src/commands/terminal/program.ts';
import { built } from './built.ts';

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let isRunning = false;

/**
 * `gossip ARGS`, to its end, as it runs in `cwd` with these variables and no other GOSSIP_* ones. Null while another command runs: the
 * streams, the environment and the directory are the process's own.
 */
export async function commandHere(
  args: readonly string[],
  cwd: string,
  variables: Readonly<Record<`GOSSIP_${string}`, string>>,
): Promise<Said | null> {
  if (isRunning) return null;
  isRunning = true;
  const restore = [capture(process.stdout), capture(process.stderr), environment(variables), directory(cwd)] as const;
  try {
    const code = await (built('commands/terminal/program.js') as typeof ProgramModule).runProgram(args);
    return { code, stdout: restore[0].text(), stderr: restore[1].text() };
  } finally {
    for (const { end } of restore) end();
    isRunning = false;
  }
}

/** Keeps what is written from now on, until its end. */
export function capture(stream: NodeJS.WriteStream): { text: () => string; end: () => void } {
  const original = stream.write.bind(stream);
  let text = '';
  stream.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    const written = rest.at(-1);
    if (typeof written === 'function') process.nextTick(written);
    return true;
  };
  return { text: () => text, end: () => void (stream.write = original) };
}

function environment(variables: Readonly<Record<string, string>>): { end: () => void } {
  const before = { ...process.env };
  for (const name of Object.keys(before)) if (name.startsWith('GOSSIP_')) delete process.env[name];
  Object.assign(process.env, variables);
  return {
    end() {
      for (const name of Object.keys(variables)) delete process.env[name];
      Object.assign(process.env, before);
    },
  };
}

function directory(cwd: string): { end: () => void } {
  const before = process.cwd();
  process.chdir(cwd);
  return { end: () => process.chdir(before) };
}
