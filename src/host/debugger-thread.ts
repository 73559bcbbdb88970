/**
 * The thread of a host that speaks with debuggers, by the core: it goes on while the module stands at a breakpoint. What debuggers say is the protocol of
 * V8's inspector, a message in each line.
 */
import type { Session } from 'node:inspector';
import { Socket } from 'node:net';
import { COMES, GOES, LineReader } from './lines.ts';

/** The word by which the host's program knows that it runs in this thread. */
export const DEBUGGER_THREAD = 'debugger-thread';
/** The host's second pipe. */
const DEBUGGER_FD = 4;

interface Command {
  readonly id: number;
  readonly method: string;
  readonly params?: object;
}

/** How Node words the error of a command. */
const ERROR = /^Inspector error (-?\d+): ([^]*)$/;
const NO_JSON = -32_700;
const NO_COMMAND = -32_600;
const INTERNAL = -32_603;

export function runDebuggerThread(): void {
  const inspector = process.getBuiltinModule('node:inspector');
  const { parentPort: main } = process.getBuiltinModule('node:worker_threads');
  const pipe = new Socket({ fd: DEBUGGER_FD, readable: true, writable: true });
  const reader = new LineReader();
  let session: Session | null = null;
  const say = (line: string): void => void pipe.write(`${line}\n`);
  const open = (): Session => {
    const opened = new inspector.Session();
    opened.connectToMainThread();
    opened.on('inspectorNotification', (message) => say(JSON.stringify(message)));
    return opened;
  };
  const take = (line: string): void => {
    if (line === COMES) session = open();
    else if (line === GOES) {
      session?.disconnect();
      session = null;
      say(GOES);
    } else if (session !== null) ask(session, line, say);
  };
  pipe.on('data', (chunk: Buffer) => {
    for (const line of reader.push(chunk)) take(line);
  });
  // With the core the host ends, but not while it stands at a breakpoint.
  for (const end of ['error', 'close'] as const) pipe.on(end, () => session?.disconnect());
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads
  main?.postMessage('ready');
}

function ask(session: Session, line: string, say: (line: string) => void): void {
  let command: unknown;
  try {
    command = JSON.parse(line) as unknown;
  } catch (error) {
    return say(JSON.stringify({ error: { code: NO_JSON, message: (error as Error).message } }));
  }
  if (!isCommand(command))
    return say(JSON.stringify({ error: { code: NO_COMMAND, message: 'a command has an id, a method and perhaps params' } }));
  const { id, method, params } = command;
  session.post(method, params, (error, result) => say(JSON.stringify(error === null ? { id, result } : { id, error: errorOf(error) })));
}

/** What a debugger says is not Node's to throw at: that would end the instance. */
function isCommand(said: unknown): said is Command {
  if (typeof said !== 'object' || said === null) return false;
  const { id, method, params = {} } = said as Partial<Record<keyof Command, unknown>>;
  return Number.isSafeInteger(id) && typeof method === 'string' && typeof params === 'object' && params !== null && !Array.isArray(params);
}

function errorOf({ message }: Error): { code: number; message: string } {
  const [, code, text] = ERROR.exec(message) ?? [];
  return { code: Number(code ?? INTERNAL), message: text ?? message };
}
