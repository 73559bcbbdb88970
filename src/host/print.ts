/** The host's own output lines, which do not depend on what the module does to the console. */
import { levelledText } from '../sdk/log-level.ts';
import type { LineLevel } from '../sdk/log-level.ts';

export function print(line: string, level: LineLevel = 'info'): void {
  process.stdout.write(`${levelledText(line, level, 'info')}\n`);
}

export function printError(line: string): void {
  process.stderr.write(`${levelledText(line, 'error', 'error')}\n`);
}
