/** What a process takes of the system, by /proc. */
import { readdir, readFile } from 'node:fs/promises';

const PAGE_BYTES = 4_096;

export async function residentBytes(pid: number): Promise<number> {
  const [, pages = ''] = (await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ');
  return Number(pages) * PAGE_BYTES;
}

export async function openDescriptors(pid: number): Promise<number[]> {
  return (await readdir(`/proc/${pid}/fd`)).map(Number);
}
