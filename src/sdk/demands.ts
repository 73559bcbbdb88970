/** What the checks of the contract suite demand, and how they complain. */
import type { GossipModule } from './module.ts';

export function checkState(module: GossipModule): string {
  const state: unknown = module.transferState();
  demand(typeof state === 'string', 'transferState() does not give a text');
  return state;
}

/** The value's JSON, if it survives the way there and back. */
export function checkJson(value: unknown, what: string): string {
  const text: string | undefined = JSON.stringify(value);
  demand(text !== undefined && sameJson(value, JSON.parse(text)), `${what} is not JSON`);
  return text;
}

function sameJson(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return Object.is(a, b) || a === b;
  const keys = Object.keys(a);
  const inner = (object: object, key: string): unknown => (object as Record<string, unknown>)[key];
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameJson(inner(a, key), inner(b, key)));
}

export function checkPrototype(): void {
  demand(!('polluted' in {}), 'Object.prototype was changed');
}

export async function throwsError(run: () => Promise<void>): Promise<boolean> {
  try {
    await run();
    return false;
  } catch (error) {
    return error instanceof Error;
  }
}

export function demand(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}
