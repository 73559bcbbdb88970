/** Faults 29 and 30: nobody takes what a node logs, and signals come that are not meant to end it, then one that is. */
import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gossip, gossipHere, startNode, until, withDirectory } from '../support/gossip.ts';
import { writeModule } from '../support/modules.ts';
import { findingsOf, ROW_MS } from './fault.ts';

const LOUD = `
export default class Loud {
  constructor(context) {
    this.context = context;
  }
  start() {
    this.context.every(20, () => { for (let line = 0; line < 20; line += 1) console.log('x'.repeat(500)); });
  }
  acceptState() {}
  receive() {
    return null;
  }
  transferState() {
    return 'kept';
  }
}
`;
/** With rounds this long no checkpoint comes before the end. */
const NO_CHECKPOINT = ['--interval', '10m'];
/** None of them is meant to end it. */
const SIGNALS = ['SIGHUP', 'SIGUSR2', 'SIGHUP'] as const;
/** Written whole or not at all. */
const BLOCK = Buffer.alloc(4_096);

test('row 29: log reader stalled; and row 30: SIGHUP, SIGUSR2, then SIGQUIT', { timeout: ROW_MS }, async ({ task }) => {
  const findings = findingsOf(task);
  await withDirectory(async (directory) => {
    const [home, data, fifo] = [join(directory, 'home'), join(directory, 'data'), join(directory, 'fifo')];
    await mkdir(home);
    expect(spawnSync('mkfifo', [fifo]).status).toBe(0);
    // Somebody has it open for reading and never reads.
    const reader = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      const through = ['sh', '-c', `exec "$0" "$@" 2>'${fifo}'`];
      const node = await startNode(['--found', '--data', data, '--listen', '127.0.0.1:0', ...NO_CHECKPOINT], { home, through });
      const code = await writeModule(directory, { name: 'loud', version: '1.0.0', source: LOUD });
      expect(await gossip(['deploy', code, '--no-check'], { home })).toMatchObject({ code: 0 });
      await until('the pipe is full', async () => isFull(reader));
      findings.inject(1 + SIGNALS.length);
      for (const signal of SIGNALS) node.signal(signal);
      await until('the module runs', async () => (await gossipHere(['status'], home)).stdout.includes('running'));
      expect(await readdir(join(data, 'state'))).toEqual([]);
      expect(await node.stop('SIGQUIT')).toMatchObject({ code: 0 });
    } finally {
      closeSync(reader);
    }
    // In order: with a last checkpoint, and its last word.
    expect((await readdir(join(data, 'state'))).length).toBeGreaterThan(0);
    expect(await readFile(join(data, 'journal.jsonl'), 'utf8')).toMatch(/"event":"stopped"\}\n$/);
    findings.outcome('the node and its module went on, and ended in order, with a last checkpoint');
  });
});

function isFull(pipe: number): boolean {
  try {
    writeSync(pipe, BLOCK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAGAIN';
  }
}
