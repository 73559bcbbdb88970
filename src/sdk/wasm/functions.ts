/** The functions that a module in WebAssembly exports for its host. */

/** Functions of a module, and how many parameters each takes. */
export const REQUIRED = { alloc: 1, receive: 6, transferState: 1, acceptState: 4 } as const;
export const OPTIONAL = { start: 1, request: 6, inspect: 1, stop: 2, onAnswer: 5, onTimer: 1, onLost: 2 } as const;
/** Its parameters are not counted: the one of C's library takes the address alone. */
export const FREE = 'free';

/** A function of a module that its host calls. */
export type Called = keyof typeof REQUIRED | keyof typeof OPTIONAL;

/** Refuses functions that take another number of parameters. */
export function checkParameters(exports: Readonly<Record<string, unknown>>): void {
  for (const [name, count] of Object.entries({ ...REQUIRED, ...OPTIONAL })) {
    const found = exports[name];
    // The engine gives a function of WebAssembly the length of its parameters.
    if (typeof found === 'function' && found.length !== count)
      throw new Error(`its function '${name}' takes ${found.length} parameters, ${count} are handed to it`);
  }
}
