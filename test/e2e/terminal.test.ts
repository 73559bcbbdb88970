/** On a terminal: Ctrl-C reaches a command that shows its progress. (What watches the keys must not swallow it.) */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { until, withDirectory } from '../support/gossip.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/gossip', import.meta.url));
/** Makes a terminal for a command; that of macOS takes other words. */
const SCRIPT = '/usr/bin/script';
const ENDLESS = 'simulate --nodes 10 --interval 200ms --seeds 10000';

test.skipIf(process.platform !== 'linux' || !existsSync(SCRIPT))(
  'the key Ctrl-C interrupts, while a bar shows the progress',
  async () => {
    await withDirectory(async (home) => {
      const terminal = spawn(SCRIPT, ['-qefc', `stty cols 80 rows 24; exec ${PROGRAM} ${ENDLESS}`, '/dev/null'], {
        env: { PATH: process.env['PATH'], TERM: 'xterm', GOSSIP_HOME: home },
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      onTestFinished(() => void terminal.kill('SIGKILL'));
      let screen = '';
      terminal.stdout.on('data', (chunk) => (screen += String(chunk)));
      const ended = new Promise((resolve) => terminal.once('close', resolve));
      await until('it shows its progress', async () => screen.includes('of 10000 runs'));
      terminal.stdin.write('\u0003');
      expect(await ended).toBe(130);
      expect(screen).toContain('Interrupted; this is what was known by then.');
    });
  },
  60_000,
);
