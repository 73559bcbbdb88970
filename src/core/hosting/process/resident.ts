/** Resident memory of a process, as the system counts it: a heap limit says nothing about buffers (attack D8). */
import { readFileSync } from 'node:fs';

/** Of a system that Node supports and that has a /proc; elsewhere a host's own word is taken. */
const PAGE_BYTES = 4_096;

export function residentBytesOf(pid: number): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
  } catch {
    return undefined;
  }
}
