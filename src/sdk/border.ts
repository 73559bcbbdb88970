/**
 * What passes between a module and its core, checked in one place: nodes, `TestNetwork` and the simulator all refuse the same
 * things in the same words.
 */
import { MAX_MESSAGE_BYTES, MAX_OPEN_EXCHANGES, MAX_STATE_BYTES } from './limits.ts';
import { ExchangeError } from './module.ts';
import type { ModuleClass, Peer } from './module.ts';
import { isPeerAddress, isPeerId, MAX_PEER_NAME } from './peer-form.ts';

/** The text of what `exchange` sends. */
export function messageText(body: unknown): string {
  const text = jsonText(body);
  if (text === undefined) throw new TypeError('the body of an exchange must be a JSON value');
  const bytes = utf8Bytes(text, MAX_MESSAGE_BYTES);
  if (bytes > MAX_MESSAGE_BYTES) throw new ExchangeError('refused', `a body of ${bytes} bytes, ${MAX_MESSAGE_BYTES} are allowed`);
  return text;
}

/** The text of what `receive` or `inspect` answered; nothing is null. */
export function answerText(what: string, answer: unknown): string {
  let text: string | undefined;
  try {
    text = jsonText(answer);
  } catch (cause) {
    // A BigInt, a cycle, a toJSON() that throws.
    throw new TypeError(`${what}() answered what is not JSON: ${String(cause)}`, { cause });
  }
  return bounded(`${what}() answered`, text ?? 'null', MAX_MESSAGE_BYTES);
}

/** The state that `transferState` gave. */
export function stateText(state: unknown): string {
  if (state instanceof Promise) throw new TypeError('transferState() must return a string, and returned a promise: it is not awaited');
  if (typeof state !== 'string') throw new TypeError(`transferState() must return a string, and returned ${kindOf(state)}`);
  // UTF-8 cannot carry it: it would come back as another state.
  if (!state.isWellFormed()) throw new TypeError('transferState() returned half of a surrogate pair: write texts with JSON.stringify');
  return bounded('transferState() gave', state, MAX_STATE_BYTES);
}

/** What a core calls. A module carries its own copy of the SDK: it is known by what it can do, never by `instanceof`. */
const REQUIRED = ['receive', 'transferState', 'acceptState'] as const;

/** Refuses what is no class of a module, before it is made. */
export function checkClass(Module: unknown): void {
  if (typeof Module !== 'function') throw new TypeError('the entry has no class as its default export');
}

/** The class in what a file exports, however its bundler wrapped it. */
export function classIn(exported: unknown): ModuleClass {
  let found = exported;
  while (typeof found === 'object' && found !== null && 'default' in found) found = found.default;
  checkClass(found);
  return found as ModuleClass;
}

/** Refuses an instance that lacks what a core calls. */
export function checkInstance(instance: unknown): void {
  const methods = Object(instance) as Readonly<Record<string, unknown>>;
  const missing = REQUIRED.filter((name) => typeof methods[name] !== 'function');
  if (missing.length > 0) throw new TypeError(`the default export has no ${missing.map((name) => `${name}()`).join(', no ')}`);
}

/** Refuses one exchange more than may be open at once. */
export function checkOpen(open: number): void {
  if (open >= MAX_OPEN_EXCHANGES) throw new ExchangeError('refused', `${MAX_OPEN_EXCHANGES} exchanges are open`);
}

export const NOT_SERVING = 'this instance does not serve: it was not started, or it is stopping';

/** The peer that a module wants to ask; the name is for people, and one of another form is left out. */
export function checkPeer(to: unknown): Peer {
  const { id, address, name } = Object(to) as Partial<Peer>;
  if (!isPeerId(id) || !isPeerAddress(address)) throw new ExchangeError('refused', NOT_A_PEER);
  return { id, address, name: typeof name === 'string' && name.length <= MAX_PEER_NAME ? name : '' };
}

const NOT_A_PEER = 'not a peer: it needs an id of 64 hex digits and an address such as 10.0.0.7:7946';

/** Refuses what `every` and `after` cannot do. */
export function checkTimer(kind: 'every' | 'after', delayMs: unknown, task: unknown): void {
  if (typeof delayMs !== 'number' || !Number.isFinite(delayMs) || delayMs < 0)
    throw new RangeError(`${String(delayMs)} is not a number of milliseconds`);
  if (kind === 'every' && delayMs === 0) throw new RangeError('every() needs an interval above 0');
  if (typeof task !== 'function') throw new TypeError('a timer needs a function');
}

/** Refuses what `onLost` cannot call. */
export function checkListener(listener: unknown): void {
  if (typeof listener !== 'function') throw new TypeError('onLost() needs a function');
}

/** A line of a module's log; what JSON cannot carry is no reason to throw. */
export function logText(message: unknown, fields: unknown): string {
  if (fields === undefined) return String(message);
  try {
    return `${String(message)} ${JSON.stringify(fields)}`;
  } catch (error) {
    return `${String(message)} (fields that are not JSON: ${String(error)})`;
  }
}

/** The place in a module's code where it called `exchange`: an error that comes later from a pipe shows this one. */
export class CallSite {
  readonly #call = new Error('exchange');

  failure(reason: ExchangeError['reason'], message: string, gone = false): ExchangeError {
    return this.of(new ExchangeError(reason, message, gone));
  }

  /** Gives the error this place. Its stack is made when somebody looks: most failed exchanges are nothing to look at. */
  of<T extends Error>(error: T): T {
    const call = this.#call;
    const stack = (): string => `${error.name}: ${error.message}\n${(call.stack ?? '').split('\n').slice(1).join('\n')}`;
    return Object.defineProperty(error, 'stack', { get: stack, configurable: true, enumerable: false });
  }
}

/** How many bytes a text has in UTF-8; past `enough` it need not be exact. */
export function utf8Bytes(text: string, enough = Infinity): number {
  // Three bytes are the most that one unit of a text can take.
  if (text.length * 3 <= enough) return text.length;
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) continue;
    const isPair = unit >= 0xd800 && unit < 0xdc00 && at + 1 < text.length && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
    if (isPair) at++;
    // A pair is two units and four bytes.
    bytes += unit >= 0x800 ? 2 : 1;
  }
  return bytes;
}

function bounded(what: string, text: string, maxBytes: number): string {
  const bytes = utf8Bytes(text, maxBytes);
  if (bytes > maxBytes) throw new RangeError(`${what} ${bytes} bytes, ${maxBytes} are allowed`);
  return text;
}

/** TypeScript says that there is always a text; undefined, functions and symbols have none. */
function jsonText(value: unknown): string | undefined {
  return JSON.stringify(value);
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;
}
