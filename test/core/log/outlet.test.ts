/** Readers that stand still (attack C13): what they do not take is dropped and counted, and the process goes on. */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { neverWait, Outlet } from '../../../src/core/log/outlet.ts';
import type { Reader } from '../../../src/core/log/outlet.ts';

const LOUD = join(import.meta.dirname, 'fixtures', 'loud.ts');
const LOUD_BYTES = 4_000_000;

/** A reader that takes nothing until it is told to. */
class Stalled implements Reader {
  writable = true;
  writableLength = 0;
  readonly lines: string[] = [];
  write(text: string): boolean {
    this.writableLength += text.length;
    this.lines.push(text);
    return false;
  }
  on(): void {}
}

describe('a reader that stands still', () => {
  test('costs lines, which are counted, and bounded memory', () => {
    const reader = new Stalled();
    const outlet = new Outlet(reader, (dropped) => reader.write(`${dropped} dropped\n`), 1_000);
    for (let line = 0; line < 500; line += 1) outlet.write('0123456789');
    expect([reader.lines.length, reader.writableLength, outlet.dropped]).toEqual([101, 1_010, 399]);
    reader.writableLength = 0;
    outlet.write('again');
    expect([...reader.lines.slice(-2), outlet.dropped]).toEqual(['399 dropped\n', 'again', 0]);
  });

  test('that has gone away costs all lines', () => {
    const reader = Object.assign(new Stalled(), { writable: false });
    const outlet = new Outlet(reader, () => undefined);
    outlet.write('nobody reads this');
    expect([reader.lines, outlet.dropped]).toEqual([[], 1]);
  });
});

test('a terminal is told that no write waits for it, and nothing else is touched', () => {
  const told: boolean[] = [];
  const handle = { setBlocking: (waits: boolean) => void told.push(waits) };
  neverWait({ isTTY: true, _handle: handle });
  neverWait({ _handle: handle });
  neverWait({ isTTY: true });
  expect(told).toEqual([false]);
});

describe('attack C13: nobody reads the log of a process', () => {
  type Loud = ChildProcessByStdio<Writable, Readable, Readable>;
  let child: Loud | undefined;
  afterEach(() => child?.kill('SIGKILL'));

  function start(how: 'outlet' | 'waiting'): Loud {
    child = spawn(process.execPath, [LOUD, how], { stdio: ['pipe', 'pipe', 'pipe'] });
    return child;
  }

  test('it gets through all the same, and says how many lines were lost once somebody reads', async () => {
    const loud = start('outlet');
    await once(loud.stdout, 'data');
    let log = '';
    loud.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
    while (!log.includes('x'.repeat(1_000))) await setImmediate();
    // The rest of what waited is taken before the next line is written.
    while (log.length < 1_000_000) await once(loud.stderr, 'data');
    loud.stdin.write('go on\n');
    await once(loud, 'close');
    expect(log.length).toBeLessThan(LOUD_BYTES / 2);
    const [, dropped] = /"dropped":(\d+),"msg":"nobody took the log; lines are lost"/.exec(log) ?? [];
    expect(Number(dropped)).toBeGreaterThan(2_000);
  });

  test('without the outlet it stands still until every line has been read', async () => {
    const loud = start('waiting');
    let read = 0;
    loud.stderr.on('data', (chunk: Buffer) => (read += chunk.length));
    await once(loud.stdout, 'data');
    // All but what the pipe holds.
    expect(read).toBeGreaterThan(LOUD_BYTES / 2);
  });
});
