/**
 * A grow-only counter (G-Counter): one slot for each that adds, and only he raises it. Of two values of a slot the higher is the later one, so merging is
 * taking the maximum: in any order, any number of times, the outcome is the same. The count is the sum.
 */
import { asInteger, asObject, BadInput } from 'gossip/sdk';
import type { Json, JsonObject } from 'gossip/sdk';

/** Whatever arrives is bounded: 10,000 slots are half a megabyte, and half of what a message may hold. */
const MAX_SLOTS = 10_000;
/** So much that the sum of all slots is still exact. */
const MAX_AMOUNT = Math.floor(Number.MAX_SAFE_INTEGER / MAX_SLOTS);

export type Slots = ReadonlyMap<string, number>;

export class GrowOnlyCounter {
  readonly #slots = new Map<string, number>();

  get total(): number {
    return [...this.#slots.values()].reduce((sum, amount) => sum + amount, 0);
  }

  get size(): number {
    return this.#slots.size;
  }

  add(slot: string, amount: number): void {
    this.#raise(slot, (this.#slots.get(slot) ?? 0) + asInteger(amount, 'the amount', { max: MAX_AMOUNT }));
  }

  merge(slots: Slots): void {
    for (const [slot, amount] of slots) this.#raise(slot, amount);
  }

  json(): JsonObject {
    return Object.fromEntries(this.#slots);
  }

  #raise(slot: string, amount: number): void {
    const known = this.#slots.get(slot);
    if (known === undefined && this.#slots.size >= MAX_SLOTS) return;
    this.#slots.set(slot, Math.min(MAX_AMOUNT, Math.max(amount, known ?? 0)));
  }
}

/** Checks what another node, or an older instance, says. */
export function parseSlots(value: Json | undefined): Slots {
  const entries = Object.entries(asObject(value, 'the slots'));
  if (entries.length > MAX_SLOTS) throw new BadInput(`more than ${MAX_SLOTS} slots`);
  return new Map(entries.map(([slot, amount]) => [parseSlot(slot), asInteger(amount, 'an amount', { max: MAX_AMOUNT })]));
}

/** Slots bear ids of instances. */
export function parseSlot(slot: string | undefined): string {
  if (slot !== undefined && /^[0-9a-f]{32}$/.test(slot)) return slot;
  throw new BadInput('a slot must have the id of an instance');
}
