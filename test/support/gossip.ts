/** Gossip as an operator meets it: the built program, in processes of its own, each of which is ended whatever happens. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { isBuilt } from '../../scripts/fingerprint.mjs';
import { commandHere } from './commands.ts';
import { atTestEnd } from './endings.ts';
import { printsLines, requireValid, requireValidLines } from './json-schema.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PROGRAM = join(ROOT, 'bin', 'gossip');
/** No command of these tests takes this long, on the slowest machine. */
const COMMAND_MS = 120_000;
const POLL_MS = 100;
/** Modules of the tests that die do so at once, or the test says how long it takes. */
const SETTLE = '1s';

/** What the tests look at in the JSON of commands. */
export interface Printed {
  readonly [field: string]: Printed;
  readonly [index: number]: Printed;
}

/** How a command ended, and what it printed. */
export interface Ran<Json = Printed> {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output, parsed, when `--json` was asked for. */
  readonly json: Json;
}

export interface RunSettings {
  /** `GOSSIP_HOME`: the operator's settings. */
  readonly home: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Another build of the program, such as the previous release's. */
  readonly program?: string;
  /** Words before the program, such as `faketime '+1h'`. */
  readonly through?: readonly string[];
}

if (!isBuilt(ROOT)) throw new Error("The program in dist is not built from these sources: run 'npm run build'.");

const running = new Set<Launched>();
process.once('exit', () => {
  for (const { child } of running) child.kill('SIGKILL');
});

/** `gossip ARGS`, to its end, in a process of its own. */
export async function gossip<Json = Printed>(args: readonly string[], settings: RunSettings): Promise<Ran<Json>> {
  const { ended, child } = launch(args, settings);
  const deadline = setTimeout(() => child.kill('SIGKILL'), COMMAND_MS);
  try {
    const { code, stdout, stderr } = await ended;
    return { code, stdout, stderr, json: jsonOf(args, stdout, stderr, settings.program === undefined) as Json };
  } finally {
    clearTimeout(deadline);
  }
}

/** The same within this process, where that a command is one does not matter; what comes while another one runs gets its own all the same. */
export async function gossipHere<Json = Printed>(args: readonly string[], home: string, cwd = home): Promise<Ran<Json>> {
  const said = await commandHere(args, cwd, { GOSSIP_SETTLE: SETTLE, GOSSIP_HOME: home });
  return said === null ? gossip<Json>(args, { home, cwd }) : { ...said, json: jsonOf(args, said.stdout, said.stderr) as Json };
}

/** What it printed must be JSON and nothing else, in the form that its schema says; of another build of the program in any form. */
function jsonOf(args: readonly string[], stdout: string, stderr: string, isThisProgram = true): unknown {
  if (!args.includes('--json')) return undefined;
  const json = parsed(args, stdout, stderr);
  if (isThisProgram && !printsLines(args)) requireValid(args, json);
  return json;
}

function parsed(args: readonly string[], stdout: string, stderr: string): unknown {
  try {
    return JSON.parse(stdout);
  } catch (cause) {
    throw new Error(`gossip ${args.join(' ')} printed no JSON: ${stdout}\n${stderr}`, { cause });
  }
}

/** A command that was started. */
export interface Launched {
  readonly child: ChildProcess;
  readonly home: string;
  /** What it has printed so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<{
    readonly code: number | null;
    readonly signal: NodeJS.Signals | null;
    readonly stdout: string;
    readonly stderr: string;
  }>;
}

/** `gossip ARGS`, started. */
export function launch(args: readonly string[], { home, cwd, env, program = PROGRAM, through = [] }: RunSettings): Launched {
  const [command, ...rest] = [...through, program, ...args] as [string, ...string[]];
  const child = spawn(command, rest, {
    cwd: cwd ?? home,
    env: { ...cleanEnvironment(), GOSSIP_SETTLE: SETTLE, GOSSIP_HOME: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const ended = new Promise<Awaited<Launched['ended']>>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      running.delete(launched);
      try {
        // An error is no line, and ends with a code of its own.
        if (program === PROGRAM && args.includes('--json') && printsLines(args) && !stdout.startsWith('{\n'))
          requireValidLines(args, stdout);
        resolve({ code, signal, stdout, stderr });
      } catch (fault) {
        reject(fault);
      }
    });
  });
  const launched: Launched = { child, home, ended, stdout: () => stdout, stderr: () => stderr };
  running.add(launched);
  return launched;
}

/** Settings of whoever runs the tests must not reach the program. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GOSSIP_') && !name.startsWith('VITEST')));
}

/** A node in a process of its own: `gossip node run --json ARGS`. */
export interface RunningNode {
  readonly name: string;
  readonly id: string;
  readonly address: string;
  readonly pid: number;
  /** Sends a signal, and resolves when the node has ended. */
  stop(signal?: NodeJS.Signals): Promise<Awaited<Launched['ended']>>;
  signal(signal: NodeJS.Signals): void;
  /** What it has logged so far. */
  readonly log: () => string;
  readonly ended: Launched['ended'];
}

/** Resolves when the node is ready; rejects with what it printed when it ends before. */
export async function startNode(args: readonly string[], settings: RunSettings): Promise<RunningNode> {
  const { child, ended, stderr: log } = launch(['node', 'run', '--json', ...args], settings);
  const ready = await new Promise<{ name: string; id: string; address: string }>((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk) => {
      text += String(chunk);
      if (text.includes('"event":"ready"')) resolve(readyIn(text, settings.program === undefined) as never);
    });
    ended.then(({ code, stdout, stderr }) => reject(new Error(`the node ended with ${code}: ${stdout}${stderr}`)), reject);
  });
  const signal = (name: NodeJS.Signals): void => void child.kill(name);
  const stop = (name: NodeJS.Signals = 'SIGTERM') => (signal(name), ended);
  return { ...ready, pid: child.pid as number, ended, signal, stop, log };
}

function readyIn(text: string, isThisProgram: boolean): unknown {
  const line = text.slice(0, text.indexOf('\n') + 1);
  if (isThisProgram) requireValidLines(['node', 'run'], line);
  return JSON.parse(line);
}

/** A directory that is removed afterwards, with everything ended that still runs for an operator whose home lies in it. */
export async function withDirectory<Result>(act: (directory: string) => Promise<Result>): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'gossip-e2e-'));
  return tidily(
    () => act(directory),
    async () => {
      await endAllOf(directory);
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  );
}

/** `act`, then `tidy`: also when the test runs out of time, for then `act` is left behind and never ends. */
export async function tidily<Result>(act: () => Promise<Result>, tidy: () => Promise<void>): Promise<Result> {
  let tidied: Promise<void> | undefined;
  const once = (): Promise<void> => (tidied ??= tidy());
  atTestEnd(once);
  try {
    return await act();
  } finally {
    await once();
  }
}

/** Ends every command and node that still runs for an operator whose home lies in `directory`. */
export async function endAllOf(directory: string): Promise<void> {
  const left = [...running].filter(({ home }) => home.startsWith(directory));
  for (const { child } of left) child.kill('SIGKILL');
  await Promise.allSettled(left.map(({ ended }) => ended));
}

/** Waits for a condition: the first answer that is neither undefined nor false. */
export async function until<Answer>(
  what: string,
  probe: () => Promise<Answer | undefined | false>,
  { deadlineMs = 120_000, now = () => performance.now() } = {},
): Promise<Answer> {
  const end = now() + deadlineMs;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined && answer !== false) return answer;
    if (now() > end) throw new Error(`within ${deadlineMs} ms it did not come to be that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
