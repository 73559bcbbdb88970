/** Whether this machine has too much to do, by what Linux tells of tasks that wait for a processor (pressure stall information). */
import { readFile } from 'node:fs/promises';

/** Share of the last ten seconds in which some task waited, in per cent. */
const MOST_PRESSURE = 40;

/** False where the system does not tell. */
export async function isCrowded(file = '/proc/pressure/cpu'): Promise<boolean> {
  const told = await readFile(file, 'utf8').catch(() => '');
  return Number(/^some avg10=([\d.]+)/.exec(told)?.[1] ?? 0) > MOST_PRESSURE;
}
