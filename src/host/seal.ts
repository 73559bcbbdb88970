/**
 * Takes away what neither the permission model nor an empty environment denies: signals and priorities of other processes
 * (attacks D1, D2), and settings that make V8 or Node write files of the module's choice (attack D10). A seat belt where
 * namespaces are not to be had; native code is denied by the flags of the process.
 */
import nodeModule, { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import v8 from 'node:v8';

const PROCESS_FUNCTIONS = ['kill', '_kill', '_debugProcess', '_debugEnd', '_startProfilerIdleNotifier', '_stopProfilerIdleNotifier'];
/** A core that runs as root has hosts that could become anybody. */
const IDENTITY_FUNCTIONS = ['setuid', 'seteuid', 'setgid', 'setegid', 'setgroups', 'initgroups'];

export function sealProcess(): void {
  for (const name of PROCESS_FUNCTIONS) deny(process, name);
  for (const name of IDENTITY_FUNCTIONS) deny(process, name);
  deny(os, 'setPriority');
  // The flags are frozen anyway, which ends the process of whoever tries; this tells the author why.
  deny(v8, 'setFlagsFromString');
  // Its hooks run in a thread of their own, which no module may have: Node would wait for that thread for ever.
  deny(nodeModule, 'register');
  // Its settings choose a file that a fatal error writes, and nobody asks the permission model then.
  Object.defineProperty(process, 'report', { value: undefined, writable: false, configurable: false, enumerable: true });
  // Named imports of a built-in module keep a copy of their own.
  syncBuiltinESMExports();
}

const INSPECTOR_FUNCTIONS = ['Session', 'open', 'close', 'waitForDebugger'];

/** In a host that debuggers may come into Node would let the module have an inspector, too. */
export function sealInspector(): void {
  for (const inspector of [process.getBuiltinModule('node:inspector'), process.getBuiltinModule('node:inspector/promises')]) {
    for (const name of INSPECTOR_FUNCTIONS) deny(inspector, name);
  }
  syncBuiltinESMExports();
}

function deny(owner: object, name: string): void {
  if (!(name in owner)) return;
  // Also where it is called with `new`.
  const denied = function (): never {
    throw Object.assign(new Error(`${name}() is denied to modules`), { code: 'ERR_ACCESS_DENIED' });
  };
  Object.defineProperty(owner, name, { value: denied, writable: false, configurable: false, enumerable: true });
}
