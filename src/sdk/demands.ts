/** What the checks of the contract suite demand, and how they complain. */
import { givenState, ownState, shownText } from './border.ts';
import type { Said } from './content.ts';
import type { Body } from './json.ts';
import type { GossipModule } from './module.ts';

export function checkState(module: GossipModule): Said {
  return ownState(givenState(module.transferState()));
}

export function sameState(one: Said, other: Said): boolean {
  return typeof one === typeof other && one.length === other.length && String(one) === String(other);
}

/** What the module shows, as JSON that loses nothing of it. */
export async function checkShown(module: GossipModule, when: string): Promise<string> {
  // As on a node: it may be left out or answer later, and nothing is null.
  const answer: unknown = (module as Partial<GossipModule>).inspect?.();
  const shown = (await Promise.resolve(answer)) ?? null;
  const text = shownText(shown);
  // Bytes in it are shown as something else.
  const asJson = JSON.stringify(shown) as string | undefined;
  return text === (asJson ?? 'null') ? checkJson(shown, `what inspect() shows ${when}`) : text;
}

/** The value's JSON, if it survives the way there and back. */
export function checkJson(value: unknown, what: string): string {
  const text: string | undefined = JSON.stringify(value);
  const lost = text === undefined ? kindOf(value) : lossIn(value, JSON.parse(text), '');
  demand(lost === undefined, `${what} is not JSON: ${lost}`);
  return text;
}

/** What JSON does not carry, with its place in the value. */
function lossIn(value: unknown, carried: unknown, path: string): string | undefined {
  const here = path === '' ? '' : `${path} is `;
  if (typeof value !== 'object' || value === null || typeof carried !== 'object' || carried === null)
    return Object.is(value, carried) || value === carried ? undefined : `${here}${kindOf(value)}`;
  // A Map or a Set would become {}.
  if (!isPlain(value) && Object.keys(value).length === 0) return `${here}${kindOf(value)}`;
  for (const [key, inner] of Object.entries(value)) {
    const place = path === '' ? key : `${path}.${key}`;
    if (!Object.hasOwn(carried, key)) return `${place} is ${kindOf(inner)}`;
    const lost = lossIn(inner, (carried as Readonly<Record<string, unknown>>)[key], place);
    if (lost !== undefined) return lost;
  }
  return Object.keys(carried).length === Object.keys(value).length ? undefined : `${here}an array with holes`;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === null || prototype === Object.prototype;
}

function kindOf(value: unknown): string {
  if (typeof value !== 'object' || value === null)
    return typeof value === 'function' || typeof value === 'symbol' ? `a ${typeof value}` : String(value);
  return `a ${value.constructor?.name ?? 'strange object'}`;
}

/** A body or a state, as it is named in a complaint. */
export function shortly(said: Body): string {
  return said instanceof Uint8Array ? `${said.length} bytes` : JSON.stringify(said).slice(0, 200);
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

/** An answer must come within this; virtual time. */
const ANSWER_MS = 30_000;

/** What is asked must come to an end, whatever that is. */
export async function demandEnd(time: { advance(ms: number): Promise<void> }, asked: Promise<unknown>, what: string): Promise<void> {
  const answer = { ended: false };
  const end = (): void => void (answer.ended = true);
  void asked.then(end, end);
  for (let waitedMs = 0; !answer.ended && waitedMs < ANSWER_MS; waitedMs += 100) await time.advance(waitedMs === 0 ? 0 : 100);
  demand(answer.ended, `the answer to ${what} never comes`);
}
