/**
 * Loaded into a core by NODE_OPTIONS, beside the program: writes a line for each tick to the file LOOP_LAG_FILE: when, how late the
 * event loop was, and how much processor time its thread took since the last tick (a machine that is busy elsewhere adds to the first alone).
 */
import { appendFileSync } from 'node:fs';

const TICK_MS = 10;
const FLUSH_MS = 500;

const file = process.env['LOOP_LAG_FILE'];
if (file !== undefined) {
  const lines: string[] = [];
  let due = performance.now() + TICK_MS;
  let used = process.threadCpuUsage();
  setInterval(() => {
    const now = performance.now();
    const { user, system } = process.threadCpuUsage(used);
    lines.push(`${Date.now()} ${Math.max(0, now - due).toFixed(2)} ${((user + system) / 1_000).toFixed(2)}`);
    due = now + TICK_MS;
    used = process.threadCpuUsage();
  }, TICK_MS).unref();
  setInterval(() => appendFileSync(file, `${lines.splice(0).join('\n')}\n`), FLUSH_MS).unref();
}
