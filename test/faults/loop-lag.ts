/** Loaded into a core by NODE_OPTIONS, beside the program: writes how late its event loop was, a line for each tick, to the file LOOP_LAG_FILE. */
import { appendFileSync } from 'node:fs';

const TICK_MS = 10;
const FLUSH_MS = 500;

const file = process.env['LOOP_LAG_FILE'];
if (file !== undefined) {
  const lines: string[] = [];
  let due = performance.now() + TICK_MS;
  setInterval(() => {
    const now = performance.now();
    lines.push(`${Date.now()} ${Math.max(0, now - due).toFixed(2)}`);
    due = now + TICK_MS;
  }, TICK_MS).unref();
  setInterval(() => appendFileSync(file, `${lines.splice(0).join('\n')}\n`), FLUSH_MS).unref();
}
