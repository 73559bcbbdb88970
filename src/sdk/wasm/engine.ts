/** The part of the platform's WebAssembly that is used here: the compiler's libraries know it for browsers alone. */

/** Code that the engine has checked and compiled. */
export interface Compiled {
  readonly compiled?: never;
}

export interface Port {
  readonly name: string;
  readonly kind: 'function' | 'memory' | 'table' | 'global' | 'tag';
}

export interface ImportedPort extends Port {
  readonly module: string;
}

interface Engine {
  readonly Module: {
    /** Throws where the bytes are no valid code. */
    new (bytes: Uint8Array): Compiled;
    exports(code: Compiled): readonly Port[];
    imports(code: Compiled): readonly ImportedPort[];
  };
  readonly Instance: new (
    code: Compiled,
    imports: Readonly<Record<string, Readonly<Record<string, Imported>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
}

/** What code may call: it hands over numbers, and takes back one or none. */
export type Imported = (...given: never[]) => number | void;

declare const WebAssembly: Engine;

export const { Module, Instance } = WebAssembly;
