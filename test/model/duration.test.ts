import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../src/model/duration.ts';

describe('durations', () => {
  it.each([
    ['200ms', 200],
    ['5s', 5_000],
    ['1.5s', 1_500],
    ['10m', 600_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['0s', 0],
  ])('reads %s as %i ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['', '5', 's', '5 s', '-5s', '1e3s', '5S', '5w', '1.2345s', '9999999999s', '5s5s', '36501d', '999999999.9d'])(
    'refuses %o',
    (text) => expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'GOSSIP_E_USAGE' })),
  );

  it.each([
    [0, '0ms'],
    [-5, '0ms'],
    [999, '999ms'],
    [1_400, '1.4s'],
    [59_400, '59s'],
    [59_600, '1m'],
    [125_000, '2m5s'],
    [3_600_000, '1h'],
    [7_260_000, '2h1m'],
    [273_600_000, '3d4h'],
  ])('shows %i ms as %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
});
