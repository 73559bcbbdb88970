/** Judges what a parser made of an input: the promises that hold for all of them, whatever the bytes. */
import { isDeepStrictEqual } from 'node:util';
import { GossipError } from '../../src/model/errors.ts';
import type { Target } from './target.ts';

/** A promise that was broken. */
export interface Finding {
  readonly kind: 'uncoded-error' | 'wrong-code' | 'long-message' | 'no-round-trip' | 'two-spellings' | 'polluted' | 'hang' | 'memory';
  /** Together with the kind it tells one defect from another: a place in the source, or a code. */
  readonly where: string;
  readonly what: string;
}

export interface Verdict {
  readonly finding: Finding | null;
  /** What came of the input in few words; inputs with new outcomes are worth keeping. */
  readonly outcome: string;
}

/** Longer messages would let a peer fill logs and memory; some escape 500 characters with eight each (attack C11). */
const MAX_MESSAGE_LENGTH = 5_000;

const ACCEPTED: Verdict = { finding: null, outcome: 'accepted' };

export async function judge(target: Target, input: Uint8Array): Promise<Verdict> {
  // A copy each: a parser that changed its input would mislead the next look at it.
  const verdict = await judgeAlone(target, new Uint8Array(input));
  // attack C2: whatever was parsed, all other objects are as they were
  const polluted = Object.keys(Object.prototype);
  for (const name of polluted) Reflect.deleteProperty(Object.prototype, name);
  return polluted.length === 0 ? verdict : found('polluted', '', `every object has a field '${polluted.join("', '")}'`);
}

async function judgeAlone(target: Target, input: Uint8Array): Promise<Verdict> {
  let value: unknown;
  try {
    value = await target.parse(input);
  } catch (thrown) {
    return judgeRefusal(target, thrown);
  }
  try {
    return target.roundTrip === undefined ? ACCEPTED : await judgeRoundTrip(target, value, input);
  } catch (thrown) {
    return found('no-round-trip', placeOf(thrown), `what was read cannot be written and read again: ${describe(thrown)}`);
  }
}

function judgeRefusal({ codes }: Target, thrown: unknown): Verdict {
  if (!(thrown instanceof GossipError)) return found('uncoded-error', placeOf(thrown), describe(thrown));
  const { code, message } = thrown;
  if (code === 'GOSSIP_E_INTERNAL' || codes?.includes(code) === false) return found('wrong-code', code, general(message));
  if (message.length > MAX_MESSAGE_LENGTH) return found('long-message', code, `${message.length} characters`);
  return { finding: null, outcome: `${code}: ${general(message)}` };
}

async function judgeRoundTrip({ parse, roundTrip }: Target, value: unknown, input: Uint8Array): Promise<Verdict> {
  const written = await roundTrip?.write(value as never);
  if (written === undefined) return ACCEPTED;
  if (roundTrip?.oneSpelling === true && !Buffer.from(written).equals(input)) return found('two-spellings', '', 'it is written otherwise');
  const again = await parse(new Uint8Array(written));
  return isDeepStrictEqual(again, withoutMinusZero(value)) ? ACCEPTED : found('no-round-trip', '', 'it is read again as another value');
}

/** JSON can say -0, and nothing that writes JSON does: where it matters, canonical form refuses it. */
function withoutMinusZero(value: unknown): unknown {
  if (value === 0) return 0;
  if (Array.isArray(value)) return value.map(withoutMinusZero);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutMinusZero(each)]));
}

function found(kind: Finding['kind'], where: string, what: string): Verdict {
  return { finding: { kind, where, what: what.slice(0, 500) }, outcome: kind };
}

function describe(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${general(thrown.message)}` : `threw ${typeof thrown}`;
}

/** The first line of the product's source that the error came through. */
function placeOf(thrown: unknown): string {
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : '';
  return /\/(src\/[^)\n]*)/.exec(stack)?.[1] ?? '';
}

/** A message without what stems from the single input. */
function general(message: string): string {
  return message
    .slice(0, MAX_MESSAGE_LENGTH)
    .replace(/ received .*$/s, '')
    .replace(/["'].*["']|"[^"]*$/gs, '…')
    .replace(/[0-9a-f]{8,}/g, '0')
    .replace(/\/\S+/g, '…')
    .replace(/\d+/g, '0')
    .slice(0, 120);
}
