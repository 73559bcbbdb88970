/**
 * A grow-only counter (G-Counter): one slot for each instance that adds, and only that one raises it. Merging takes the higher value of each slot, so the order and
 * the number of merges make no difference. The count is the sum. The same forms as in the example `counter`, which is written in TypeScript.
 */
import { Reader } from './reader';

/** Whatever arrives is bounded. */
const MAX_SLOTS: i32 = 10_000;
/** So much that the sum of all slots is exact in every language: 2^53 / MAX_SLOTS. */
export const MAX_AMOUNT: u64 = 900_719_925_474;

export type Slots = Map<string, u64>;

/** Takes the higher value of each slot. */
export function merge(into: Slots, from: Slots): void {
  const names = from.keys();
  for (let index = 0; index < names.length; index++) raise(into, names[index], from.get(names[index]));
}

export function raise(slots: Slots, name: string, amount: u64): void {
  const has = slots.has(name);
  if (!has && slots.size >= MAX_SLOTS) return;
  const known: u64 = has ? slots.get(name) : 0;
  slots.set(name, min(MAX_AMOUNT, max(known, amount)));
}

export function total(slots: Slots): u64 {
  const amounts = slots.values();
  let sum: u64 = 0;
  for (let index = 0; index < amounts.length; index++) sum += amounts[index];
  return sum;
}

export function textOf(slots: Slots): string {
  const names = slots.keys();
  const fields = new Array<string>(names.length);
  for (let index = 0; index < names.length; index++) fields[index] = '"' + names[index] + '":' + slots.get(names[index]).toString();
  return '{' + fields.join(',') + '}';
}

/** What another node, or an older instance, says; null where it is anything else. */
export function readSlots(reader: Reader): Slots | null {
  const slots = new Map<string, u64>();
  reader.expect(0x7b);
  if (!reader.next(0x7d)) {
    do {
      const name = reader.plainText();
      reader.expect(0x3a);
      const amount = reader.whole(MAX_AMOUNT);
      if (reader.failed || !isInstanceId(name) || slots.size >= MAX_SLOTS) return null;
      slots.set(name, amount);
    } while (reader.next(0x2c));
    reader.expect(0x7d);
  }
  return reader.failed ? null : slots;
}

function isInstanceId(name: string): bool {
  if (name.length != 32) return false;
  for (let index = 0; index < name.length; index++) {
    const digit = name.charCodeAt(index);
    if (!((digit >= 0x30 && digit <= 0x39) || (digit >= 0x61 && digit <= 0x66))) return false;
  }
  return true;
}
