/** The interface between a host and a module in WebAssembly, version 1: what code must export, what it may, and what it may import. docs/wasm.md explains it. */
import { Module } from './engine.ts';
import type { Compiled, ImportedPort } from './engine.ts';
import { FREE, OPTIONAL, REQUIRED } from './functions.ts';
import type { Called } from './functions.ts';
import { WASI, WASI_NAMES } from './wasi.ts';

export const GOSSIP = 'gossip';

/** What an import makes necessary. */
const NEEDED: readonly (readonly [imported: string, exported: Called])[] = [
  ['exchange', 'onAnswer'],
  ['every', 'onTimer'],
  ['after', 'onTimer'],
];

/** Exported by code that is written against this version. */
const VERSION = 'gossip_interface_1';
const ANY_VERSION = /^gossip_interface_(\d+)$/;

/** What a host gives under the name `gossip`. */
export const IMPORTS = [
  'answer',
  'refuse',
  'exchange',
  'send',
  'publish',
  'log',
  'now',
  'monotonic',
  'random',
  'every',
  'after',
  'cancel',
  'peers',
  'self',
  'instanceId',
  'moduleName',
  'deployment',
  'settings',
  'take',
  'intervalMs',
  'incarnation',
] as const;
export type ImportName = (typeof IMPORTS)[number];

/** Refuses code that does not fit the interface; the error names the export or the import. Runs nothing of it. */
export function checkPorts(code: Compiled): void {
  const exported = new Map(Module.exports(code).map(({ name, kind }) => [name, kind]));
  checkVersion(exported);
  if (exported.get('memory') !== 'memory') throw new Error("it does not export its memory as 'memory'");
  const imports = Module.imports(code);
  for (const each of imports) checkImport(each);
  for (const name of [...Object.keys(REQUIRED), FREE]) checkFunction(exported, name, 'every module must');
  for (const name of Object.keys(OPTIONAL))
    if (exported.has(name)) checkFunction(exported, name, 'where there is one it must be a function');
  for (const [imported, needed] of NEEDED) {
    const does = imports.some(({ module, name }) => module === GOSSIP && name === imported);
    if (does) checkFunction(exported, needed, `whoever imports ${GOSSIP}.${imported} must`);
  }
}

function checkVersion(exported: ReadonlyMap<string, string>): void {
  if (exported.get(VERSION) === 'function') return;
  const other = [...exported.keys()].map((name) => ANY_VERSION.exec(name)?.[1]).find((version) => version !== undefined);
  const found = other === undefined ? 'it states no version of the interface' : `it is written against version ${other} of the interface`;
  throw new Error(`${found}: it must export the function '${VERSION}'`);
}

function checkFunction(exported: ReadonlyMap<string, string>, name: string, why: string): void {
  if (exported.get(name) !== 'function') throw new Error(`it does not export the function '${name}': ${why}`);
}

function checkImport({ module, name, kind }: ImportedPort): void {
  const known: readonly string[] = module === GOSSIP ? IMPORTS : module === WASI ? WASI_NAMES : [];
  if (kind === 'function' && known.includes(name)) return;
  const what = `${module.slice(0, 100)}.${name.slice(0, 100)}`;
  throw new Error(`it imports ${kind === 'function' ? '' : `the ${kind} `}'${what}', which no host gives`);
}
