/** Imports a module's entry and finds the class in it. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { isWasm } from '../model/module-json.ts';
import { checkInstance, classIn } from '../sdk/border.ts';
import type { GossipModule, ModuleClass, ModuleContext } from '../sdk/index.ts';
import { describePlace } from './error-text.ts';
import { loadWasm } from './load-wasm.ts';

/** Throws an error whose message says what the author should mend. */
export function loadModule(directory: string, entry: string, context: ModuleContext): GossipModule {
  const Module = isWasm({ entry }) ? loadWasm(directory, entry) : classIn(importEntry(join(directory, entry)));
  const instance = construct(Module, context);
  checkInstance(instance);
  return instance;
}

/** `import()` of files fails under the permission model; `require` loads both kinds of modules. */
function importEntry(path: string): unknown {
  try {
    return createRequire(path)(path);
  } catch (error) {
    throw new Error(explain(error), { cause: error });
  }
}

function construct(Module: ModuleClass, context: ModuleContext): GossipModule {
  try {
    const instance: unknown = new Module(context);
    return instance as GossipModule;
  } catch (error) {
    throw new Error(`its constructor threw: ${describePlace(error)}`, { cause: error });
  }
}

/** Attack A14: code must carry all that it imports. */
function explain(error: unknown): string {
  const { code, message, path, resource, permission } = Object(error) as Readonly<Record<string, unknown>>;
  switch (code) {
    case 'ERR_MODULE_NOT_FOUND':
    case 'MODULE_NOT_FOUND':
      return lacks(/'([^']+)'/.exec(String(message))?.[1]);
    case 'ERR_ACCESS_DENIED': {
      // What was sealed away says so itself, and names nothing that was reached for.
      if (resource === undefined && permission === undefined) return describePlace(error);
      // Where npm's packages lie beside the code, they are found but may not be read.
      const found = /[/\\]node_modules[/\\]((?:@[^/\\]+[/\\])?[^/\\]+)/.exec(String(resource))?.[1];
      return found === undefined
        ? `it reaches for ${String(resource || permission).slice(0, 500)} outside its directory, which is denied`
        : lacks(found);
    }
    case 'ENOENT':
      // A package in WebAssembly, say, that a bundler took away from its files.
      return typeof path === 'string'
        ? `it reads ${path.slice(0, 500)} while it loads, which its directory does not carry: let the build put it there`
        : describePlace(error);
    case 'ERR_REQUIRE_ASYNC_MODULE':
      return 'it uses await at the top level: begin such work in start()';
    default:
      return describePlace(error);
  }
}

function lacks(missing = 'something'): string {
  return `it imports '${missing}', which its directory does not carry: bundle it into the code`;
}
