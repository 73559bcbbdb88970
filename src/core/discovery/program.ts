/** Addresses that a program prints: it is started without arguments, without a shell, and with nothing of the node's environment but PATH. */
import { GossipError } from '../../model/errors.ts';
import { MAX_TOLD, safeText } from '../../model/safe-text.ts';
import { ProgramRun } from '../event-handlers/program-run.ts';
import type { ProgramEnd } from '../event-handlers/program-run.ts';
import { MAX_SOURCE_BYTES, SOURCE_MS } from './limits.ts';

const ENDING_MS = 1_000;
const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin';
/** Of the capture of its lines: more than is taken, so that what is too much is noticed. */
const CAPTURED = { linesPerSecond: 2 * MAX_SOURCE_BYTES, bytesPerSecond: 2 * MAX_SOURCE_BYTES };

/** What it printed. @throws GOSSIP_E_JOIN_FROM where it cannot be started, fails, takes longer than 10 s or prints more than 64 KiB */
export async function textOfProgram(program: string, stopped: AbortSignal): Promise<string> {
  const lines: string[] = [];
  let bytes = 0;
  let complaint = '';
  const run: ProgramRun = new ProgramRun({
    program,
    environment: { PATH: process.env['PATH'] ?? DEFAULT_PATH },
    input: '',
    deadlineMs: SOURCE_MS,
    endingMs: ENDING_MS,
    log: CAPTURED,
    onLine: (line, stream) => {
      if (stream === 'stderr') complaint = line;
      if (stream === 'stderr' || bytes > MAX_SOURCE_BYTES) return;
      bytes += Buffer.byteLength(line) + 1;
      if (bytes > MAX_SOURCE_BYTES) run.stop(0);
      else lines.push(line);
    },
  });
  const stop = (): void => run.stop(0);
  if (stopped.aborted) stop();
  stopped.addEventListener('abort', stop);
  const end = await run.ended.finally(() => stopped.removeEventListener('abort', stop));
  const why = bytes > MAX_SOURCE_BYTES ? `prints more than ${MAX_SOURCE_BYTES / 1024} KiB` : failing(end, complaint);
  if (why !== null) throw new GossipError('GOSSIP_E_JOIN_FROM', `${safeText(program, MAX_TOLD)} ${why}`, { cause: end.error });
  return lines.join('\n');
}

function failing({ error, late, exitCode, signal }: ProgramEnd, complaint: string): string | null {
  if (error !== null) return `cannot be started: ${error.message}`;
  if (late) return `takes longer than ${SOURCE_MS} ms`;
  if (exitCode === 0) return null;
  const said = complaint === '' ? '' : `: ${safeText(complaint, MAX_TOLD)}`;
  return `ends with ${signal ?? `code ${exitCode}`}${said}`;
}
