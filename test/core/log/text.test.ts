/** Addresses to listen at, and text of others in the log (attack C11). */
import { describe, expect, test } from 'vitest';
import { advertisedAddress, parseListen } from '../../../src/core/transport/server/listen.ts';
import { jsonLine, prettyLine } from '../../../src/core/log/log.ts';

describe('where a node listens', () => {
  test.each([
    ['127.0.0.1:7946', { host: '127.0.0.1', port: 7_946 }],
    ['0.0.0.0:0', { host: '0.0.0.0', port: 0 }],
    ['[::1]:80', { host: '::1', port: 80 }],
  ])('%s is understood', (text, expected) => {
    expect(parseListen(text)).toEqual(expected);
  });

  test.each(['localhost:80', '127.0.0.1', ':80', '127.0.0.1:65536', '::1:80', '127.0.0.1:-1', '127.0.0.1:80 ', ''])(
    '%j is refused',
    (text) => {
      expect(() => parseListen(text)).toThrow(expect.objectContaining({ code: 'GOSSIP_E_ADDRESS' }));
    },
  );

  test('peers are told the address that was asked for, or else the bound one', () => {
    const bound = { host: '10.0.0.7', port: 7_946 };
    expect(advertisedAddress(bound, undefined)).toBe('10.0.0.7:7946');
    expect(advertisedAddress(bound, '10.1.0.7:80')).toBe('10.1.0.7:80');
    expect(() => advertisedAddress(bound, 'gossip.example:80')).toThrow(expect.objectContaining({ code: 'GOSSIP_E_ADDRESS' }));
  });
});

describe('attack C11: text of peers and modules', () => {
  const hostile = 'x\r\n10:31:26 info  forged\u001b[2J\u0007\u009b31m\u2028\u0000';

  test('makes neither a second line of the log nor a command to the terminal', () => {
    const entry = { level: 30, time: '2026-11-23T10:31:26.000Z', node: 'ada', msg: hostile, [hostile]: hostile, more: { deep: hostile } };
    const line = prettyLine(JSON.stringify(entry));
    // oxlint-disable-next-line no-control-regex -- control characters are what this is about
    expect(line.match(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g)).toEqual(['\n']);
    expect(line).toMatch(/^10:31:26 info {2}x\\u000d/);
    expect(line.endsWith('\n')).toBe(true);
  });

  test('is whole in the log as JSON, and steers and turns nothing there either', () => {
    const entry = { level: 30, msg: `${hostile}\u202e\u2066\ud800`, more: { [hostile]: '\u200b' } };
    const line = jsonLine(JSON.stringify(entry));
    // oxlint-disable-next-line no-control-regex -- control characters are what this is about
    expect(line.match(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]|\p{Cf}|\p{Cs}/gu)).toEqual(['\n']);
    expect(JSON.parse(line)).toEqual({ ...entry, msg: entry.msg.toWellFormed() });
    expect(line).not.toContain('ud800');
  });
});
