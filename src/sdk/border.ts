/**
 * What passes between a module and its core, checked in one place: nodes, `TestNetwork` and the simulator all refuse the same
 * things in the same words.
 */
import type { Said } from './content.ts';
import { readJson } from './json-text.ts';
import type { Json } from './json.ts';
import { MAX_EXCHANGE_MS, MAX_MESSAGE_BYTES, MAX_OPEN_EXCHANGES, MAX_STATE_BYTES } from './limits.ts';
import { ExchangeError } from './module.ts';
import type { ModuleClass, Peer } from './module.ts';
import { isPeerAddress, isPeerId, MAX_PEER_NAME } from './peer-form.ts';

/** What `exchange` and `send` are given, as it is sent. */
export function messageOf(body: unknown): Said {
  return sized(body, (bytes) => new ExchangeError('refused', `a body of ${bytes} bytes, ${MAX_MESSAGE_BYTES} are allowed`));
}

/** A request of an application, as it is sent. */
export function requestOf(body: unknown): Said {
  return sized(body, (bytes) => new RangeError(`a request of ${bytes} bytes, ${MAX_MESSAGE_BYTES} are allowed`));
}

function sized(body: unknown, tooLarge: (bytes: number) => Error): Said {
  const said = body instanceof Uint8Array ? body : bodyText(body);
  const bytes = typeof said === 'string' ? utf8Bytes(said, MAX_MESSAGE_BYTES) : said.length;
  if (bytes > MAX_MESSAGE_BYTES) throw tooLarge(bytes);
  // Its author may write into the bytes while they are on their way.
  return typeof said === 'string' ? said : new Uint8Array(said);
}

function bodyText(body: unknown): string {
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body))
    throw new TypeError(`bytes are sent as a Uint8Array, not as ${nameOf(body)}`);
  const text = jsonText(body);
  if (text === undefined) throw new TypeError('the body of an exchange must be a JSON value or a Uint8Array');
  return text;
}

/** A message or an answer as it arrives: bytes as a plain `Uint8Array` of their own, whatever carried them. Throws where it is no JSON. */
export function bodyOf(said: Said): Json | Uint8Array {
  return typeof said === 'string' ? (readJson(said) as Json) : new Uint8Array(said);
}

/** What `receive` or `request` answered, as it is sent. */
export function answerOf(what: string, answer: unknown): Said {
  if (!(answer instanceof Uint8Array)) return answerText(what, answer);
  checkSize(`${what}() answered`, answer.length, MAX_MESSAGE_BYTES);
  return new Uint8Array(answer);
}

/** The text of what was answered, where that is JSON; nothing is null. */
function answerText(what: string, answer: unknown, replacer?: Replacer): string {
  let text: string | undefined;
  try {
    text = jsonText(answer, replacer);
  } catch (cause) {
    // A BigInt, a cycle, a toJSON() that throws.
    throw new TypeError(`${what}() answered what is not JSON: ${String(cause)}`, { cause });
  }
  return bounded(`${what}() answered`, text ?? 'null', MAX_MESSAGE_BYTES);
}

/** Bytes of which this many are shown. */
const SHOWN_BYTES = 32;

/** The text of what `inspect` shows: of bytes, how many they are and how they begin. */
export function shownText(shown: unknown): string {
  return answerText('inspect', shown, function (this: unknown, key: string, value: unknown): unknown {
    // A Buffer has made something else of itself by now.
    const was = (this as Readonly<Record<string, unknown>>)[key];
    return was instanceof Uint8Array ? { bytes: was.length, begin: hexOf(was.subarray(0, SHOWN_BYTES)) } : value;
  });
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The state that `transferState` gave; bytes are the module's own still, so whoever keeps them copies them at once. */
export function givenState(state: unknown): Said {
  if (state instanceof Uint8Array) {
    checkSize('transferState() gave', state.length, MAX_STATE_BYTES);
    return state;
  }
  const wanted = 'transferState() must return a string or a Uint8Array';
  if (state instanceof Promise) throw new TypeError(`${wanted}, and returned a promise: it is not awaited`);
  if (typeof state !== 'string') throw new TypeError(`${wanted}, and returned ${kindOf(state)}`);
  // UTF-8 cannot carry it: it would come back as another state.
  if (!state.isWellFormed()) throw new TypeError('transferState() returned half of a surrogate pair: write texts with JSON.stringify');
  return bounded('transferState() gave', state, MAX_STATE_BYTES);
}

/** A state with bytes of its own. */
export function ownState(said: Said): Said {
  return typeof said === 'string' ? said : new Uint8Array(said);
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

/** What `send` is given: what cannot be sent is a mistake of its author, and told at once. */
export function sentOf(to: unknown, body: unknown): { readonly peer: Peer; readonly message: Said } {
  try {
    return { peer: checkPeer(to), message: messageOf(body) };
  } catch (cause) {
    if (cause instanceof ExchangeError) throw cause;
    throw new ExchangeError('refused', (cause as Error).message);
  }
}

/** How an author wants an exchange to be. */
export function checkOptions({ timeoutMs, answer = 'json' }: { readonly timeoutMs?: unknown; readonly answer?: unknown }): void {
  if (answer !== 'json' && answer !== 'bytes') throw new TypeError('answer must be "json" or "bytes"');
  if (timeoutMs === undefined) return;
  if (typeof timeoutMs !== 'number' || !(timeoutMs >= 1 && timeoutMs <= MAX_EXCHANGE_MS))
    throw new RangeError(`timeoutMs must lie between 1 and ${MAX_EXCHANGE_MS}, and is ${JSON.stringify(timeoutMs)}`);
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

/** Refuses what `onLost` and its like cannot call. */
export function checkListener(method: string, listener: unknown): void {
  if (typeof listener !== 'function') throw new TypeError(`${method}() needs a function`);
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
  checkSize(what, utf8Bytes(text, maxBytes), maxBytes);
  return text;
}

function checkSize(what: string, bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) throw new RangeError(`${what} ${bytes} bytes, ${maxBytes} are allowed`);
}

/** TypeScript says that there is always a text; undefined, functions and symbols have none. */
function jsonText(value: unknown, replacer?: Replacer): string | undefined {
  return JSON.stringify(value, replacer);
}

type Replacer = (this: unknown, key: string, value: unknown) => unknown;

function kindOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;
}

function nameOf(value: object): string {
  return value.constructor.name;
}
