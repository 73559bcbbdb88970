/** Processes of this machine as /proc shows them: who began whom, what they took of the processors, what they hold of the memory. */
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessStat {
  readonly pid: number;
  readonly name: string;
  readonly parent: number;
  /** Processor time in ticks, that of ended children included. */
  readonly ticks: number;
}

/** Ticks in a second: the kernel tells all programs this number, whatever its own. */
export const TICKS_PER_SECOND = 100;

/** Every process that can be seen; empty where there is no /proc. */
export function allProcesses(): ProcessStat[] {
  return list('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const text = read(`/proc/${pid}/stat`);
      return text === null ? [] : [parseStat(text)];
    });
}

/** `PID (name) state parent …`; the name may hold anything, parentheses too. */
export function parseStat(text: string): ProcessStat {
  const [open, close] = [text.indexOf('('), text.lastIndexOf(')')];
  const fields = text.slice(close + 2).split(' ');
  const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0);
  return { pid: Number.parseInt(text, 10), name: text.slice(open + 1, close), parent: Number(fields[1]), ticks };
}

/** Of these processes all that they began, and what those began; not themselves. */
export function descendants(roots: readonly number[], all: readonly ProcessStat[]): number[] {
  const children = Map.groupBy(all, ({ parent }) => parent);
  const found: number[] = [];
  const open = [...roots];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    const own = (children.get(pid) ?? []).map((child) => child.pid);
    found.push(...own);
    open.push(...own);
  }
  return found;
}

/** Processes that name something in this directory: nodes name their data, hosts their code. Zombies name nothing any more. */
export function processesBelow(directory: string): number[] {
  return list('/proc')
    .filter((pid) => /^\d+$/.test(pid) && read(`/proc/${pid}/cmdline`)?.includes(`${directory}/`) === true)
    .map(Number);
}

/** Processor time of a process so far, in milliseconds: finer than ticks, and of its own threads alone. 0 once it has ended. */
export function processorMs(pid: number): number {
  const directory = `/proc/${pid}/task`;
  const threads = list(directory).map((thread) => Number.parseInt(read(`${directory}/${thread}/schedstat`) ?? '0', 10));
  return threads.reduce((sum, ns) => sum + ns, 0) / 1e6;
}

/** Its part of the memory: pages shared by n processes count one nth. Null where the system does not tell. */
export function pssBytes(pid: number): number | null {
  const kibibytes = /^Pss:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? '')?.[1];
  return kibibytes === undefined ? null : Number(kibibytes) * 1_024;
}

export interface Busy {
  /** Ticks that all processors spent for processes. */
  readonly ticks: number;
  /** Ticks that a virtual machine waited for its host. */
  readonly stolen: number;
}

export function busy(text: string | null = read('/proc/stat')): Busy | null {
  const fields = /^cpu\s+(.*)$/m
    .exec(text ?? '')?.[1]
    ?.split(' ')
    .map(Number);
  if (fields === undefined) return null;
  const [user = 0, nice = 0, system = 0, , , , , stolen = 0] = fields;
  return { ticks: user + nice + system, stolen };
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** Null: not there, gone meanwhile, or not ours to read. */
function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
