/** Shares, sizes and rates as people write them: `10%`, `1%/min`, `5MB`, `10Mbit`. */
import { GossipError } from '../../model/errors.ts';

const SHARE = /^(\d{1,3}(?:\.\d{1,6})?)%$/;
const SIZE = /^(\d{1,9}(?:\.\d{1,3})?)(B|KB|KiB|MB|MiB|GB|GiB)$/i;
const BIT_RATE = /^(\d{1,9}(?:\.\d{1,3})?)(bit|kbit|Mbit|Gbit)(?:\/s)?$/i;

const BYTES: Readonly<Record<string, number>> = { b: 1, kb: 1e3, kib: 2 ** 10, mb: 1e6, mib: 2 ** 20, gb: 1e9, gib: 2 ** 30 };
const BITS: Readonly<Record<string, number>> = { bit: 1, kbit: 1e3, mbit: 1e6, gbit: 1e9 };
const MINUTES: Readonly<Record<string, number>> = { s: 1 / 60, sec: 1 / 60, m: 1, min: 1, h: 60 };

/** From 0 to 1, of a text such as `10%`. */
export function parseShare(text: string): number {
  const [, percent] = SHARE.exec(text) ?? [];
  const share = Number(percent) / 100;
  if (percent !== undefined && share <= 1) return share;
  throw usage(`'${text}' is not a share`, 'Write a percentage from 0% to 100%, such as 10% or 0.5%.');
}

/** A share in a minute, of a text such as `1%/min`; `/s` and `/h` are understood too. */
export function parseChurn(text: string): number {
  const [share = '', unit = '', ...rest] = text.split('/');
  const minutes = MINUTES[unit];
  if (minutes === undefined || rest.length > 0 || !SHARE.test(share)) {
    throw usage(`'${text}' is not a churn`, 'Write the share of the nodes that restart in a time: 1%/min, 0.1%/s or 20%/h.');
  }
  const perMinute = parseShare(share) / minutes;
  if (perMinute <= 1) return perMinute;
  throw usage(`'${text}' is more than all nodes in a minute`, 'Write at most 100%/min.');
}

/** Bytes, of a text such as `5MB` or `64KiB`. */
export function parseSize(text: string): number {
  const bytes = measure(SIZE, BYTES, text);
  if (bytes !== undefined) return Math.round(bytes);
  throw usage(`'${text}' is not a size`, 'Write a number and a unit: 500KB, 5MB or 1GiB.');
}

/** Bits in a second, of a text such as `10Mbit`. */
export function parseBitRate(text: string): number {
  const bits = measure(BIT_RATE, BITS, text);
  if (bits !== undefined && bits > 0) return bits;
  throw usage(`'${text}' is not a bandwidth`, 'Write a number above 0 and a unit: 64kbit, 10Mbit or 1Gbit (in a second).');
}

/** `10%`, `0.5%`. */
export function formatShare(share: number): string {
  return `${Number((share * 100).toPrecision(4))}%`;
}

/** `900 B`, `1.2 KB`, `5 MB`. */
export function formatSize(bytes: number): string {
  return scaled(bytes, ['B', 'KB', 'MB', 'GB', 'TB']);
}

/** `64 kbit/s`, `10 Mbit/s`. */
export function formatBitRate(bits: number): string {
  return scaled(bits, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s']);
}

function scaled(amount: number, units: readonly string[]): string {
  let unit = 0;
  let rest = amount;
  while (Number(rest.toPrecision(3)) >= 1_000 && unit < units.length - 1) {
    rest /= 1_000;
    unit += 1;
  }
  return `${Number(rest.toPrecision(3))} ${units[unit]}`;
}

function measure(form: RegExp, units: Readonly<Record<string, number>>, text: string): number | undefined {
  const [, amount, unit = ''] = form.exec(text) ?? [];
  const factor = units[unit.toLowerCase()];
  return amount === undefined || factor === undefined ? undefined : Number(amount) * factor;
}

function usage(message: string, advice: string): GossipError {
  return new GossipError('GOSSIP_E_USAGE', message, { advice });
}
