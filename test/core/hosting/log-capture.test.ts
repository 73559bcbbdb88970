/** What a module prints cannot hurt: bounded, escaped, limited and counted (attacks C11, D9). */
import { describe, expect, it } from 'vitest';
import { LogCapture, MAX_LINE_BYTES, TAIL_LINES } from '../../../src/core/hosting/process/log-capture.ts';

function capture(limits = { linesPerSecond: 1_000, bytesPerSecond: 1_000_000 }) {
  const lines: [string, string][] = [];
  return { lines, log: new LogCapture(limits, (line, level) => lines.push([level, line])) };
}

describe('lines', () => {
  it('are put together from pieces, each stream by itself, also in the middle of a character', () => {
    const { lines, log } = capture();
    const text = Buffer.from('größe\nrest');
    log.push('stdout', text.subarray(0, 3));
    log.push('stderr', Buffer.from('other\n'));
    log.push('stdout', text.subarray(3));
    log.end();
    expect(lines).toEqual([
      ['error', 'other'],
      ['info', 'größe'],
      ['info', 'rest'],
    ]);
  });

  it('are cut at their longest, and the rest of them is skipped', () => {
    const { lines, log } = capture();
    for (let piece = 0; piece < 100; piece++) log.push('stdout', Buffer.alloc(1_000, 'x'));
    log.push('stdout', Buffer.from('\nnext\n'));
    expect(lines.map(([, line]) => line)).toEqual(['x'.repeat(MAX_LINE_BYTES) + '…', 'next']);
  });

  it('show control characters instead of obeying them', () => {
    const { lines, log } = capture();
    log.push('stdout', Buffer.from('\u001b]0;title\u0007\n'));
    expect(lines).toEqual([['info', '\\u001b]0;title\\u0007']]);
  });

  it('say their level as to the journals of systems; the others are news, or errors by where they were printed', () => {
    const { lines, log } = capture();
    log.push('stdout', Buffer.from('<7>seven\n<4>four\n<0>zero\n<8>none\n<6><3>twice\n'));
    log.push('stderr', Buffer.from('<6>six\nother\n'));
    expect(lines).toEqual([
      ['debug', 'seven'],
      ['warn', 'four'],
      ['error', 'zero'],
      ['info', '<8>none'],
      ['info', '<3>twice'],
      ['info', 'six'],
      ['error', 'other'],
    ]);
  });

  it('of the end are kept', () => {
    const { log } = capture();
    for (let line = 0; line < TAIL_LINES + 50; line++) log.push('stdout', Buffer.from(`${line}\n`));
    expect(log.tail).toHaveLength(TAIL_LINES);
    expect(log.tail.at(-1)).toBe(String(TAIL_LINES + 49));
  });
});

describe('a flood', () => {
  const flood = Buffer.from('spam\n'.repeat(10_000));

  it('is dropped and counted', () => {
    const { lines, log } = capture({ linesPerSecond: 10, bytesPerSecond: 1_000_000 });
    log.push('stdout', flood);
    for (let tick = 0; tick < 4; tick++) log.tick(250);
    log.push('stdout', flood);
    log.end();
    expect(lines.filter(([, line]) => line === 'spam')).toHaveLength(20);
    expect(lines.filter(([level]) => level === 'warn').map(([, line]) => line)).toEqual(['… 9990 lines lost', '… 9990 lines lost']);
  });

  it('of long lines is bounded in bytes', () => {
    const { lines, log } = capture({ linesPerSecond: 1_000, bytesPerSecond: 20_000 });
    log.push('stdout', Buffer.from(`${'x'.repeat(4_000)}\n`.repeat(100)));
    expect(lines.length).toBeLessThanOrEqual(6);
  });

  it('comes through whole when nothing limits it', () => {
    const { lines, log } = capture({ linesPerSecond: Infinity, bytesPerSecond: Infinity });
    log.push('stdout', flood);
    expect(lines).toHaveLength(10_000);
  });
});
