import { describe, expect, it } from 'vitest';
import {
  formatBitRate,
  formatShare,
  formatSize,
  parseBitRate,
  parseChurn,
  parseShare,
  parseSize,
} from '../../../src/operator/units/quantity.ts';

const usage = expect.objectContaining({ code: 'GOSSIP_E_USAGE', advice: expect.stringMatching(/^Write /) as string }) as Error;

describe('shares', () => {
  it.each([
    ['0%', 0],
    ['10%', 0.1],
    ['0.5%', 0.005],
    ['100%', 1],
  ])('reads %s as %d', (text, share) => expect(parseShare(text)).toBeCloseTo(share, 12));

  it.each(['', '10', '%', '140%', '-1%', '1e1%', '10 %', '100.1%', '10%%'])('refuses %o', (text) =>
    expect(() => parseShare(text)).toThrow(usage),
  );

  it.each([
    [0.1, '10%'],
    [0.005, '0.5%'],
    [0.1 + 0.2, '30%'],
    [0, '0%'],
  ])('shows %d as %s', (share, text) => expect(formatShare(share)).toBe(text));
});

describe('churn', () => {
  it.each([
    ['1%/min', 0.01],
    ['1%/m', 0.01],
    ['60%/h', 0.01],
    ['0.5%/s', 0.3],
    ['0%/min', 0],
  ])('reads %s as %d in a minute', (text, share) => expect(parseChurn(text)).toBeCloseTo(share, 12));

  it.each(['1%', '1/min', '1%/', '1%/day', '1%/min/min', '140%/min', '2%/s', '1%/constructor'])('refuses %o', (text) =>
    expect(() => parseChurn(text)).toThrow(usage),
  );
});

describe('sizes', () => {
  it.each([
    ['0B', 0],
    ['500B', 500],
    ['1KB', 1_000],
    ['64KiB', 65_536],
    ['5MB', 5_000_000],
    ['1.5mb', 1_500_000],
    ['1GiB', 2 ** 30],
  ])('reads %s as %i bytes', (text, bytes) => expect(parseSize(text)).toBe(bytes));

  it.each(['', '5', 'MB', '5 MB', '-5MB', '5Mbit', '5XB', '1e3B'])('refuses %o', (text) => expect(() => parseSize(text)).toThrow(usage));

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [999.9, '1 KB'],
    [1_234, '1.23 KB'],
    [5_000_000, '5 MB'],
    [12e15, '12000 TB'],
  ])('shows %d bytes as %s', (bytes, text) => expect(formatSize(bytes)).toBe(text));
});

describe('bandwidths', () => {
  it.each([
    ['64kbit', 64_000],
    ['10Mbit', 10_000_000],
    ['10Mbit/s', 10_000_000],
    ['2.5Gbit', 2_500_000_000],
  ])('reads %s as %i bits in a second', (text, bits) => expect(parseBitRate(text)).toBe(bits));

  it.each(['', '10', '10MB', '0Mbit', '10 Mbit', '10Mbit/min'])('refuses %o', (text) => expect(() => parseBitRate(text)).toThrow(usage));

  it('shows them with their unit', () => expect([64_000, 1e7].map(formatBitRate)).toEqual(['64 kbit/s', '10 Mbit/s']));
});
