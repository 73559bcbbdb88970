/** The running code of a module in WebAssembly: bytes in and out of its memory, and calls that may trap. */
import { Instance } from './engine.ts';
import type { Compiled, Imported } from './engine.ts';
import { checkParameters } from './functions.ts';
import type { Called } from './functions.ts';

type Exports = Readonly<Record<string, unknown>>;
type Callable = (...given: readonly number[]) => unknown;

/** Code that was stopped in the middle of something: what lies in its memory now, nobody knows, so nothing of it runs any more. */
export class Trap extends Error {
  override readonly name = 'Trap';
}

/** The module's `alloc` gave nothing: what it was to be told is lost, and nothing else. */
export class NoRoom extends Error {
  override readonly name = 'NoRoom';
}

export class Guest {
  #exports: Exports | undefined;
  #trap: Trap | undefined;

  /** Runs what the code begins with. */
  begin(code: Compiled, imports: Readonly<Record<string, Readonly<Record<string, Imported>>>>): void {
    try {
      const { exports } = new Instance(code, imports);
      checkParameters(exports);
      this.#exports = exports;
      // What the libraries of a language prepare (WASI's convention for code that is no program).
      if (typeof exports['_initialize'] === 'function') (exports['_initialize'] as Callable)();
    } catch (error) {
      throw new Error(`it cannot begin: ${whyOf(error)}`, { cause: error });
    }
  }

  has(name: Called): boolean {
    return typeof this.#exports?.[name] === 'function';
  }

  /** Calls a function of the module; bytes are lent to it for the time of the call, as an address and a length, and freed the last ones first. Throws a `Trap` or `NoRoom`. */
  call(name: Called, ...given: readonly (number | Uint8Array)[]): void {
    if (this.#trap !== undefined) throw new Trap(`before ${name}() was called: ${this.#trap.message}`, { cause: this.#trap });
    const lent: (readonly [at: number, bytes: number])[] = [];
    try {
      const handed = given.flatMap((each) => (typeof each === 'number' ? [each] : this.#lend(each, lent)));
      this.#function(name)(...handed);
      for (const each of lent.toReversed()) this.#function('free')(...each);
    } catch (error) {
      if (error instanceof NoRoom) throw error;
      this.#trap = new Trap(`in ${name}(): ${whyOf(error)}`, { cause: error });
      throw this.#trap;
    }
  }

  /** A copy of bytes in its memory. */
  read(at: number, bytes: number): Uint8Array {
    return this.#memory(at, bytes).slice();
  }

  write(at: number, bytes: Uint8Array): void {
    this.#memory(at, bytes.length).set(bytes);
  }

  /** Its memory, for numbers. */
  view(at: number, bytes: number): DataView {
    const { buffer, byteOffset } = this.#memory(at, bytes);
    return new DataView(buffer, byteOffset, bytes);
  }

  /** Throws a `RangeError` for what does not lie in its memory; numbers of 32 bits come with a sign. */
  #memory(at: number, bytes: number): Uint8Array {
    if (this.#exports === undefined) throw new Error('it calls its host before it is there: begin such work in _initialize or start');
    const { buffer } = this.#exports['memory'] as { readonly buffer: ArrayBuffer };
    return new Uint8Array(buffer, at >>> 0, bytes >>> 0);
  }

  #lend(bytes: Uint8Array, lent: (readonly [number, number])[]): [number, number] {
    if (bytes.length === 0) return [0, 0];
    const at = Number(this.#function('alloc')(bytes.length));
    if (at === 0) {
      for (const each of lent.toReversed()) this.#function('free')(...each);
      throw new NoRoom(`the module has no room for ${bytes.length} bytes`);
    }
    this.write(at, bytes);
    lent.push([at, bytes.length]);
    return [at, bytes.length];
  }

  #function(name: Called | 'free'): Callable {
    return this.#exports?.[name] as Callable;
  }
}

/** What happened, and in which function of the code. */
function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return 'an exception that it does not catch itself';
  // `    at name (wasm://wasm/1a2b3c4d:wasm-function[9]:0x16e)`; without a name section only what is in the brackets.
  const [, name = '', place] = /^ {4}at (?:(.{1,200}) \()?wasm:\/\/[^:]*:(wasm-function\[\d+\]:0x[0-9a-f]+)/m.exec(error.stack ?? '') ?? [];
  return place === undefined ? error.message : `${error.message} (at ${name}${name === '' ? '' : ', '}${place})`;
}
