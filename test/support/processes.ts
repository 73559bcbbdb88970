/** Processes of this machine, found by a path on their command line: nodes name their data directory, module hosts their code's. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The ids of those that name something in `directory`; zombies have no command line any more. */
export async function processesBelow(directory: string): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-ww', '-o', 'pid=,args='], { maxBuffer: 16 * 1024 * 1024 });
  const lines = stdout.split('\n').filter((line) => line.includes(`${directory}/`));
  return lines.map((line) => Number.parseInt(line, 10));
}

/** Runs `act`, and ends whatever it left running below `directory`, which is the caller's alone. */
export async function endingAllBelow<Result>(directory: string, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } finally {
    for (const pid of await processesBelow(directory)) kill(pid);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
